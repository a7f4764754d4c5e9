"""Events go into a queue of the host, and its jobs deliver them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, current_app

from flask_antom.errors import ConfigError, NotPossible
from flask_antom.signals import payment_succeeded
from tests.support.gateways import SUCCESS
from tests.support.offline import GUIDE, OfflineShop, open_offline

ID = "paymentRequestId01"


@pytest.fixture
def offline(shop_url: str) -> Iterator[OfflineShop]:
    """A shop with one payment, which leaves its events to workers."""
    settings = {"ANTOM_EVENT_DELIVERY": "worker", "SQLALCHEMY_DATABASE_URI": shop_url}
    with open_offline(**settings) as offline:
        offline.add_payment()
        yield offline


def event(offline: OfflineShop) -> Any:
    (row,) = offline.shop.rows(offline.shop.antom.Event)
    return row


def deliver(offline: OfflineShop, event_id: int) -> bool:
    with offline.shop.app.app_context():
        return offline.shop.antom.deliver(event_id)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


# The hook


@pytest.mark.every_database
def test_the_hook_is_called_when_the_event_is_stored(offline: OfflineShop) -> None:
    seen: list[Any] = []

    @offline.shop.antom.event_dispatcher
    def put(event_id: int) -> None:
        seen.append((event_id, event(offline).id, current_app.name))

    assert offline.notify().status_code == 200
    ref = event(offline).id
    assert seen == [(ref, ref, "shop")]
    assert offline.shop.fulfilled() == 0


def test_a_copy_is_put_again_while_its_event_waits(offline: OfflineShop) -> None:
    seen: list[int] = []
    offline.shop.antom.event_dispatcher(seen.append)
    offline.notify()
    offline.notify()
    ref = event(offline).id
    assert seen == [ref, ref]
    assert deliver(offline, ref)
    offline.notify()
    assert seen == [ref, ref]


def test_what_an_inquiry_says_is_put_too(offline: OfflineShop) -> None:
    seen: list[int] = []
    offline.shop.antom.event_dispatcher(seen.append)
    offline.answers["inquiryPayment"] = {**GUIDE, "paymentStatus": "SUCCESS"} | {
        "result": SUCCESS
    }
    offline.shop.call("sync")
    assert seen == [event(offline).id]


def test_without_workers_the_hook_is_not_called(shop_url: str) -> None:
    seen: list[int] = []
    with open_offline(SQLALCHEMY_DATABASE_URI=shop_url) as offline:
        offline.add_payment()
        offline.shop.antom.event_dispatcher(seen.append)
        assert offline.notify().status_code == 200
        assert (seen, offline.shop.fulfilled()) == ([], 1)


@pytest.mark.every_database
def test_a_queue_may_do_its_jobs_at_once(offline: OfflineShop) -> None:
    """As queues do in the tests of a shop."""
    offline.shop.antom.event_dispatcher(offline.shop.antom.deliver)
    assert offline.notify().status_code == 200
    assert offline.shop.fulfilled() == 1
    assert event(offline).delivered_at is not None


def test_an_async_hook_is_refused(offline: OfflineShop) -> None:
    async def put(event_id: int) -> None:
        """Do nothing."""

    with pytest.raises(ConfigError, match="must not be async"):
        offline.shop.antom.event_dispatcher(put)


def test_the_queue_of_an_app_comes_before_that_of_all_apps(
    offline: OfflineShop,
) -> None:
    ours: list[int] = []
    everybodys: list[int] = []
    offline.shop.antom.event_dispatcher(everybodys.append)
    offline.shop.app.extensions["antom"].event_dispatcher = ours.append
    offline.notify()
    assert (len(ours), everybodys) == (1, [])


# The guard


def test_antom_gets_its_answer_when_the_broker_fails(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    @offline.shop.antom.event_dispatcher
    def put(event_id: int) -> None:
        seen.append(event_id)
        raise ConnectionError("amqp://user:password@broker refuses")

    with caplog.at_level(logging.DEBUG, "flask_antom"):
        answers = [offline.notify().status_code for _ in range(3)]
    assert (answers, len(seen)) == ([200] * 3, 1)
    assert warnings(caplog) == [
        "The broker failed (ConnectionError), and is left alone for 30 seconds; sweeps"
        " deliver the events. event_id=1"
    ]
    assert "password" not in caplog.text
    offline.shop.clock.sleep(30)
    assert offline.notify().status_code == 200
    assert (len(seen), len(warnings(caplog))) == (2, 2)
    assert offline.shop.sweep().events == 1
    assert offline.shop.fulfilled() == 1


def test_antom_gets_its_answer_while_the_broker_hangs(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    offline.shop.antom.event_dispatcher(lambda event_id: release.wait(45))
    offline.shop.app.extensions["antom"].broker.patience = 0.05
    answers = [offline.notify().status_code for _ in range(3)]
    assert not release.is_set()
    release.set()
    assert answers == [200] * 3
    (warning,) = warnings(caplog)
    assert "The broker failed (no answer)" in warning


def test_a_broker_that_fails_in_one_app_is_left_alone_in_that_one(
    offline: OfflineShop,
) -> None:
    seen: list[int] = []

    def fail(event_id: int) -> None:
        raise OSError

    offline.shop.antom.event_dispatcher(fail)
    offline.notify()
    with open_offline(ANTOM_EVENT_DELIVERY="worker") as other:
        other.add_payment()
        other.shop.antom.event_dispatcher(seen.append)
        other.notify()
    assert len(seen) == 1


# The job


@pytest.mark.every_database
def test_a_job_delivers_once(offline: OfflineShop) -> None:
    offline.notify()
    ref = event(offline).id
    assert [deliver(offline, ref) for _ in range(3)] == [True] * 3
    assert offline.shop.fulfilled() == 1
    assert event(offline).attempts == 1


@pytest.mark.parametrize("event_id", [-1, 0, 12345, 2**31, 2**62])
@pytest.mark.every_database
def test_nothing_is_left_to_do_for_an_event_that_is_unknown(
    offline: OfflineShop, event_id: int
) -> None:
    assert deliver(offline, event_id) is True


def test_an_event_in_the_hands_of_another_process_is_left_alone(
    offline: OfflineShop,
) -> None:
    offline.notify()
    ref = event(offline).id
    state = offline.shop.app.extensions["antom"]
    with offline.shop.app.app_context():
        claim = state.claims.claim(ref)
    assert deliver(offline, ref) is False
    assert offline.shop.fulfilled() == 0
    assert event(offline).claim == claim.id


@pytest.mark.every_database
def test_a_receivers_error_is_stored_and_the_sweep_tries_again(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True]

    def raise_once(app: Flask, payment: Any, **extra: Any) -> None:
        if broken:
            raise LookupError("no stock left")

    offline.shop.connect(payment_succeeded, raise_once)
    offline.notify()
    ref = event(offline).id
    assert deliver(offline, ref) is False
    assert "A receiver failed" in caplog.text
    assert event(offline).last_error == "LookupError: no stock left"
    broken.clear()
    assert deliver(offline, ref) is True  # whoever asks by hand need not wait
    assert offline.shop.fulfilled() == 1


def test_it_says_so_if_the_order_is_another_one_now(offline: OfflineShop) -> None:
    offline.notify()
    ref = event(offline).id
    del offline.shop.orders["A-1"]
    assert deliver(offline, ref) is True
    (payment,) = offline.shop.payments()
    assert payment.status == "review"
    assert ("payment_needs_review", ID) in offline.signals


def test_it_needs_an_app_context(offline: OfflineShop) -> None:
    with pytest.raises(ConfigError, match="no current app"):
        offline.shop.antom.deliver(1)


def test_it_needs_the_app_of_this_extension(offline: OfflineShop) -> None:
    with (
        open_offline() as other,
        offline.shop.app.app_context(),
        pytest.raises(ConfigError, match="does not use this FlaskAntom"),
    ):
        other.shop.antom.deliver(1)


def test_a_receiver_must_not_deliver(offline: OfflineShop) -> None:
    errors: list[NotPossible] = []

    def nest(app: Flask, payment: Any, **extra: Any) -> None:
        with pytest.raises(NotPossible, match=r"antom.deliver\(\)") as caught:
            offline.shop.antom.deliver(1)
        errors.append(caught.value)

    offline.shop.connect(payment_succeeded, nest)
    offline.notify()
    assert deliver(offline, event(offline).id) is True
    assert len(errors) == 1

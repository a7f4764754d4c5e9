"""Stored events reach the receivers: writes once, the rest at least once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_antom import FlaskAntom
from flask_antom.errors import DeliveryFailed
from flask_antom.signals import (
    payment_authorized,
    payment_failed,
    payment_pending,
    payment_succeeded,
)
from tests.integration.actions import act
from tests.support.databases import new_database
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.offline import (
    ACKNOWLEDGEMENT,
    GUIDE,
    OfflineShop,
    capture_notice,
    failed,
    open_offline,
)
from tests.support.shop import make_shop, shop_settings

pytestmark = pytest.mark.every_database

ID = "paymentRequestId01"
Receiver = Callable[..., Any]


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


class Boom:
    """A receiver that raises the first times that it is called."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls = 0

    def __call__(self, app: Flask, payment: Any, **extra: Any) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise RuntimeError("no stock left\nsecond line")


def event(offline: OfflineShop) -> Any:
    (row,) = offline.shop.rows(offline.shop.antom.Event)
    return row


def change_events(offline: OfflineShop, **columns: Any) -> None:
    db, model = offline.shop.db, offline.shop.antom.Event
    with offline.shop.app.app_context():
        db.session.execute(db.update(model).values(columns))
        db.session.commit()


def writer(
    offline: OfflineShop, reference: str, then: Receiver = lambda: None
) -> Receiver:
    """Make a receiver that writes a row and then does something else."""

    def write(app: Flask, payment: Any, **extra: Any) -> None:
        offline.shop.db.session.add(
            offline.shop.fulfilment(order_reference=reference, request_id="")
        )
        then()

    return write


def test_a_receiver_that_raises_costs_neither_the_payment_nor_the_event(
    offline: OfflineShop,
) -> None:
    offline.shop.connect(payment_succeeded, Boom(1))
    before = datetime.now(UTC)
    answer = offline.notify()
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert (answer.json or {})["code"] == "receiver_failed"
    assert offline.tables.payments[0][1] == "succeeded"
    assert offline.tables.notifications == [("PAYMENT_RESULT", "applied", 1)]
    assert offline.shop.fulfilled() == 0
    kept = event(offline)
    assert (kept.name, kept.delivered_at, kept.attempts) == (
        "payment_succeeded",
        None,
        1,
    )
    assert kept.last_error == "RuntimeError: no stock left"
    assert kept.next_attempt_at > before


def test_antoms_repeat_delivers_and_what_was_written_is_written_once(
    offline: OfflineShop,
) -> None:
    boom = Boom(2)
    offline.shop.connect(payment_succeeded, boom)
    assert [offline.notify().status_code for _ in range(4)] == [500, 500, 200, 200]
    assert offline.shop.fulfilled() == 1
    assert boom.calls == 3
    delivered = event(offline)
    assert delivered.delivered_at is not None
    assert (delivered.attempts, delivered.last_error) == (3, None)
    assert delivered.next_attempt_at is None
    assert offline.tables.notifications == [("PAYMENT_RESULT", "applied", 4)]


def test_the_pause_grows_the_longer_a_receiver_fails(offline: OfflineShop) -> None:
    offline.shop.connect(payment_succeeded, Boom(9))
    offline.notify()
    pauses = []
    for minutes in (0, 10, 50, 5000):
        now = datetime.now(UTC)
        change_events(offline, _first_failure_at=now - timedelta(minutes=minutes))
        offline.notify()
        pauses.append((event(offline).next_attempt_at - now) / timedelta(minutes=1))
    assert 0.4 <= pauses[0] < 8 <= pauses[1] < 40 <= pauses[2] <= 62
    assert 48 <= pauses[3] <= 74


def test_many_failures_in_a_short_time_give_nothing_up(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    offline.shop.connect(payment_succeeded, Boom(40))
    before = datetime.now(UTC)
    assert {offline.notify().status_code for _ in range(40)} == {500}
    waiting = event(offline)
    assert waiting.attempts == 40
    assert before < waiting.next_attempt_at < before + timedelta(minutes=10)
    assert "given up" not in caplog.text
    assert offline.notify().status_code == 200


def test_a_day_of_failures_is_given_up_with_an_error_in_the_log(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    offline.shop.connect(payment_succeeded, Boom(40))
    offline.notify()
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    change_events(offline, _first_failure_at=yesterday, attempts=28)
    offline.notify()
    assert event(offline).next_attempt_at.year < 9999
    assert "given up" not in caplog.text
    offline.notify()
    assert (event(offline).attempts, event(offline).next_attempt_at.year) == (30, 9999)
    assert [record.levelname for record in caplog.records][-1] == "ERROR"
    assert "given up" in caplog.records[-1].message


def test_another_receivers_writes_fall_with_the_one_that_raises(
    offline: OfflineShop,
) -> None:
    offline.shop.connect(payment_succeeded, writer(offline, "one"))
    offline.shop.connect(payment_succeeded, Boom(1))
    offline.shop.connect(payment_succeeded, writer(offline, "two"))
    assert offline.notify().status_code == 500
    assert offline.shop.rows(offline.shop.fulfilment) == []
    assert offline.notify().status_code == 200
    rows = offline.shop.rows(offline.shop.fulfilment)
    assert sorted(row.order_reference for row in rows) == ["A-1", "one", "two"]


def test_a_write_that_the_database_refuses_is_tried_again(offline: OfflineShop) -> None:
    shop = offline.shop
    taken = shop.fulfilment(id=7, order_reference="taken", request_id="")
    with shop.app.app_context():
        shop.db.session.add(taken)
        shop.db.session.commit()

    def clash(app: Flask, payment: Any, **extra: Any) -> None:
        shop.db.session.add(
            shop.fulfilment(id=7, order_reference="clash", request_id="")
        )

    shop.connect(payment_succeeded, clash)
    assert offline.notify().status_code == 500
    assert event(offline).last_error.startswith("IntegrityError: ")
    assert [row.order_reference for row in shop.rows(shop.fulfilment)] == ["taken"]
    assert offline.tables.payments[0][1] == "succeeded"


def test_a_receiver_that_commits_is_called_once(offline: OfflineShop) -> None:
    commit = offline.shop.db.session.commit
    offline.shop.connect(payment_succeeded, writer(offline, "own", then=commit))
    assert [offline.notify().status_code for _ in range(2)] == [200, 200]
    rows = offline.shop.rows(offline.shop.fulfilment)
    assert sorted(row.order_reference for row in rows) == ["A-1", "own"]
    assert event(offline).delivered_at is not None


def test_a_receiver_that_rolls_back_has_not_had_its_event(offline: OfflineShop) -> None:
    """A roll-back takes the mark of delivery with it: whatever is written after it
    would be written again with the next copy."""
    rollback = offline.shop.db.session.rollback
    offline.shop.connect(payment_succeeded, writer(offline, "own", then=rollback))
    offline.shop.connect(payment_succeeded, writer(offline, "after"))
    assert [offline.notify().status_code for _ in range(2)] == [500, 500]
    assert offline.shop.rows(offline.shop.fulfilment) == []
    kept = event(offline)
    assert (kept.delivered_at, kept.attempts) == (None, 2)
    assert "rolled" in kept.last_error


@pytest.mark.parametrize("closing", ["close", "remove"])
def test_a_receiver_that_closes_the_session_has_not_had_its_event(
    offline: OfflineShop, closing: str
) -> None:
    """The receiver's earlier writes are lost with the session, and so is the mark."""
    close = getattr(offline.shop.db.session, closing)
    offline.shop.connect(payment_succeeded, writer(offline, "own", then=close))
    assert [offline.notify().status_code for _ in range(2)] == [500, 500]
    assert offline.shop.rows(offline.shop.fulfilment) == []
    kept = event(offline)
    assert (kept.delivered_at, kept.attempts) == (None, 2)
    assert "closed" in kept.last_error


@pytest.mark.parametrize("closing", ["close", "remove"])
def test_a_receiver_that_commits_and_closes_the_session_is_called_once(
    closing: str,
) -> None:
    shop = make_shop(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
    for signal, receiver in shop.receivers:
        signal.disconnect(receiver)  # others would be given a payment without a session
    session, offline = shop.db.session, OfflineShop(shop, [], {}, [])
    offline.add_payment()

    def commit_and_close() -> None:
        session.commit()
        getattr(session, closing)()

    own = writer(offline, "own", then=commit_and_close)
    shop.connect(payment_succeeded, own)
    assert [offline.notify().status_code for _ in range(2)] == [200, 200]
    assert [row.order_reference for row in shop.rows(shop.fulfilment)] == ["own"]
    assert event(offline).delivered_at is not None
    shop.close()


def test_an_async_receiver_is_awaited_and_its_writes_are_kept(
    offline: OfflineShop,
) -> None:
    write = writer(offline, "async")

    async def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        write(app, payment)

    offline.shop.connect(payment_succeeded, fulfil)
    assert offline.notify().json == ACKNOWLEDGEMENT
    rows = offline.shop.rows(offline.shop.fulfilment)
    assert sorted(row.order_reference for row in rows) == ["A-1", "async"]


def test_an_async_receiver_that_raises_is_called_again(offline: OfflineShop) -> None:
    boom = Boom(1)

    async def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        boom(app, payment)

    offline.shop.connect(payment_succeeded, fulfil)
    assert [offline.notify().status_code for _ in range(3)] == [500, 200, 200]
    assert (boom.calls, offline.shop.fulfilled()) == (2, 1)


def test_a_closure_needs_weak_false(offline: OfflineShop) -> None:
    called: list[str] = []

    def connect(name: str, weak: bool) -> Receiver:
        def receiver(app: Flask, **extra: Any) -> None:
            called.append(name)

        payment_succeeded.connect(receiver, sender=offline.shop.app, weak=weak)
        return receiver

    connect("forgotten", weak=True)
    kept = connect("kept", weak=False)
    offline.notify()
    payment_succeeded.disconnect(kept)
    assert called == ["kept"]


def test_a_later_event_waits_for_one_that_fails(offline: OfflineShop) -> None:
    boom = Boom(2)
    offline.shop.connect(payment_pending, boom)
    pending = {"notifyType": "PAYMENT_PENDING", "paymentTime": None}
    assert offline.notify(**pending).status_code == 500
    assert offline.notify(result=failed()).status_code == 500
    assert offline.tables.events == [
        ("payment_pending", "", False),
        ("payment_failed", "", False),
    ]
    assert offline.notify(result=failed()).status_code == 200
    assert {delivered for *_, delivered in offline.tables.events} == {True}
    assert names(offline)[-2:] == ["payment_pending", "payment_failed"]


def names(offline: OfflineShop) -> list[str]:
    return [name for name, _ in offline.signals]


def test_a_failure_is_not_signalled_once_the_payment_has_succeeded(
    offline: OfflineShop,
) -> None:
    boom = Boom(1)
    offline.shop.connect(payment_failed, boom)
    assert offline.notify(result=failed(), paymentId="P-1").status_code == 500
    assert offline.notify(paymentId="P-2").status_code == 200
    assert (boom.calls, offline.shop.fulfilled()) == (1, 1)
    assert offline.tables.events == [
        ("payment_failed", "", True),
        ("payment_succeeded", "", True),
    ]


def test_an_order_that_was_cancelled_meanwhile_is_not_fulfilled(
    offline: OfflineShop,
) -> None:
    offline.shop.connect(payment_succeeded, Boom(1))
    assert offline.notify().status_code == 500
    offline.answers["cancel"] = {"result": GUIDE["result"]}
    act(offline.shop, "cancel")
    assert offline.notify().status_code == 200
    assert offline.shop.fulfilled() == 0
    assert names(offline)[-1] == "payment_cancelled"
    assert {delivered for *_, delivered in offline.tables.events} == {True}


@pytest.mark.parametrize("times", [1, 2])
def test_an_authorization_is_signalled_before_the_payment(
    offline: OfflineShop, times: int
) -> None:
    offline.add_payment("card", reference="A-2", method="CARD")
    told: list[str] = []
    boom = Boom(times)

    def authorize(app: Flask, payment: Any, **extra: Any) -> None:
        boom(app, payment)
        told.append("authorized")

    def succeed(app: Flask, payment: Any, **extra: Any) -> None:
        told.append("succeeded")

    offline.shop.connect(payment_authorized, authorize)
    offline.shop.connect(payment_succeeded, succeed)
    assert offline.notify(paymentRequestId="card").status_code == 500
    captured = capture_notice(GUIDE["paymentId"])
    answers = [offline.notify(captured).status_code for _ in range(2)]
    assert answers == ([200, 200] if times == 1 else [500, 200])
    assert told == ["authorized", "succeeded"]


def test_a_failing_event_does_not_block_another_payment(offline: OfflineShop) -> None:
    offline.add_payment("other", reference="A-2")
    offline.shop.connect(payment_failed, Boom(9))
    assert offline.notify(result=failed()).status_code == 500
    assert offline.notify(paymentRequestId="other").status_code == 200
    assert offline.shop.fulfilled("A-2") == 1


def test_a_worker_delivers_later(shop_url: str) -> None:
    settings = {"ANTOM_EVENT_DELIVERY": "worker", "SQLALCHEMY_DATABASE_URI": shop_url}
    with open_offline(**settings) as offline:
        offline.add_payment()
        offline.shop.connect(payment_succeeded, Boom(9))
        answer = offline.notify()
        assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
        assert offline.tables.payments[0][1] == "succeeded"
        assert offline.tables.events == [("payment_succeeded", "", False)]
        waiting = event(offline)
        assert waiting.attempts == 0
        assert waiting.next_attempt_at <= datetime.now(UTC)
        assert offline.signals == []
        assert offline.shop.fulfilled() == 0


def test_others_see_the_payment_before_the_receivers_are_called(tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"
    seen: list[Any] = []

    def look(app: Flask, payment: Any, **extra: Any) -> None:
        connection = sqlite3.connect(file)
        seen.extend(connection.execute("SELECT status FROM antom_payment"))
        connection.close()

    with open_offline(SQLALCHEMY_DATABASE_URI=f"sqlite:///{file}") as offline:
        offline.add_payment()
        offline.shop.connect(payment_succeeded, look)
        offline.notify()
    assert seen == [("succeeded",)]


@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_a_slow_receiver_holds_up_its_own_payment_only(
    server: str, request: pytest.FixtureRequest
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    calls: list[str] = []

    def be_slow(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.order_reference)
        if payment.order_reference == "A-1":
            begun.set()
            assert may_end.wait(30)

    with (
        new_database(request.getfixturevalue(server)) as url,
        open_offline(SQLALCHEMY_DATABASE_URI=url) as offline,
        ThreadPoolExecutor() as pool,
    ):
        offline.add_payment()
        offline.add_payment("other", reference="A-2")
        offline.shop.connect(payment_succeeded, be_slow)
        first = pool.submit(offline.notify)
        assert begun.wait(30)
        copy = pool.submit(offline.notify)
        assert offline.tables.payments[0][1] == "succeeded"
        assert offline.notify(paymentRequestId="other").status_code == 200
        assert offline.shop.fulfilled("A-2") == 1
        may_end.set()
        assert [first.result().status_code, copy.result().status_code] == [200, 200]
        assert offline.shop.fulfilled() == 1
    assert sorted(calls) == ["A-1", "A-2"]


def inquiry() -> dict[str, Any]:
    return GUIDE | {"paymentStatus": "SUCCESS"}


def sync(offline: OfflineShop, antom: FlaskAntom) -> None:
    db = offline.shop.db
    with offline.shop.app.app_context():
        antom.sync(db.session.scalars(db.select(antom.Payment)).one())


def test_what_an_inquiry_finds_is_delivered_in_the_same_way(
    offline: OfflineShop,
) -> None:
    offline.answers["inquiryPayment"] = inquiry()
    offline.shop.connect(payment_succeeded, Boom(1))
    with pytest.raises(DeliveryFailed):
        sync(offline, offline.shop.antom)
    assert offline.tables.payments[0][1] == "succeeded"
    assert offline.tables.events == [("payment_succeeded", "", False)]
    sync(offline, offline.shop.antom)
    assert offline.tables.events == [("payment_succeeded", "", True)]
    assert offline.shop.fulfilled() == 1

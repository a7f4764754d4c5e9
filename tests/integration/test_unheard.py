"""A paid order that nobody hears of waits until somebody listens."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from flask_antom.errors import ConfigError
from flask_antom.signals import payment_pending, payment_succeeded
from flask_antom.testing import record_signals
from tests.support.offline import (
    ACKNOWLEDGEMENT,
    OfflineShop,
    failed,
    open_offline,
)
from tests.support.receivers import disconnect_all, event, is_delivered
from tests.support.shop import Shopfront

pytestmark = pytest.mark.every_database

PENDING = {"notifyType": "PAYMENT_PENDING", "paymentTime": None}


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    """A shop without a receiver; the recorder of the test kit does not count."""
    offline.add_payment()
    disconnect_all(offline)
    return offline


def fulfil_from_now_on(shop: Shopfront) -> None:
    """Connect the receiver that was forgotten."""

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        row = shop.fulfilment(
            order_reference=payment.order_reference, request_id=payment.request_id
        )
        shop.db.session.add(row)

    shop.connect(payment_succeeded, fulfil)


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.ERROR
    ]


def test_antom_is_answered_and_the_event_waits(offline: OfflineShop) -> None:
    answer = offline.notify()
    assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
    assert offline.tables.payments[0][1] == "succeeded"
    waiting = event(offline)
    assert (waiting.delivered_at, waiting.attempts) == (None, 0)


def test_neither_copies_nor_sweeps_spend_its_attempts(offline: OfflineShop) -> None:
    for _ in range(40):
        assert offline.notify().status_code == 200
        offline.shop.clock.wind(timedelta(hours=1))
        summary = offline.shop.sweep()
        assert (summary.events, summary.failed, summary.given_up) == (0, 0, 0)
    waiting = event(offline)
    assert (waiting.delivered_at, waiting.attempts) == (None, 0)
    assert waiting.next_attempt_at.year < 9999


def test_the_log_names_the_order_once_a_process_and_hour(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        offline.notify()
    (error,) = errors(caplog)
    assert "payment_succeeded" in error
    assert "A-1" in error
    caplog.clear()
    offline.shop.clock.wind(timedelta(minutes=61))
    for _ in range(3):
        offline.notify()
    assert len(errors(caplog)) == 1


def test_a_sweep_counts_it_and_an_old_one_is_trouble(offline: OfflineShop) -> None:
    offline.notify()
    young: Any = offline.shop.sweep()
    assert (young.unheard, young.needs_a_person, young.trouble) == (1, False, "")
    offline.shop.clock.wind(timedelta(minutes=59))
    assert offline.shop.sweep().needs_a_person is False
    offline.shop.clock.wind(timedelta(minutes=2))
    old: Any = offline.shop.sweep()
    assert (old.unheard, old.needs_a_person) == (1, True)
    assert "1" in old.trouble


def test_the_first_sweep_with_a_receiver_delivers(offline: OfflineShop) -> None:
    offline.notify()
    offline.shop.clock.wind(timedelta(days=1))
    offline.shop.sweep()
    fulfil_from_now_on(offline.shop)
    summary: Any = offline.shop.sweep()
    assert (summary.events, summary.unheard, summary.trouble) == (1, 0, "")
    assert is_delivered(offline)
    assert offline.shop.fulfilled() == 1
    offline.shop.sweep()
    assert offline.notify().status_code == 200
    assert offline.shop.fulfilled() == 1


def test_a_closure_that_was_dropped_is_nobody(offline: OfflineShop) -> None:
    def connect() -> None:
        def fulfil(app: Flask, **extra: Any) -> None:
            raise AssertionError

        payment_succeeded.connect(fulfil, sender=offline.shop.app)

    connect()
    assert offline.notify().status_code == 200
    assert not is_delivered(offline)


def test_a_recorder_is_told_only_what_others_hear(offline: OfflineShop) -> None:
    with record_signals(offline.shop.app) as recorded:
        offline.notify()
        assert not is_delivered(offline)
        fulfil_from_now_on(offline.shop)
        offline.shop.clock.wind(timedelta(minutes=1))
        offline.shop.sweep()
    assert [name for name, _ in recorded] == ["payment_succeeded"]


def test_a_receiver_of_another_app_is_nobody(offline: OfflineShop) -> None:
    def fulfil(app: Flask, **extra: Any) -> None:
        raise AssertionError

    payment_succeeded.connect(fulfil, sender=Flask("other"))
    assert offline.notify().status_code == 200
    assert not is_delivered(offline)
    payment_succeeded.disconnect(fulfil)


def test_a_receiver_for_all_apps_is_somebody(offline: OfflineShop) -> None:
    told: list[str] = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        told.append(payment.order_reference)

    with payment_succeeded.connected_to(fulfil):
        assert offline.notify().status_code == 200
    assert told == ["A-1"]
    assert is_delivered(offline)


def test_other_signals_do_not_wait(offline: OfflineShop) -> None:
    for message in (PENDING, {"result": failed()}):
        assert offline.notify(**message).status_code == 200
    assert {name for name, _, _ in offline.tables.events} == {
        "payment_pending",
        "payment_failed",
    }
    assert all(delivered for *_, delivered in offline.tables.events)
    summary: Any = offline.shop.sweep()
    assert summary.unheard == 0


def test_an_event_that_nobody_hears_holds_up_no_other(offline: OfflineShop) -> None:
    told: list[str] = []

    def receive(app: Flask, payment: Any, **extra: Any) -> None:
        told.append(payment.order_reference)

    offline.shop.connect(payment_pending, receive)
    offline.add_payment("other", reference="A-2")
    offline.notify()
    offline.notify(paymentRequestId="other", **PENDING)
    assert told == ["A-2"]
    assert not is_delivered(offline)


def test_a_shop_that_polls_says_so(offline: OfflineShop) -> None:
    antom: Any = offline.shop.antom
    antom.ignores(payment_succeeded)
    assert offline.notify().status_code == 200
    assert is_delivered(offline)
    summary: Any = offline.shop.sweep()
    assert (summary.unheard, summary.trouble) == (0, "")


def test_a_name_is_not_taken_for_a_signal(offline: OfflineShop) -> None:
    antom: Any = offline.shop.antom
    with pytest.raises(ConfigError, match="not 'payment_succeeded'"):
        antom.ignores("payment_succeeded")


@pytest.fixture
def worker_mode(shop_url: str) -> Iterator[OfflineShop]:
    settings = {"ANTOM_EVENT_DELIVERY": "worker", "SQLALCHEMY_DATABASE_URI": shop_url}
    with open_offline(**settings) as offline:
        offline.add_payment()
        disconnect_all(offline)
        yield offline


def test_in_worker_mode_the_worker_judges(
    worker_mode: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    assert worker_mode.notify().status_code == 200
    assert errors(caplog) == []
    summary: Any = worker_mode.shop.sweep()
    assert (summary.events, summary.unheard) == (0, 1)
    assert len(errors(caplog)) == 1
    waiting = event(worker_mode)
    assert (waiting.delivered_at, waiting.attempts) == (None, 0)

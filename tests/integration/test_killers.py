"""Does a receiver that ends its process starve the others? It counts against itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from flask_antom.flows.sweep import SweepSummary
from flask_antom.signals import payment_failed, payment_succeeded
from tests.support.offline import OfflineShop, failed, open_offline
from tests.support.receivers import ID, event, is_delivered

pytestmark = pytest.mark.every_database

#: No lease lasts longer.
LEASE = timedelta(minutes=5)


@pytest.fixture
def worker_mode(shop_url: str) -> Iterator[OfflineShop]:
    """Three paid orders of which no receiver knows yet."""
    settings = {"ANTOM_EVENT_DELIVERY": "worker", "SQLALCHEMY_DATABASE_URI": shop_url}
    with open_offline(**settings) as offline:
        for number in (1, 2, 3):
            offline.add_payment(f"pay-{number}", reference=f"A-{number}")
            answer = offline.notify(
                paymentRequestId=f"pay-{number}", paymentId=f"P-{number}"
            )
            assert answer.status_code == 200
        yield offline


class Exiting:
    """A receiver that ends the process for one order."""

    def __init__(self, reference: str = "A-1") -> None:
        self.reference = reference
        self.calls = 0

    def __call__(self, app: Flask, payment: Any, **extra: Any) -> None:
        if payment.order_reference == self.reference:
            self.calls += 1
            raise SystemExit(3)


def sweep(offline: OfflineShop) -> SweepSummary | None:
    """Sweep as a process of its own; ``None`` if that ended early."""
    with contextlib.suppress(SystemExit):
        return offline.shop.sweep()
    return None


def events(offline: OfflineShop) -> dict[str, Any]:
    """Return the events by the order that they are for."""
    orders = [payments(offline, number) for number in (1, 2, 3)]
    rows = {row.payment_ref: row for row in offline.shop.rows(offline.shop.antom.Event)}
    return {payment.order_reference: rows[payment.id] for payment in orders}


def payments(offline: OfflineShop, number: int) -> Any:
    (payment,) = offline.shop.payments(f"A-{number}")
    return payment


def test_the_attempt_is_counted_before_the_receiver_is_called(
    worker_mode: OfflineShop,
) -> None:
    seen: list[int] = []

    def look(app: Flask, payment: Any, **extra: Any) -> None:
        shop = worker_mode.shop
        with shop.app.app_context():  # a session of its own
            query = shop.db.select(shop.antom.Event).filter_by(payment_ref=payment.id)
            seen.append(shop.db.session.scalars(query).one().attempts)

    worker_mode.shop.connect(payment_succeeded, look)
    sweep(worker_mode)
    assert seen == [1, 1, 1]


def test_the_others_of_its_batch_are_delivered_in_the_next_sweep(
    worker_mode: OfflineShop,
) -> None:
    killer = Exiting()
    worker_mode.shop.connect(payment_succeeded, killer)
    sweep(worker_mode)
    worker_mode.shop.clock.wind(LEASE)
    sweep(worker_mode)
    assert [worker_mode.shop.fulfilled(f"A-{n}") for n in (1, 2, 3)] == [0, 1, 1]
    found = events(worker_mode)
    assert found["A-2"].delivered_at is not None
    assert found["A-3"].delivered_at is not None
    assert found["A-1"].delivered_at is None
    assert found["A-1"].attempts == killer.calls > 0


def test_it_is_given_up_by_its_own_count(worker_mode: OfflineShop) -> None:
    killer = Exiting()
    worker_mode.shop.connect(payment_succeeded, killer)
    for _ in range(45):
        worker_mode.shop.clock.wind(timedelta(hours=2))
        sweep(worker_mode)
        kept = events(worker_mode)["A-1"]
        assert kept.attempts == killer.calls
        if kept.next_attempt_at.year == 9999:
            break
    assert 30 <= killer.calls <= 45
    assert (kept.delivered_at, kept.next_attempt_at.year) == (None, 9999)
    assert "SystemExit" in kept.last_error
    worker_mode.shop.clock.wind(timedelta(hours=2))
    summary = sweep(worker_mode)
    assert summary is not None
    assert (summary.given_up, summary.needs_a_person) == (1, True)
    assert [worker_mode.shop.fulfilled(f"A-{n}") for n in (1, 2, 3)] == [0, 1, 1]


def test_a_receiver_that_stops_to_exit_is_called_again(
    worker_mode: OfflineShop,
) -> None:
    killer = Exiting()
    worker_mode.shop.connect(payment_succeeded, killer)
    sweep(worker_mode)
    killer.reference = ""
    worker_mode.shop.clock.wind(timedelta(hours=2))
    sweep(worker_mode)
    assert [worker_mode.shop.fulfilled(f"A-{n}") for n in (1, 2, 3)] == [1, 1, 1]
    assert {row.delivered_at is None for row in events(worker_mode).values()} == {False}


def test_an_exit_while_antom_waits_is_counted(offline: OfflineShop) -> None:
    offline.add_payment()
    killer = Exiting()
    offline.shop.connect(payment_succeeded, killer)
    with pytest.raises(SystemExit):
        offline.notify()
    assert offline.tables.payments == [(ID, "succeeded", "2020010123456789XXXX")]
    assert offline.tables.notifications == [("PAYMENT_RESULT", "applied", 1)]
    kept = event(offline)
    assert (kept.delivered_at, kept.attempts) == (None, 1)
    killer.reference = ""
    offline.shop.clock.wind(timedelta(hours=2))
    offline.shop.sweep()
    assert is_delivered(offline)
    assert offline.shop.fulfilled() == 1


def test_an_exit_holds_up_no_event_of_another_payment(offline: OfflineShop) -> None:
    told: list[str] = []

    def receive(app: Flask, payment: Any, **extra: Any) -> None:
        told.append(payment.order_reference)

    offline.add_payment()
    offline.add_payment("other", reference="A-2")
    offline.shop.connect(payment_succeeded, Exiting())
    offline.shop.connect(payment_failed, receive)
    with pytest.raises(SystemExit):
        offline.notify()
    answer = offline.notify(paymentRequestId="other", result=failed())
    assert (answer.status_code, told) == (200, ["A-2"])

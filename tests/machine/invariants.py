"""Invariants that hold after every step, whatever is under way."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from tests.machine.calls import reserved_for_refunds
from tests.machine.setup import InProcessSetup
from tests.machine.snapshot import Snapshot
from tests.machine.told import assert_told_in_order, assert_told_of_what_was_ordered

#: From where a payment may come to where; what is not here is final. Several steps of
#: the table may be taken in one step of the machine.
_OPEN = {"created", "pending", "processing"}
_ANY = {"authorized", "succeeded", "review", "cancelled", "failed", "expired"}
_NEXT = {
    "created": _OPEN | _ANY,
    "pending": {"pending", "processing"} | _ANY - {"expired"},
    "processing": {"pending", "processing"} | _ANY - {"expired"},
    "failed": {"pending", "processing"} | _ANY - {"expired"},
    "expired": {"pending", "processing"} | _ANY,
    "authorized": {"authorized", "succeeded", "review", "cancelled"},
    "succeeded": {"succeeded", "review"},
    "review": {"review", "cancelled"},
    "cancelled": {"cancelled", "review"},
}


def is_given_back(payment: Any) -> bool:
    return bool(payment.captured_value) and (
        payment.refunded_value >= payment.captured_value
    )


def is_taken(payment: Any) -> bool:
    """Whether a payment pays its order, as far as the shop knows."""
    is_good = payment.status in ("authorized", "succeeded")
    return is_good and not is_given_back(payment)


def assert_invariants(setup: InProcessSetup, before: Snapshot, after: Snapshot) -> None:
    """See that no promise is broken by what was done between two moments."""
    assert setup.error_log.errors == []
    assert set(after.delivered.values()) <= {1}
    assert after.written <= after.delivered
    for name, request_id, _ in after.delivered - after.written:
        assert request_id in after.payments, f"{name} is marked, but was not told"
        _check_undelivered(name, after.payments[request_id], after)
    assert before.payments.keys() <= after.payments.keys()
    assert before.refunds.keys() <= after.refunds.keys()
    assert_told_in_order(setup, after)
    assert_told_of_what_was_ordered(after)
    for request_id, payment in before.payments.items():
        _check_step(payment, after.payments[request_id], before)
        if request_id not in setup.misstated:
            _check_captures(payment, after.payments[request_id])
    for request_id, refund in before.refunds.items():
        if refund.status == "succeeded":
            assert after.refunds[request_id].status == "succeeded"
    for request_id, payment in after.payments.items():
        _check_money(payment, after.refunds.values())
        _check_paid(setup, before.payments.get(request_id), payment)
        assert payment.status != "review" or request_id in after.reviews
    _check_orders(setup, after)


_PASSING = ("payment_pending", "payment_failed", "payment_expired", "payment_cancelled")


def _check_undelivered(name: str, payment: Any, after: Snapshot) -> None:
    """See that only what was not true any more was left out.

    Late news of an authorization that was lost since stand until Antom is asked.
    """
    if after.written["payment_cancelled", payment.request_id, ""]:
        return
    if name in ("payment_succeeded", "payment_authorized"):
        assert payment.status in ("succeeded", "cancelled", "review"), payment
    else:
        assert name in _PASSING
        assert payment.paid_at is not None


def _check_step(before: Any, after: Any, earlier: Snapshot) -> None:
    for fixed in ("id", "order_reference", "amount_value", "currency", "method"):
        assert getattr(before, fixed) == getattr(after, fixed)
    allowed = _NEXT[before.status]
    if before.status == "succeeded" and after.cancel_asked_at is not None:
        allowed = allowed | {"cancelled"}
    if before.status == "succeeded" and not earlier.is_sold(before.request_id):
        allowed = allowed | {"review", "cancelled"}  # the order was another one
    if before.status == "cancelled" and before.cancel_asked_at is None:
        allowed = _OPEN | _ANY
    assert after.status in allowed, f"{before.status} became {after}"


def _check_captures(before: Any, after: Any) -> None:
    """Forget nothing that was taken, unless the buyer has paid again."""
    if before.payment_id in (None, after.payment_id):
        assert before.captured_value <= after.captured_value


def _check_money(payment: Any, refunds: Iterable[Any]) -> None:
    """Hold refunds within what was taken, also those that are under way."""
    assert 0 <= payment.captured_value <= payment.amount_value
    if payment.status != "succeeded":
        return
    assert payment.refunded_value <= payment.captured_value
    assert reserved_for_refunds(payment, refunds) <= payment.captured_value


def _check_paid(setup: InProcessSetup, before: Any | None, payment: Any) -> None:
    """Believe in money only that has come, all of it, and is not on its way back."""
    if payment.status not in ("authorized", "succeeded"):
        return
    session = setup.simulator.payment(payment.request_id)
    assert session.amount.value == payment.amount_value
    paid = [attempt for attempt in session.attempts if attempt.paid_at]
    assert paid
    if payment.status == "succeeded":
        assert any(attempt.taken for attempt in paid)
        if before is None or before.status != "succeeded":
            is_forgotten = payment.request_id in setup.forgotten
            assert session.status == "SUCCESS" or is_forgotten


def _check_orders(setup: InProcessSetup, after: Snapshot) -> None:
    """Take the money for an order once.

    What was given back may be paid again. If a clerk captures more of the first
    payment afterwards, that is their own doing.
    """
    setup.given_back |= {
        row.request_id for row in after.payments.values() if is_given_back(row)
    }

    def reference(payment: Any) -> str:
        return str(payment.order_reference)

    rows = sorted(after.payments.values(), key=reference)
    for _, attempts in groupby(rows, reference):
        taken = {row.request_id for row in attempts if is_taken(row)}
        assert len(taken - setup.given_back) <= 1
    for requests in after.sold.values():
        kept = {id_ for id_ in requests if is_taken(after.payments[id_])}
        assert len(kept - setup.given_back) <= 1


def open_refunds(setup: InProcessSetup) -> list[str]:
    """Return the refunds that Antom still works on."""
    return [
        refund.request_id
        for account in setup.simulator.accounts().values()
        for refund in account.refunds.values()
        if refund.status == "PROCESSING"
    ]

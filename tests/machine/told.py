"""Receivers are told in order, once, and of what was ordered at that moment."""

from __future__ import annotations

from flask_antom import Money
from tests.machine.order_book import price
from tests.machine.setup import InProcessSetup
from tests.machine.snapshot import Snapshot

#: A person is told of it at once.
_NEVER_WAITS = "payment_needs_review"

#: While nobody listens to it, later facts are told.
_MAY_BE_LATE = "payment_succeeded"


def assert_told_in_order(setup: InProcessSetup, after: Snapshot) -> None:
    """See that the facts of each payment were told in their order."""
    last: dict[str, tuple[int, int]] = {}
    for payment, (name, _, _), place in after.told:
        if not payment or name == _NEVER_WAITS:
            continue
        if name == _MAY_BE_LATE and setup.was_deaf:
            continue
        assert place > last.get(payment, (0, 0)), f"{name} was told too late"
        last[payment] = place


def assert_told_of_what_was_ordered(after: Snapshot) -> None:
    """See that a payment's first receivers found the order that was paid in full.

    A later capture of the same authorization is not compared again. After a cancel the
    buyer may pay once more in the same session, for an order that has changed.
    """
    for request_id, sales in after.sales.items():
        payment = after.payments[request_id]
        paid = price(Money(payment.amount_value, payment.currency))
        reasons = after.reviews.get(request_id, set())
        if not after.written["payment_cancelled", request_id, ""]:
            assert not any(reason.startswith("order_") for reason in reasons)
        names = [sale.found.partition(" ")[0] for sale in sales]
        assert len(set(names)) == len(names), "sold twice"
        assert sales[0].found == f"{names[0]} {paid}", "not what was ordered"
        is_fulfilled = int("payment_succeeded" in names)
        assert after.fulfilled[request_id] == is_fulfilled
        for name in names:
            assert after.written[name, request_id, ""] == 1

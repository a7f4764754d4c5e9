"""What can be done about a payment now, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...app_state import AppState
from ...domain.money import Money
from ...domain.payment_states import Status
from ...domain.refund_states import HOLDING
from ...flows import clerk
from ...flows.redelivery import redeliver

Values = Mapping[str, Any]

#: The actions on a payment, in the order of their buttons.
ON_PAYMENTS = ("sync", "capture", "cancel", "refund")

REDELIVER = "redeliver"

#: The actions that begin with an amount, and are confirmed on a second page.
WITH_AMOUNT = ("capture", "refund")

_REFUNDABLE = (Status.SUCCEEDED, Status.REVIEW)
_OVER = (Status.CANCELLED, Status.EXPIRED)


class Wanted(NamedTuple):
    """What a person wants to be done.

    :ivar subject: the ``paymentRequestId``, or the id of an event.
    :ivar is_final: of a capture: whether the rest of the authorization is released.
    :ivar for_buyer: of a refund: the text that the buyer may see.
    :ivar again: of an event: whether it was delivered before.
    """

    action: str
    subject: str
    amount: Money | None = None
    is_final: bool = True
    for_buyer: str | None = None
    again: bool = False


def left_to_refund(attempt: Values) -> Money:
    """Return what is left to refund: what was captured, without all refunds so far."""
    held = sum(
        max(row["amount_value"], row["reported_value"] or 0)
        for row in attempt["refunds"]
        if row["status"] in HOLDING and row["payment_id"] == attempt["payment_id"]
    )
    return Money(max(attempt["captured_value"] - held, 0), attempt["currency"])


def left_to_capture(attempt: Values) -> Money:
    """Return what is left of an authorization."""
    left = attempt["amount_value"] - attempt["captured_value"]
    return Money(max(left, 0), attempt["currency"])


def why_not(action: str, attempt: Values) -> str:
    """Return why an action makes no sense now; empty if it may.

    Whether it is possible is decided later, under the payment's lock.
    """
    return _WHY_NOT[action](attempt)


def possible(attempt: Values) -> list[str]:
    """Return the actions that make sense for a payment now."""
    return [action for action in ON_PAYMENTS if not why_not(action, attempt)]


def _not_captured(attempt: Values) -> str:
    if attempt["status"] != Status.AUTHORIZED:
        return f"The payment is {attempt['status']}, so no money waits to be captured."
    if attempt["capture_request_id"] is not None:
        return "A capture is under way. Ask Antom about it first."
    return "" if left_to_capture(attempt) else "All of the money has been captured."


def _not_cancelled(attempt: Values) -> str:
    if attempt["status"] in _OVER:
        return f"The payment is {attempt['status']}, so it cannot be cancelled."
    if attempt["refunds"]:
        return "Money was given back already. Refund the rest."
    return ""


def _not_refunded(attempt: Values) -> str:
    if attempt["payment_id"] is None or attempt["status"] not in _REFUNDABLE:
        return f"The payment is {attempt['status']}. Only a paid one can be refunded."
    if not attempt["captured_value"]:
        return "No money was captured, so there is nothing to refund."
    return "" if left_to_refund(attempt) else "Nothing is left to refund."


_WHY_NOT: Mapping[str, Callable[[Values], str]] = {
    "sync": lambda attempt: "",
    "capture": _not_captured,
    "cancel": _not_cancelled,
    "refund": _not_refunded,
}


def act(state: AppState, wanted: Wanted, key: str) -> tuple[str, str]:
    """Do it; return the outcome in a word and in a sentence.

    :param key: the form's key, which Antom's refund or capture gets too.
    :raises AntomError: if it is not done.
    """
    match wanted:
        case Wanted("sync", subject):
            return "done", clerk.sync(state, subject)
        case Wanted("cancel", subject):
            return "done", clerk.cancel(state, subject)
        case Wanted("capture", subject, Money() as amount):
            told = clerk.capture(state, subject, amount, final=wanted.is_final, key=key)
            return "done", told
        case Wanted("refund", subject, Money() as amount):
            told = clerk.refund(
                state, subject, amount, reason=wanted.for_buyer, key=key
            )
            return "done", told
        case Wanted("redeliver", subject):
            report = redeliver(state, int(subject), even_delivered=wanted.again)
            outcome = "done" if report.is_done else "not delivered"
            return outcome, f"{report.about}: {report.text}."
    raise ValueError(wanted.action)

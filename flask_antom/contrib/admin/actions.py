"""The actions: which of them are possible now, and carrying them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...app_state import AppState
from ...domain.money import Money
from ...domain.payment_states import Status
from ...domain.refund_states import HOLDING
from ...flows import clerk
from ...flows.clerk import Left
from ...flows.redelivery import redeliver

Values = Mapping[str, Any]

#: The actions on a payment, in the order of their buttons.
ON_PAYMENTS = ("sync", "capture", "cancel", "refund")

REDELIVER = "redeliver"

_REFUNDABLE = (Status.SUCCEEDED, Status.REVIEW)
_OVER = (Status.CANCELLED, Status.EXPIRED)


class Wanted(NamedTuple):
    """An action as a person wants it.

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


def why_not(action: str, attempt: Values, left: Left) -> str:
    """Return why an action makes no sense now; empty if it may.

    Whether it is possible is decided later, under the payment's lock.
    """
    return _WHY_NOT[action](attempt, left)


def possible(attempt: Values, left: Left) -> list[str]:
    """Return the actions that make sense for a payment now."""
    return [one for one in ON_PAYMENTS if not why_not(one, attempt, left)]


def _not_captured(attempt: Values, left: Left) -> str:
    if attempt["capture_request_id"] is not None:
        return "A capture is under way. Ask Antom about it first."
    return "" if left.capture else "No money is reserved that could be captured."


def _not_cancelled(attempt: Values, left: Left) -> str:
    if attempt["status"] in _OVER:
        return f"The payment is {attempt['status']}, so it cannot be cancelled."
    if any(row["status"] in HOLDING for row in attempt["refunds"]):
        return "Money was given back already. Refund the rest."
    return ""


def _not_refunded(attempt: Values, left: Left) -> str:
    if left.refund:
        return ""
    if attempt["status"] not in _REFUNDABLE:
        return f"The payment is {attempt['status']}. Only a paid one can be refunded."
    return "Nothing is left to refund."


_WHY_NOT: Mapping[str, Callable[[Values, Left], str]] = {
    "sync": lambda attempt, left: "",
    "capture": _not_captured,
    "cancel": _not_cancelled,
    "refund": _not_refunded,
}


def act(state: AppState, wanted: Wanted, key: str) -> tuple[str, str]:
    """Do it; return the outcome in a word and in a sentence.

    An equal action of the last minute is no reason to refuse: a form is one of a state
    of the payment, and the person has seen what was done before.

    :param key: the form's key, which Antom's refund or capture gets too.
    :raises AntomError: if it is not done.
    """
    match wanted:
        case Wanted("sync", subject):
            return "done", clerk.sync(state, subject)
        case Wanted("cancel", subject):
            return "done", clerk.cancel(state, subject)
        case Wanted("capture", subject, Money() as amount):
            told = clerk.capture(
                state, subject, amount, final=wanted.is_final, key=key, again=True
            )
            return "done", told
        case Wanted("refund", subject, Money() as amount):
            told = clerk.refund(
                state, subject, amount, reason=wanted.for_buyer, key=key, again=True
            )
            return "done", told
        case Wanted("redeliver", subject):
            report = redeliver(state, int(subject), even_delivered=wanted.again)
            outcome = "done" if report.is_done else "not delivered"
            return outcome, f"{report.about}: {report.text}."
    raise ValueError(wanted.action)

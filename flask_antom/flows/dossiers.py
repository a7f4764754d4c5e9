"""The history of an order: its rows, put together and said in words, for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ..app_state import AppState
from ..domain.events import ABOUT_MONEY, is_overtaken, waits_for
from ..domain.payment_states import Fact, Status, is_given_back
from ..domain.records import StoredEvent
from ..domain.refund_states import HOLDING
from ..store.dossiers import Dossier, Values
from .orders import WRONG

STATUS: Mapping[str, str] = {
    Status.CREATED: "no payment is known",
    Status.PENDING: "the buyer is done, there is no result yet",
    Status.PROCESSING: "Antom is working on it, or its risk review is running",
    Status.AUTHORIZED: "the money is reserved, not captured",
    Status.SUCCEEDED: "paid",
    Status.FAILED: "not paid; a success can still follow",
    Status.CANCELLED: "cancelled by the shop, or by Antom",
    Status.EXPIRED: "the session is over, and nobody has paid",
    Status.REVIEW: "money came that was not expected; a person has to decide",
}

REASONS: Mapping[str, str] = {
    Fact.MISMATCH: "the amount or the currency is not what was asked",
    Fact.SECOND: "another attempt has paid the order",
    Fact.AGAIN: "the buyer paid once more, after everything was given back",
    Fact.PAID_AFTER_CANCEL: "money came although the shop had cancelled the payment",
    Fact.REJECTED: "Antom's risk review refused the payment",
    **WRONG,
    Fact.AUTHORIZED: "Antom says that nothing is captured",
    Fact.CAPTURE_FAILED: "a capture failed",
    Fact.CANCELLED: "Antom says that the payment is cancelled",
    Fact.CANCEL_FAILED: "Antom refused to cancel the payment",
    "refund_mismatch": "a refund of another amount than was asked, or than came",
    Fact.LAPSED: "the authorization is over, and Antom does not say so",
}


#: The ``state`` of an event that no sweep of this app delivers.
ELSEWHERE = "belongs to another environment"

#: The ``state`` of an event that tells of money during Antom's risk review.
IN_REVIEW = "waits for the risk review"


class EventNow(NamedTuple):
    """An event as it is now.

    :ivar shown: its values, and its ``state``.
    :ivar is_overtaken: whether it is no longer true.
    :ivar is_elsewhere: whether it belongs to another environment.
    """

    shown: Mapping[str, Any]
    is_overtaken: bool
    is_elsewhere: bool = False


class PaymentNow(NamedTuple):
    """The parts of a payment that the rules about events look at."""

    status: str
    is_given_back: bool


def attempts_of(state: AppState, dossier: Dossier) -> list[dict[str, Any]]:
    """Return the payments of a dossier, each with all that belongs to it."""
    return [_attempt(state, dossier, payment) for payment in dossier.payments]


def event_now(state: AppState, event_id: int) -> EventNow | None:
    """Return an event as it is now; ``None`` if there is no such event."""
    dossier = state.dossiers.of_event(event_id)
    for attempt in attempts_of(state, dossier):
        for event in attempt["events"]:
            if event["id"] == event_id:
                is_late = is_overtaken(event["name"], _now(attempt))
                return EventNow(event, is_late, _is_elsewhere(state, attempt))
    alone = event_states(state, None, [], dossier.events)
    is_elsewhere = any(_is_elsewhere(state, row) for row in dossier.notifications)
    return (
        EventNow(alone[0], is_overtaken=False, is_elsewhere=is_elsewhere)
        if alone
        else None
    )


def _attempt(state: AppState, dossier: Dossier, payment: Values) -> dict[str, Any]:
    refunds = [row for row in dossier.refunds if row["payment_ref"] == payment["id"]]
    events = [row for row in dossier.events if row["payment_ref"] == payment["id"]]
    return {
        **payment,
        "status_text": _status_text(payment),
        "review_reasons": [
            {"reason": event["about"], "text": _reason(event["about"])}
            for event in events
            if event["name"] == "payment_needs_review"
        ],
        "refunds": refunds,
        "events": event_states(state, payment, refunds, events),
        "notifications": _notifications(dossier, payment, refunds),
    }


def _status_text(payment: Values) -> str:
    text = STATUS.get(payment["status"], "")
    return f"{text}, and given back whole" if _now(payment).is_given_back else text


def _reason(about: str) -> str:
    return REASONS.get(about.partition(" ")[0], "")


def _notifications(
    dossier: Dossier, payment: Values, refunds: Sequence[Values]
) -> list[Values]:
    ids = {payment["request_id"], *(row["request_id"] for row in refunds)}
    payment_ids = {payment["payment_id"], *(row["payment_id"] for row in refunds)}
    payment_ids.discard(None)
    return [
        row
        for row in dossier.notifications
        if row["request_id"] in ids or row["payment_id"] in payment_ids
    ]


def event_states(
    state: AppState,
    payment: Values | None,
    refunds: Sequence[Values],
    events: Iterable[Values],
) -> list[dict[str, Any]]:
    """Return the events of a payment, in order, each with its ``state`` in a word.

    ``waits_for`` is the id of the event that has to be delivered before. An event that
    is no longer true may have been skipped when its turn came: the row does not say.

    :param payment: ``None`` for an event that is about no payment of ours.
    """
    earlier: list[StoredEvent] = []
    told: list[dict[str, Any]] = []
    for row in events:
        event, before = _stored(row), None
        word = _word(state, event)
        if payment is not None and word == "delivered":
            is_late = is_overtaken(event.name, _now(payment))
            word = "delivered or skipped" if is_late else word
        elif payment is not None and _is_elsewhere(state, payment):
            word = ELSEWHERE
        elif payment is not None and word == "due":
            now, is_heard = _now(payment), state.listeners.is_heard
            before = waits_for(event.name, earlier, now, is_heard)
            word = "waits" if before else _word_of(event, payment, refunds)
        if word == "due" and row["last_error"]:
            word = "failed"
        shown = {name: value for name, value in row.items() if name != "claim"}
        waits = None if before is None else before.id
        told.append(shown | {"state": word, "waits_for": waits})
        if not event.is_delivered:
            earlier.append(event)
    return told


def _word(state: AppState, event: StoredEvent) -> str:
    if event.is_delivered:
        return "delivered"
    if event.is_given_up:
        return "given up"
    if event.claim and event.due_at and event.due_at > state.clock.now():
        return "being delivered"
    return "due" if state.listeners.is_heard(event.name) else "nobody listens"


def _word_of(event: StoredEvent, payment: Values, refunds: Sequence[Values]) -> str:
    """Return the word for an event that somebody hears, and that may be its turn."""
    if is_overtaken(event.name, _now(payment)):
        return "no longer true"
    if event.name in ABOUT_MONEY and payment["under_review"]:
        return IN_REVIEW
    if event.name in ABOUT_MONEY and _may_end(payment, refunds):
        return "waits for a refund"
    return "due"


def _is_elsewhere(state: AppState, row: Values) -> bool:
    return row["environment"] not in state.ours.environments


def _may_end(payment: Values, refunds: Sequence[Values]) -> bool:
    """Whether all of the money is being given back, with an unknown outcome."""
    captured: int = payment["captured_value"]
    held: int = sum(
        row["amount_value"]
        for row in refunds
        if row["status"] in HOLDING and row["payment_id"] == payment["payment_id"]
    )
    return 0 < captured <= held


def _stored(row: Values) -> StoredEvent:
    due_at: datetime | None = row["next_attempt_at"]
    is_delivered = row["delivered_at"] is not None
    return StoredEvent(
        row["id"], row["name"], row["about"], row["claim"], due_at, is_delivered
    )


def _now(payment: Values) -> PaymentNow:
    return PaymentNow(
        payment["status"],
        is_given_back(payment["captured_value"], payment["refunded_value"]),
    )

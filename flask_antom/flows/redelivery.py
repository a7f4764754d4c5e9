"""A person asks to deliver events once more: at once, and in their order."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from ..app_state import AppState
from ..domain.events import UNHANDLED
from ..domain.records import Claim, Refusal
from ..store.redeliveries import Renewed
from .delivery import tell, wait_for_claim
from .delivery_try import Told
from .dossiers import ELSEWHERE, IN_REVIEW, event_now


class Report(NamedTuple):
    """The result for one event.

    :ivar about: the event, its order and its payment.
    :ivar text: what happened.
    :ivar is_done: whether nothing is left to do about it.
    """

    about: str
    text: str
    is_done: bool


def undelivered(attempts: list[dict[str, Any]]) -> list[int]:
    """Return the ids of the events that are not delivered, in order.

    Those of another environment are left alone.
    """
    return [
        event["id"]
        for attempt in attempts
        for event in attempt["events"]
        if event["delivered_at"] is None and event["state"] != ELSEWHERE
    ]


def failed(state: AppState, since: datetime | None = None) -> list[int]:
    """Return the ids of all events that failed or were given up, oldest first.

    Those of another environment are left alone.

    :param since: only events since this time.
    """
    found: list[int] = []
    before: int | None = None
    while True:
        page = state.listings.events(state="undelivered", before=before, limit=500)
        found += [
            row["id"]
            for row in page
            if row["last_error"] and (since is None or row["created_at"] >= since)
        ]
        before = page.more
        if before is None:
            return [ref for ref in sorted(found) if not _is_elsewhere(state, ref)]


def _is_elsewhere(state: AppState, event_id: int) -> bool:
    event = event_now(state, event_id)
    return event is not None and event.is_elsewhere


def redeliver(
    state: AppState, event_id: int, *, even_delivered: bool = False
) -> Report:
    """Deliver an event now, in this process.

    An event that was given up gets as many tries as a new one. Events of the payment
    that come before, and are not delivered, keep it waiting.

    :param even_delivered: whether to deliver it though it is delivered: its receivers
        run once more.
    """
    about = str(state.claims.describe(event_id))
    event = event_now(state, event_id)
    if event is not None and event.is_elsewhere:
        return Report(about, f"left alone: it {ELSEWHERE}", is_done=False)
    renewed = state.redeliveries.renew(event_id, even_delivered=even_delivered)
    if renewed is Renewed.DUE:
        claim = wait_for_claim(state, event_id)
        if isinstance(claim, Claim):
            return Report(about, *_told(state, event_id, tell(state, claim)))
        return Report(about, *_refused(state, event_id, claim))
    text = {
        Renewed.DELIVERED: "delivered by another process",
        Renewed.IN_FLIGHT: "another process delivers it now",
        Renewed.GONE: "gone",
    }[renewed]
    return Report(about, text, renewed is Renewed.DELIVERED)


def _told(state: AppState, event_id: int, told: Told) -> tuple[str, bool]:
    if told is Told.REVIEWED:
        text = "not delivered: the order is another one now, so a person has to look"
        return text, False
    event = event_now(state, event_id)
    if event is None:
        return "gone", False
    if event.shown["delivered_at"] is not None:
        if event.shown["payment_ref"] is None and event.shown["name"] != UNHANDLED:
            return "not sent: it is about no payment of this shop", True
        text = "not sent: it is no longer true" if event.is_overtaken else "delivered"
        return text, True
    if told.has_failed:
        return f"failed: {event.shown['last_error'] or 'see the log'}", False
    return "not delivered: another process has taken it", False


def _refused(state: AppState, event_id: int, refusal: Refusal) -> tuple[str, bool]:
    event = event_now(state, event_id)
    if refusal is Refusal.WAITS:
        before = event and event.shown["waits_for"]
        return f"waits: event {before or 'before it'} has to be delivered first", False
    if event is not None and event.shown["state"] == IN_REVIEW:
        return f"{IN_REVIEW} of Antom's", False
    return {
        Refusal.DELIVERED: ("delivered by another process", True),
        Refusal.IN_FLIGHT: ("another process delivers it now", False),
        Refusal.NOT_DUE: ("waits for the outcome of a refund of all its money", False),
        Refusal.ELSEWHERE: (f"left alone: it {ELSEWHERE}", False),
        Refusal.UNHEARD: ("waits: nobody listens in this process", False),
        Refusal.GIVEN_UP: ("given up", False),
    }[refusal]

"""Finds what waits for its time after a sweep, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ..app_state import AppState
from .dossiers import event_now


class Wait(NamedTuple):
    """Something that a sweep does later.

    :ivar what: an event with its order and payment; or ``payments`` or ``refunds`` that
        Antom is asked about.
    :ivar state: the state of an event, as ``flask antom show`` has it; or that
        Antom is asked.
    :ivar at: when it is due; ``None`` if that depends on something else.
    :ivar error: the error of an event that failed.
    """

    what: str
    state: str
    at: datetime | None
    error: str | None = None


def waiting(state: AppState, most: int = 20) -> Iterator[Wait]:
    """Yield what waits: events one by one, and when Antom is asked next.

    :param most: how many events at most.
    """
    for row in state.listings.soonest(most):
        event = event_now(state, row["id"])
        if event is None or event.shown["delivered_at"] or event.is_elsewhere:
            continue
        shown = event.shown
        is_timed = shown["state"] in ("failed", "due", "being delivered")
        at = shown["next_attempt_at"] if is_timed else None
        about = str(state.claims.describe(row["id"]))
        yield Wait(about, shown["state"], at, shown["last_error"])
    for what, queue in (
        ("payments", state.attempts.queue),
        ("refunds", state.refunds.queue),
    ):
        at = queue.next_due()
        if at is not None:
            yield Wait(what, "Antom is asked about the next", at)

"""Whether somebody sweeps and delivers, and whether notifications have come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..app_state import AppState
from ..flows.silence import find_untold
from .findings import ERROR, WARNING, Finding, Mistake

#: Whatever is due for so long, nobody does.
_PATIENCE = timedelta(hours=1)

NO_SWEEP = Mistake(
    "workers.no_sweep",
    WARNING,
    "{number} payments should have been looked at more than an hour ago.",
    "Nobody asks Antom about them: buyers who left are not known to have paid, and"
    " sessions do not end.",
    "Start flask antom work, or run flask antom sweep every minute by a timer.",
)
NO_WORKER = Mistake(
    "workers.no_delivery",
    ERROR,
    "Events have been due for more than an hour. ANTOM_EVENT_DELIVERY is {delivery}.",
    "Orders are paid at Antom and not in the shop.",
    "Start flask antom work or the workers of the queue. Without either, set"
    ' ANTOM_EVENT_DELIVERY to "inline".',
)
SILENCE = Mistake(
    "workers.no_notification",
    WARNING,
    "Order {reference} was paid at {paid_at}, and no notification of it has come.",
    "Payments are only learnt of when Antom is asked, minutes later.",
    "Run flask antom check --online. Antom has to reach {notify_url}.",
)
NO_ZONES = Mistake(
    "time_zones.missing",
    WARNING,
    'ANTOM_TIME_ZONE is "buyer", and this system has no time zones.',
    "Buyers read times in UTC.",
    "Run pip install tzdata.",
)
MISTAKES = (NO_SWEEP, NO_WORKER, SILENCE)
ZONE_MISTAKES = (NO_ZONES,)


def check(state: AppState) -> Iterator[Finding]:
    """Look for work that has waited too long."""
    limit = state.clock.now() - _PATIENCE
    number = state.attempts.queue.count_due(limit)
    if number:
        yield NO_SWEEP.found(number=number)
    if any(True for _ in state.claims.due(limit)) and not state.listeners.unheard():
        yield NO_WORKER.found(delivery=repr(state.config.event_delivery))
    untold = find_untold(state)
    if untold is not None:
        yield SILENCE.found(
            reference=repr(untold.order_reference),
            paid_at=f"{untold.paid_at:%Y-%m-%dT%H:%M:%SZ}",
            notify_url=state.config.notify_url,
        )


def check_zones(state: AppState) -> Iterator[Finding]:
    """Find out whether times can be written in a buyer's time zone."""
    if state.config.time_zone == "buyer" and not has_zones():
        yield NO_ZONES.found()


def has_zones() -> bool:
    """Whether the system or a package knows time zones."""
    try:
        ZoneInfo("Asia/Kuala_Lumpur")
    except (ZoneInfoNotFoundError, OSError):
        return False
    return True

"""Whether Antom's notifications have stopped: payments are learnt of by asking alone.

Nothing is counted when a notification comes. A sweep looks at the newest payments, at
most once a minute.
"""

from __future__ import annotations

from datetime import timedelta

from ..app_state import AppState
from ..log_lines import Log
from ..store.arrivals import Paid

log: Log = Log(__name__)

#: Antom has sent a notification by then, and once more if the first one was lost.
_PATIENCE = timedelta(minutes=5)

#: Older payments say nothing of today, and notifications are purged some day.
_LATELY = timedelta(days=1)

#: What a sweep looks at. One that cron starts remembers nothing, and would tell of the
#: same payment all day long.
_JUST_NOW = timedelta(hours=1)

#: Seconds between two looks.
_PAUSE = 60.0


def find_untold(state: AppState) -> Paid | None:
    """Return the latest payment, if no notification of it has come for minutes."""
    paid = _latest(state, _LATELY)
    return None if paid is None or paid.is_told else paid


def listen(state: AppState) -> None:
    """Log that notifications do not come: once, and again after they came again.

    Each process does so, if a payment of the last hour has no notification.
    """
    moment, looked_at = state.clock.monotonic(), state.silence.looked_at
    if looked_at is not None and moment - looked_at < _PAUSE:
        return
    state.silence.looked_at = moment
    paid = _latest(state, _JUST_NOW)
    if paid is None:
        return
    if not paid.is_told and not state.silence.is_told:
        log.warning(
            "Order %s was paid at %s, and no notification of it has come: it is known"
            " only because Antom was asked. Antom has to reach %s. Run `flask antom"
            " check --online`.",
            paid.order_reference,
            f"{paid.paid_at:%Y-%m-%dT%H:%M:%SZ}",
            state.config.notify_url,
            order=paid.order_reference,
        )
    state.silence.is_told = not paid.is_told


def _latest(state: AppState, age: timedelta) -> Paid | None:
    now = state.clock.now()
    return state.arrivals.latest_paid(now - age, now - _PATIENCE)

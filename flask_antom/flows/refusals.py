"""Logs the notifications that are refused, and tells the host's monitoring."""

from __future__ import annotations

from collections.abc import Mapping

from .. import signals
from ..app_state import AppState
from ..log_lines import Log

log: Log = Log(__name__)

#: The settings to look at, by reason, if it was Antom that sent the notification.
_CURES: Mapping[str, str] = {
    "client-id": "ANTOM_CLIENT_ID is not the account of these payments",
    "mismatch": "ANTOM_PUBLIC_KEY is not its key for this account, or ANTOM_PUBLIC_URL"
    " is not the address that it calls",
}


def refuse(state: AppState, sender: str, reason: str, message: str) -> None:
    """Log that a notification is refused, and send ``notification_refused``.

    The signal is sent each time. The log has few lines for each sender and for each
    reason; see :class:`.rate_limit.RateLimits`.

    :param sender: the address of who sent it.
    """
    state.measures.count("notification", type="", outcome="refused", reason=reason)
    if state.refusals.allows(reason, sender):
        cure = f" If Antom sent it, {_CURES[reason]}." if reason in _CURES else ""
        log.warning(
            "Refused a notification from %s (%s): %s%s%s",
            _printable(sender),
            reason,
            message,
            cure,
            state.refusals.missed(),
            outcome="refused",
            reason=reason,
        )
    try:
        signals.notification_refused.send(
            state.app, _async_wrapper=state.app.ensure_sync, reason=reason
        )
    except Exception as error:
        if state.refusals.allows("receiver", sender):
            log.error(
                "A receiver of notification_refused raised.",
                error=error,
                signal="notification_refused",
                reason=reason,
            )


def tell_what_was_not_logged(state: AppState) -> None:
    """Log how many refusals were not logged, if that is due."""
    missed = state.refusals.missed_long_ago()
    if missed:
        log.warning("Refused notifications:%s", missed)


def _printable(sender: str) -> str:
    """Return an address for the log; behind some proxies it is any text."""
    return "".join(c if c.isprintable() else "?" for c in sender[:64]) or "-"

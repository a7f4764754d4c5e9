"""Logs and counts what has happened to payments."""

from __future__ import annotations

from ..app_state import AppState
from ..domain.payment_methods import METHODS
from ..domain.records import Notification
from ..log_lines import Facts, Log
from ..store.applied import Applied, Change

log: Log = Log(__name__)

_METHODS = frozenset(name for names in METHODS.values() for name in names)


def tell_changes(state: AppState, applied: Applied) -> None:
    """Log and count each status that has changed. It is committed."""
    for change in applied.changes:
        if change.refund is None:
            _tell_payment(state, change)
        else:
            _tell_refund(state, change)


def _tell_payment(state: AppState, change: Change) -> None:
    log.info(
        "Payment is %s, was %s, by %s%s.",
        change.status,
        change.was,
        change.source,
        _with_code(change),
        order=change.order,
        payment=change.payment,
        status=change.status,
        outcome=change.status,
        source=change.source,
        method=change.method,
    )
    if state.measures.are_watched:
        method = method_label(change.method)
        state.measures.count(
            "payment", status=change.status, method=method, source=change.source
        )
        if change.seconds is not None:
            state.measures.count("paid", change.seconds, method=method)


def _tell_refund(state: AppState, change: Change) -> None:
    log.info(
        "Refund is %s, was %s, by %s%s.",
        change.status,
        change.was or "unknown",
        change.source,
        _with_code(change),
        order=change.order,
        payment=change.payment,
        refund=change.refund,
        status=change.status,
        outcome=change.status,
        source=change.source,
    )
    state.measures.count("refund", status=change.status, source=change.source)


def tell_notification(
    state: AppState, notification: Notification, applied: Applied
) -> None:
    """Log and count a notification that is accepted. It is committed."""
    names: Facts = {
        "payment": notification.request_id,
        "payment_id": notification.payment_id,
    }
    if applied.payment is not None:
        names = applied.payment.names
    log.of(**names).info(
        "Notification %s: %s.",
        notification.notify_type,
        applied.outcome,
        outcome=applied.outcome,
    )
    is_known = notification.is_handled
    state.measures.count(
        "notification",
        type=notification.notify_type if is_known else "other",
        outcome=applied.outcome,
        reason="",
    )


def method_label(method: str) -> str:
    """Return a method as a label, of which there are few values."""
    if not method:
        return "unknown"
    return method if method in _METHODS else "other"


def _with_code(change: Change) -> str:
    is_bad = change.status in ("failed", "review")
    return f" ({change.code})" if change.code and is_bad else ""

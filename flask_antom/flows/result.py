"""The result page: asks Antom for a fresh status, but not too often."""

from __future__ import annotations

from datetime import timedelta

from ..app_state import AppState
from ..domain.schedule import session_end
from ..errors import DeliveryFailed, GatewayError, NotPossible
from ..log_lines import Log
from ..store.live import is_settled
from ..store.rows import PaymentRow
from .payments import sync

log: Log = Log(__name__)


#: Seconds between two inquiries while a buyer waits (the guide). After a number of
#: inquiries the pause grows.
_FIRST_PAUSE = 2.0
_FAST_INQUIRIES = 30
_LONGEST_PAUSE = 60.0


def refresh(state: AppState, payment: PaymentRow) -> None:
    """Ask Antom for the state of a payment, unless it was asked a moment ago.

    Antom is also asked about a payment that failed, expired or was closed by Antom. The
    buyer may have paid since in the same session, and the notification may be under
    way. The last inquiry is after the session's end. No error is raised: the page then
    shows the stored status.
    """
    if not state.config.is_set_up:
        return
    if not state.ours.is_here(payment):  # of the sandbox, in a shop that is live
        return
    is_over = is_settled(payment) or _was_asked_after_end(payment)
    if payment.is_final and is_over and not payment.under_review:
        return
    if not state.attempts.may_inquire(payment, _pause(payment)):
        return
    try:
        sync(state, payment, repeat=False)
    except (GatewayError, DeliveryFailed, NotPossible) as error:
        names = log.of(**payment.names)
        names.warning("Payment %s: %s", payment.request_id, error)


def _was_asked_after_end(payment: PaymentRow) -> bool:
    if payment.asked_at is None:
        return False
    end = session_end(payment.session_expires_at, payment.created_at)
    return payment.asked_at > end


def _pause(payment: PaymentRow) -> timedelta:
    slow = max(0, payment.inquiries - _FAST_INQUIRIES)
    return timedelta(seconds=min(_FIRST_PAUSE * 1.5 ** min(slow, 20), _LONGEST_PAUSE))

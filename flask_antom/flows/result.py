"""What the returning buyer is told: the signed link, and how fresh the truth is."""

from __future__ import annotations

import logging
from datetime import timedelta

from ..app_state import AppState
from ..domain.schedule import session_end
from ..errors import DeliveryFailed, GatewayError
from ..store.models import PaymentMixin
from .payments import is_settled, sync

logger = logging.getLogger(__name__)


#: The guide's pace while a buyer waits, for the first minute; then ever slower.
_FIRST_PAUSE = 2.0
_FAST_INQUIRIES = 30
_LONGEST_PAUSE = 60.0


def refresh(state: AppState, payment: PaymentMixin) -> None:
    """Ask Antom about a payment, not more often than its age warrants.

    A failed or expired one is asked about too, and one that Antom closed: the buyer may
    have paid since, in the same session, and its notification be on the way. That ends
    with one inquiry after the session's end. It never fails: the page then shows what
    was known before.
    """
    if is_settled(payment) or (payment.is_final and _was_asked_at_last(payment)):
        return
    if not state.attempts.may_inquire(payment.id, _pause(payment)):
        return
    try:
        sync(state, payment, repeat=False)
    except (GatewayError, DeliveryFailed) as error:
        logger.warning("Payment %s: %s", payment.request_id, error)


def _was_asked_at_last(payment: PaymentMixin) -> bool:
    if payment.asked_at is None or payment.created_at is None:
        return False
    end = session_end(payment.session_expires_at, payment.created_at)
    return payment.asked_at > end


def _pause(payment: PaymentMixin) -> timedelta:
    slow = max(0, payment.inquiries - _FAST_INQUIRIES)
    return timedelta(seconds=min(_FIRST_PAUSE * 1.5 ** min(slow, 20), _LONGEST_PAUSE))

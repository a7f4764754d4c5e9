"""FLOW 3: the shop acts on a payment.

The request is committed before Antom hears of it, no transaction is held while Antom
is asked, and the answer goes through the ledger like all news.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from .columns import now
from .delivery import deliver
from .errors import DeliveryFailed, Refused
from .models import PaymentMixin
from .shop import Shop
from .states import SETTLED, Fact, Observation, Status

logger = logging.getLogger(__name__)

#: How long a session may be paid (Antom: createPaymentSession, default 1 hour).
SESSION_LIFE = timedelta(hours=1)

#: How long Antom takes to close an order that was begun (the guide: 14 minutes).
CLOSING_TIME = timedelta(minutes=14)


def sync(shop: Shop, payment: PaymentMixin, *, repeat: bool = True) -> None:
    """Ask Antom what became of a payment, and act on the answer.

    :param repeat: whether to ask again while the answer is unknown, up to
        ``ANTOM_TIMEOUT``.
    :raises OutcomeUnknown: nobody can say; nothing has changed.
    :raises Refused: Antom does not answer; nothing has changed.
    :raises DeliveryFailed: the answer is stored, but a receiver raised.
    """
    request_id, is_over = payment.request_id, _is_over(payment, now())
    shop.ledger.release()
    seen = shop.client.inquire(request_id=request_id, repeat=repeat)
    if seen.fact is Fact.UNPAID and is_over:
        seen = replace(seen, fact=Fact.EXPIRED, source="clock")
    _apply(shop, replace(seen, request_id=request_id))


def cancel(shop: Shop, payment: PaymentMixin) -> None:
    """Close a payment, or undo a paid one within the method's cancel window.

    :raises Refused: Antom said no; ``CANCEL_WINDOW_EXCEED`` means: refund instead.
    :raises OutcomeUnknown: cancel again, or wait for news.
    :raises DeliveryFailed: it is cancelled, but a receiver raised.
    """
    request_id = payment.request_id
    shop.ledger.ask_to_cancel(payment.id)
    shop.ledger.release()
    try:
        seen = shop.client.cancel(request_id=request_id)
    except Refused as refusal:
        if refusal.signed and refusal.result_code == "ORDER_NOT_EXIST":
            shop.ledger.forget_cancel(payment.id)
        raise
    _apply(shop, replace(seen, request_id=request_id))


def fail(shop: Shop, request_id: str, result_code: str) -> None:
    """Note that Antom refused to open a session for this attempt."""
    seen = Observation(
        Fact.FAILED, "session", request_id=request_id, result_code=result_code
    )
    try:
        _apply(shop, seen)
    except DeliveryFailed as error:
        logger.warning("%s", error)


def _apply(shop: Shop, seen: Observation) -> None:
    applied = shop.ledger.apply(seen)
    if applied.payment_ref is not None and shop.config.event_delivery == "inline":
        deliver(shop, applied.payment_ref)


def is_settled(payment: PaymentMixin) -> bool:
    """Tell whether nothing that the buyer does can change the payment any more.

    In the session of an order that Antom closed by itself he may still pay.
    """
    if payment.status == Status.CANCELLED:
        return payment.cancel_asked_at is not None
    return payment.status in SETTLED


def may_yet_be_paid(payment: PaymentMixin) -> bool:
    """Tell whether the buyer may still have paid in the session that he was given."""
    has_session = payment.session_expires_at is not None
    return has_session and not is_settled(payment) and not _is_over(payment, now())


def _is_over(payment: PaymentMixin, moment: datetime) -> bool:
    """Tell whether neither the buyer nor Antom's closing can change anything more."""
    created_at = payment.created_at or moment
    ends_at = payment.session_expires_at or created_at + SESSION_LIFE
    return moment > ends_at + CLOSING_TIME

"""Hands the stored events of the outbox to the receivers.

Each event is delivered in a transaction of its own (T2): lock it, mark it, send its
signal, commit. The receivers' writes and the mark stand or fall together.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from . import signals
from .errors import DeliveryFailed
from .models import EventMixin
from .shop import Shop

logger = logging.getLogger(__name__)

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)


def deliver(shop: Shop, payment_ref: int) -> None:
    """Tell the receivers everything about a payment that they have not had yet.

    :raises DeliveryFailed: if a receiver raised; the other events were sent.
    """
    failed = 0
    for event_id in shop.ledger.undelivered(payment_ref):
        failed += not _deliver_one(shop, event_id)
    if failed:
        raise DeliveryFailed("A receiver raised; the event will be sent again.")


def _deliver_one(shop: Shop, event_id: int) -> bool:
    ledger = shop.ledger
    name, attempts, claim = "an event", 0, ""
    try:
        event = ledger.claim_event(event_id)
        if event is not None:
            name, attempts, claim = event.name, event.attempts, event.claim or ""
            _send(shop, event)
            if event.delivered_at is None:
                raise DeliveryFailed("A receiver rolled the session back.")
        ledger.session.commit()
    except Exception as error:
        ledger.session.rollback()
        logger.exception("A receiver of %s raised; it will be called again.", name)
        ledger.record_failure(event_id, claim, _describe(error), _pause(attempts))
        return False
    return True


def _send(shop: Shop, event: EventMixin) -> None:
    payment = shop.ledger.get(event.payment_ref)
    extra = {"reason": event.about} if event.name == "payment_needs_review" else {}
    signals.BY_NAME[event.name].send(
        shop.app, _async_wrapper=shop.app.ensure_sync, payment=payment, **extra
    )


def _pause(attempts: int) -> timedelta:
    """Double the pause with each attempt, up to an hour."""
    return min(_FIRST_PAUSE * (1 << min(attempts, 10)), _LONGEST_PAUSE)


def _describe(error: Exception) -> str:
    """Give the kind of error and the first line of its text."""
    text = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {text}"[:300]

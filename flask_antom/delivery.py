"""Hands the stored events of the outbox to the receivers.

Each event is delivered in a transaction of its own (T2): lock it, mark it, send its
signal, commit. The receivers' writes and the mark stand or fall together.
"""

from __future__ import annotations

import logging
from typing import Any

from . import signals
from .checkpoints import passed
from .entries import Applied
from .errors import DeliveryFailed
from .models import EventMixin
from .shop import Shop

logger = logging.getLogger(__name__)


def deliver(shop: Shop, applied: Applied) -> None:
    """Tell the receivers all that they have not had about a payment or a refund.

    In worker mode this is left to a queue, or to ``flask antom work``.

    :raises DeliveryFailed: if a receiver raised; the other events were sent.
    """
    event_ids: list[int] = []
    if applied.payment_ref is not None:
        event_ids += shop.outbox.of_payment(applied.payment_ref)
    if applied.refund_ref is not None:
        event_ids += shop.outbox.of_refund(applied.refund_ref)
    if shop.config.event_delivery == "worker":
        if shop.dispatch is not None:
            for event_id in event_ids:
                shop.dispatch(event_id)
        return
    failed = [event_id for event_id in event_ids if not deliver_event(shop, event_id)]
    if failed:
        raise DeliveryFailed("A receiver raised; the event will be sent again.")


def deliver_event(shop: Shop, event_id: int) -> bool:
    """Deliver one event, unless it was; tell whether all receivers took it."""
    outbox = shop.outbox
    name, claim = "an event", ""
    try:
        event = outbox.claim(event_id)
        if event is not None:
            name, claim = event.name, event.claim or ""
            _send(shop, event)
            if not outbox.is_marked(event, event_id):
                raise DeliveryFailed("A receiver rolled back or closed the session.")
        outbox.commit_delivery()
    except Exception as error:
        outbox.session.rollback()
        logger.exception("A receiver of %s raised.", name)
        if outbox.record_failure(event_id, claim, _describe(error)):
            logger.error("Event %s is given up: it needs a person.", event_id)
        return False
    return True


def _send(shop: Shop, event: EventMixin) -> None:
    extra: dict[str, Any] = {}
    if event.name == "payment_needs_review":
        extra["reason"] = event.about
    if event.refund_ref is not None:
        extra["refund"] = shop.refunds.get(event.refund_ref)
    payment = None
    if event.payment_ref is not None:
        payment = shop.ledger.get(event.payment_ref)
    passed("before receivers")
    signals.BY_NAME[event.name].send(
        shop.app, _async_wrapper=shop.app.ensure_sync, payment=payment, **extra
    )
    passed("after receivers")


def _describe(error: Exception) -> str:
    """Give the kind of error and the first line of its text."""
    text = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {text}"[:300]

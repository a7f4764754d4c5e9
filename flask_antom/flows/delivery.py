"""Delivers the events of the outbox to the receivers.

Each event has a transaction of its own (T2): claim the event, send its signal, commit.
So the mark of the event is committed together with the writes of the receivers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from .. import signals
from ..app_state import AppState
from ..checkpoints import passed
from ..domain.payment_states import TAKEN, Status
from ..domain.records import Applied
from ..errors import DeliveryFailed
from ..store.models import EventMixin, PaymentMixin

logger: logging.Logger = logging.getLogger(__name__)

#: Events, and the statuses of the payment in which they are no longer true.
_OVERTAKEN: Mapping[str, frozenset[str]] = {
    "payment_pending": TAKEN,
    "payment_failed": TAKEN,
    "payment_expired": TAKEN,
    "payment_cancelled": TAKEN,
    "payment_authorized": frozenset({Status.CANCELLED}),
    "payment_succeeded": frozenset({Status.CANCELLED}),
}


def deliver(state: AppState, applied: Applied) -> None:
    """Deliver all undelivered events of a payment or a refund.

    With ``ANTOM_EVENT_DELIVERY = "worker"``, a queue or ``flask antom work`` does so.

    :raises DeliveryFailed: if a receiver raised; the other events are delivered.
    """
    if state.config.event_delivery == "worker":
        if state.dispatch is not None:
            for event_id in applied.undelivered:
                state.dispatch(event_id)
        return
    failed = [
        event_id
        for event_id in applied.undelivered
        if not deliver_event(state, event_id)
    ]
    if failed:
        raise DeliveryFailed("A receiver raised; the event will be sent again.")


def deliver_event(state: AppState, event_id: int) -> bool:
    """Deliver one event, unless it has been delivered.

    :returns: whether it is delivered now. The error of a receiver is logged and stored.
    """
    outbox = state.outbox
    name, claim = "an event", ""
    try:
        claimed = outbox.claim(event_id)
        if claimed is not None:
            event, payment = claimed
            name, claim = event.name, event.claim or ""
            _send(state, event, payment)
            if not outbox.is_marked(event, event_id):
                raise DeliveryFailed("A receiver rolled back or closed the session.")
        outbox.commit_delivery()
    except Exception as error:
        outbox.session.rollback()
        logger.exception("A receiver of %s raised.", name)
        if outbox.record_failure(event_id, claim, _describe(error)):
            logger.error("Event %s is given up: a person has to look.", event_id)
        return False
    return True


def _send(state: AppState, event: EventMixin, payment: PaymentMixin | None) -> None:
    if payment is not None and _is_overtaken(state, event, payment):
        logger.info("%s came too late: %s is %s.", event.name, payment, payment.status)
        return
    extra: dict[str, Any] = {}
    if event.name == "payment_needs_review":
        extra["reason"] = event.about
    if event.refund_ref is not None:
        extra["refund"] = state.refunds.get(event.refund_ref)
    passed("before receivers")
    signals.BY_NAME[event.name].send(
        state.app, _async_wrapper=state.app.ensure_sync, payment=payment, **extra
    )
    passed("after receivers")


def _is_overtaken(state: AppState, event: EventMixin, payment: PaymentMixin) -> bool:
    """Whether an event is no longer true.

    An authorization is still delivered before the success of its payment, not after it.
    """
    if event.name == "payment_authorized" and payment.status == Status.SUCCEEDED:
        return state.outbox.is_delivered("payment_succeeded", payment.id)
    return payment.status in _OVERTAKEN.get(event.name, ())


def _describe(error: Exception) -> str:
    """Return the type of an error and the first line of its message."""
    text = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {text}"[:300]

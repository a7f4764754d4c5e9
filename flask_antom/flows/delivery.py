"""Delivers the events of the outbox to the receivers.

Each event has a transaction of its own (T2): mark the event, send its signal, commit.
So the mark of the event is committed together with the writes of the receivers. The
claim, which counts the attempt, is committed before.
"""

from __future__ import annotations

from datetime import datetime

from ..app_state import AppState
from ..domain.payment_states import Observation
from ..domain.records import Claim, Refusal
from ..errors import DeliveryFailed, NotPossible
from ..log_lines import Log
from ..measures import Work
from ..store.applied import Applied
from ..store.deliveries import is_running
from ..store.rows import PaymentRow
from ..store.transactions import PAUSES, wait
from .delivery_try import DeliveryTry, Told
from .dispatching import dispatch
from .facts import tell_changes

log: Log = Log(__name__)


def deliver(state: AppState, applied: Applied) -> None:
    """Deliver the events of a payment or a refund in order, and log what has changed.

    With ``ANTOM_EVENT_DELIVERY = "worker"``, a queue or ``flask antom work`` does so.

    :raises DeliveryFailed: if a receiver raised; events that come after it wait.
    """
    tell_changes(state, applied)
    if state.config.event_delivery == "worker":
        dispatch(state, applied.undelivered)
        return
    _deliver_now(state, applied)


def _deliver_now(state: AppState, applied: Applied) -> None:
    claims = {claim.event_id: claim for claim in applied.claims}
    failure: Told | None = None
    for event_id in applied.undelivered:
        claim: Claim | Refusal | None = claims.get(event_id)
        if claim is None and failure:
            claim = state.claims.claim(event_id)
        elif claim is None:
            claim = wait_for_claim(state, event_id)
        if isinstance(claim, Claim):
            told = tell(state, claim, applied.payment)
            failure = failure or (told if told.has_failed else None)
    if failure is not None:
        blamed = "The order loader" if failure is Told.LOADER_FAILED else "A receiver"
        raise DeliveryFailed(f"{blamed} raised; the event will be sent again.")


def wait_for_claim(state: AppState, event_id: int) -> Claim | Refusal:
    """Claim an event; wait a moment while another process delivers one before it."""
    claim = state.claims.claim(event_id)
    for pause in PAUSES:
        if claim not in (Refusal.IN_FLIGHT, Refusal.WAITS):
            break
        wait(pause)
        claim = state.claims.claim(event_id)
    _report(state, event_id, claim)
    return claim


def deliver_event(state: AppState, event_id: int) -> bool:
    """Deliver one event, for a worker; wait a moment for those before it.

    The error of a receiver is logged and stored.

    :returns: whether nothing is left to do for the event.
    :raises NotPossible: inside a receiver.
    """
    if is_running():
        raise NotPossible(
            "antom.deliver() was called in a receiver, or in the order loader when"
            " money has come. Call it in a job of your queue."
        )
    claim = wait_for_claim(state, event_id)
    if not isinstance(claim, Claim):
        return claim is Refusal.DELIVERED
    return tell(state, claim) in (Told.DELIVERED, Told.REVIEWED)


def deliver_due(state: AppState, event_id: int, due_by: datetime) -> Told:
    """Deliver one event, for a sweep, if it is due and waits for nothing."""
    claim = state.claims.claim(event_id, due_by)
    _report(state, event_id, claim)
    if claim is Refusal.GIVEN_UP:
        return Told.FAILED
    if claim is Refusal.WAITS:
        return Told.WAITS
    return tell(state, claim) if isinstance(claim, Claim) else Told.LATER


def _report(state: AppState, event_id: int, refusal: Claim | Refusal) -> None:
    if refusal is Refusal.GIVEN_UP:
        event = state.claims.describe(event_id)
        log.of(**event.facts()).error(
            "%s is given up: its deliveries ended their processes. A person has to"
            " look.",
            event.signal or "An event",
            outcome="given up",
        )
    elif refusal is Refusal.UNHEARD:
        event = state.claims.describe(event_id)
        state.listeners.complain(event.signal or "an event", **event.facts())


def tell(state: AppState, claim: Claim, known: PaymentRow | None = None) -> Told:
    """Deliver a claimed event.

    A deadlock or a serialisation failure is no fault of the receivers: all of the
    transaction is tried again at once, with patience.

    :param known: the payment as it was just written.
    """
    with state.measures.work("delivery") as work:
        told = _try(state, claim, known, work)
    if not isinstance(told, Observation):
        return told
    applied = state.payments.apply(told)
    tell_changes(state, applied)
    _try(state, claim, applied.payment, work)  # it is overtaken now
    others = [ref for ref in applied.undelivered if ref != claim.event_id]
    try:
        _deliver_now(state, applied._replace(undelivered=others))
    except DeliveryFailed:
        return Told.FAILED
    return Told.REVIEWED


def _try(
    state: AppState, claim: Claim, known: PaymentRow | None, work: Work
) -> Told | Observation:
    told: Told | Observation | None = None
    for pause in PAUSES:
        told = DeliveryTry(state, claim, known, work).run()
        if told is not None:
            break
        wait(pause)
    else:
        last = DeliveryTry(state, claim, known, work, is_last=True)
        told = last.run() or Told.FAILED
    work.note(result="review" if isinstance(told, Observation) else told.label)
    return told

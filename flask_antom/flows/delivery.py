"""Delivers the events of the outbox to the receivers.

Each event has a transaction of its own (T2): mark the event, send its signal, commit.
So the mark of the event is committed together with the writes of the receivers. The
claim, which counts the attempt, is committed before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import Enum, auto
from typing import Any

from flask import has_app_context
from sqlalchemy.exc import DBAPIError

from .. import signals
from ..app_state import AppState
from ..checkpoints import passed
from ..domain.events import describe, is_overtaken
from ..domain.records import Claim, Refusal
from ..errors import DeliveryFailed
from ..store.applied import Applied
from ..store.database_errors import is_conflict, is_lost
from ..store.deliveries import Delivery
from ..store.rows import PaymentRow
from ..store.transactions import PAUSES, wait

logger: logging.Logger = logging.getLogger(__name__)


class Told(Enum):
    """The result of a try to deliver an event."""

    DELIVERED = auto()
    LATER = auto()  # somebody else delivers it, or nobody hears it
    WAITS = auto()  # another event of the payment comes first
    FAILED = auto()


def deliver(state: AppState, applied: Applied) -> None:
    """Deliver all undelivered events of a payment or a refund, in order.

    With ``ANTOM_EVENT_DELIVERY = "worker"``, a queue or ``flask antom work`` does so.

    :raises DeliveryFailed: if a receiver raised; events that come after it wait.
    """
    if state.config.event_delivery == "worker":
        if state.dispatch is not None:
            for event_id in applied.undelivered:
                state.dispatch(event_id)
        return
    claims = {claim.event_id: claim for claim in applied.claims}
    has_failed = False
    for event_id in applied.undelivered:
        claim: Claim | Refusal | None = claims.get(event_id)
        if claim is None and has_failed:
            claim = state.claims.claim(event_id)
        elif claim is None:
            claim = _wait_for_claim(state, event_id)
        if isinstance(claim, Claim):
            told = tell(state, claim, applied.payment)
            has_failed = has_failed or told is Told.FAILED
    if has_failed:
        raise DeliveryFailed("A receiver raised; the event will be sent again.")


def _wait_for_claim(state: AppState, event_id: int) -> Claim | Refusal:
    """Claim an event; wait a moment while another process delivers one before it."""
    claim = state.claims.claim(event_id)
    for pause in PAUSES:
        if claim not in (Refusal.IN_FLIGHT, Refusal.WAITS):
            break
        wait(pause)
        claim = state.claims.claim(event_id)
    _report(state, event_id, claim)
    return claim


def deliver_event(state: AppState, event_id: int) -> Told:
    """Deliver one event, for a worker; wait a moment for those before it.

    The error of a receiver is logged and stored.
    """
    claim = _wait_for_claim(state, event_id)
    return tell(state, claim) if isinstance(claim, Claim) else Told.LATER


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
        logger.error(
            "%s is given up: its deliveries ended their processes. A person has to"
            " look.",
            state.claims.describe(event_id),
        )
    elif refusal is Refusal.UNHEARD:
        state.listeners.complain(state.claims.describe(event_id))


def tell(state: AppState, claim: Claim, known: PaymentRow | None = None) -> Told:
    """Deliver a claimed event.

    A deadlock or a serialisation failure is no fault of the receivers: all of the
    transaction is tried again at once, with patience.

    :param known: the payment as it was just written.
    """
    for pause in PAUSES:
        told = _Try(state, claim, known).run()
        if told is not None:
            return told
        wait(pause)
    return _Try(state, claim, known, is_last=True).run() or Told.FAILED


class _Try:
    """One try to deliver an event, in an app context and a session of its own."""

    def __init__(
        self,
        state: AppState,
        claim: Claim,
        known: PaymentRow | None,
        *,
        is_last: bool = False,
    ) -> None:
        self._state = state
        self._claim = claim
        self._known = known
        self._is_last = is_last
        self._is_committing = False
        self._about = f"event {claim.event_id}"

    def run(self) -> Told | None:
        """Return what became of it; ``None`` if it has to be tried again at once."""
        try:
            with self._state.deliveries.alone(), self._context():
                return self._deliver()
        except Exception as error:
            return self._judge(error)
        except BaseException as error:  # SystemExit in a receiver
            with suppress(Exception):
                if self._committed() is None:
                    self._fail(error)
            raise

    @contextmanager
    def _context(self) -> Iterator[None]:
        """Enter an app context with a session of its own.

        The present one will do if nobody has used it.
        """
        host = self._state.host
        if has_app_context() and host.is_untouched():
            try:
                yield
            finally:
                host.current.close()
        else:
            with self._state.app.app_context():
                yield

    def _deliver(self) -> Told:
        delivery = self._state.deliveries.mark(self._claim, self._known)
        if delivery is None:
            return Told.LATER
        payment = delivery.payment
        self._about = describe(
            delivery.name,
            self._claim.event_id,
            None if payment is None else payment.order_reference,
            None if payment is None else payment.request_id,
        )
        try:
            is_true = self._is_true(delivery)
            if is_true:
                self._send(delivery)
            self._state.deliveries.prove(delivery)
            passed("before commit delivery")
            self._is_committing = True
            delivery.session.commit()
        except BaseException:
            with suppress(DBAPIError):
                delivery.session.rollback()
            raise
        passed("after commit delivery")
        if is_true:
            logger.info("Delivered %s.", self._about)
        return Told.DELIVERED

    def _is_true(self, delivery: Delivery) -> bool:
        """Whether the event is still true."""
        payment = delivery.payment
        if payment is None or not is_overtaken(delivery.name, payment):
            return True
        state = "given back" if payment.is_given_back else payment.status
        logger.info("Too late for %s: it is %s.", self._about, state)
        return False

    def _send(self, delivery: Delivery) -> None:
        extra: dict[str, Any] = {}
        if delivery.name == "payment_needs_review":
            extra["reason"] = delivery.about
        if delivery.refund is not None:
            extra["refund"] = delivery.refund
        app = self._state.app
        passed("before receivers")
        with self._state.deliveries.telling(delivery):
            signals.BY_NAME[delivery.name].send(
                app, _async_wrapper=app.ensure_sync, payment=delivery.payment, **extra
            )
        passed("after receivers")

    def _committed(self) -> Told | None:
        """Return what a COMMIT has done; ``None`` for nothing."""
        if not self._is_committing:
            return None
        try:
            is_delivered = self._state.claims.look(self._claim.event_id, self._claim.id)
        except Exception:
            logger.exception(
                "Nobody knows whether the COMMIT of %s took effect. Its lease ends,"
                " then a sweep finds out.",
                self._about,
            )
            return Told.FAILED
        if is_delivered:
            logger.warning(
                "The answer to the COMMIT of %s was lost, but it took effect.",
                self._about,
            )
            return Told.DELIVERED
        return None

    def _judge(self, error: Exception) -> Told | None:
        """Find out what an error means, and store it if the delivery has failed."""
        told = self._committed()
        if told is not None:
            return told
        if (is_conflict(error) or is_lost(error)) and not self._is_last:
            logger.info("The database refused %s; it is tried again.", self._about)
            return None
        self._fail(error)
        return Told.FAILED

    def _fail(self, error: BaseException) -> None:
        logger.error("A receiver failed: %s", self._about, exc_info=error)
        given_up = self._state.claims.record_failure(
            self._claim.event_id, self._claim.id, _describe(error)
        )
        if given_up:
            logger.error("%s is given up: a person has to look.", self._about)


def _describe(error: BaseException) -> str:
    """Return the type of an error and the first line of its message."""
    text = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {text}"[:300]

"""One try to deliver an event, in the transaction T2.

T2 marks the event, compares the host's order with what was paid, and calls the
receivers. The mark and the receivers' writes are committed together.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum, auto
from typing import Any

from sqlalchemy.exc import DBAPIError

from .. import signals
from ..app_state import AppState
from ..checkpoints import passed
from ..domain.events import ABOUT_MONEY, About, is_overtaken
from ..domain.payment_states import Fact, Observation
from ..domain.records import Claim
from ..gateway.notification_families import read_stored
from ..log_lines import Log
from ..measures import Work
from ..store.database_errors import is_conflict, is_lost
from ..store.deliveries import Delivery
from ..store.rows import PaymentRow
from .no_visitor import NoVisitor
from .orders import WRONG, recheck

log: Log = Log(__name__)

#: What is logged about a delivery that failed, by who is at fault.
_RECEIVER = "A receiver failed: %s."
_LOADER = (
    "The order loader failed, so this waits: %s. It is called without a visitor when"
    " money has come: a check of the session or of the user belongs in"
    " @antom.visitor_may_pay."
)


class Told(Enum):
    """The result of a try to deliver an event."""

    DELIVERED = auto()
    LATER = auto()  # somebody else delivers it, or nobody hears it
    WAITS = auto()  # another event of the payment comes first
    FAILED = auto()
    LOADER_FAILED = auto()  # the order could not be compared
    REVIEWED = auto()  # the order is another one now: a person has to look

    @property
    def label(self) -> str:
        """The result for those who count."""
        return self.name.lower()

    @property
    def has_failed(self) -> bool:
        """Whether the event failed, and has to be tried again."""
        return self in (Told.FAILED, Told.LOADER_FAILED)


class OrderDiffers(Exception):
    """The order is another one now than what was paid.

    :ivar observation: what has to be recorded.
    """

    def __init__(self, observation: Observation) -> None:
        super().__init__(f"The order differs: {observation.fact}.")
        self.observation = observation


class DeliveryTry:
    """One try to deliver an event, in an app context and a session of its own."""

    def __init__(
        self,
        state: AppState,
        claim: Claim,
        known: PaymentRow | None,
        work: Work,
        *,
        is_last: bool = False,
    ) -> None:
        self._state = state
        self._claim = claim
        self._known = known
        self._is_last = is_last
        self._is_committing = False
        self._work = work
        self._name_it(About(claim.event_id))
        self._blamed = _RECEIVER

    def run(self) -> Told | Observation | None:
        """Return the result; ``None`` if it has to be tried again at once.

        If the host's order is another one than what was paid, nothing is delivered, and
        the observation about it is returned.
        """
        try:
            with self._state.deliveries.alone(), NoVisitor(self._state):
                return self._deliver()
        except OrderDiffers as differs:
            return differs.observation
        except Exception as error:
            return self._judge(error)
        except BaseException as error:  # SystemExit in a receiver
            with suppress(Exception):
                if self._committed() is None:
                    self._fail(error)
            raise

    def _deliver(self) -> Told:
        delivery = self._state.deliveries.mark(self._claim, self._known)
        if delivery is None:
            return Told.LATER
        payment = delivery.payment
        event = About(self._claim.event_id, delivery.name)
        if payment is not None:
            event = event._replace(
                order=payment.order_reference, payment=payment.request_id
            )
        self._name_it(event)
        try:
            is_true = self._is_true(delivery)
            if is_true:
                self._check_order(delivery)
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
            self._log.info("Delivered %s.", delivery.name, outcome="delivered")
        return Told.DELIVERED

    def _name_it(self, event: About) -> None:
        """Note the names of the event for the log, and for those who watch."""
        self._log = log.of(**event.facts())
        self._name = event.signal or f"event {event.event_id}"
        self._work.note(signal=event.signal or "")
        self._work.about(
            event_id=event.event_id, order=event.order, payment=event.payment
        )

    def _is_true(self, delivery: Delivery) -> bool:
        """Whether the event is still true."""
        payment = delivery.payment
        if payment is None:
            return delivery.notification is not None
        if not is_overtaken(delivery.name, payment):
            return True
        state = "given back" if payment.is_given_back else payment.status
        self._log.info(
            "Too late for %s: it is %s.", delivery.name, state, outcome="overtaken"
        )
        return False

    def _check_order(self, delivery: Delivery) -> None:
        """Compare the order, before anybody is told that its money has come.

        :raises OrderDiffers: if it is another one than what was paid.
        """
        payment, state = delivery.payment, self._state
        if payment is None or delivery.name not in ABOUT_MONEY:
            return
        is_first = state.deliveries.is_first(delivery)
        if not is_first and self._has_receivers("payment_authorized"):
            return
        expected: set[Fact] = set()
        if not is_first or not self._has_receivers(delivery.name):
            expected = {Fact.ORDER_PAID}  # the shop reads the status itself
        if delivery.is_redelivered:
            expected = {Fact.ORDER_PAID, Fact.ORDER_CLOSED}
        self._blamed = _LOADER
        with state.deliveries.telling(delivery):
            fact = recheck(state, payment, expected)
        self._blamed = _RECEIVER
        if fact is not None:
            self._log.error(
                "%s is not delivered: %s.", delivery.name, WRONG[fact], reason=fact
            )
            raise OrderDiffers(
                Observation(
                    fact,
                    "order",
                    request_id=payment.request_id,
                    payment_id=payment.payment_id,
                    amount=payment.amount,
                )
            )

    def _has_receivers(self, name: str) -> bool:
        return self._state.listeners.has_any(signals.BY_NAME[name])

    def _send(self, delivery: Delivery) -> None:
        extra: dict[str, Any] = {"payment": delivery.payment}
        if delivery.notification is not None:
            family, ids = read_stored(delivery.notification.body)
            extra = {"family": family, "ids": ids}
            extra["notification"] = delivery.notification
        if delivery.name == "payment_needs_review":
            extra["reason"] = delivery.about
        if delivery.refund is not None:
            extra["refund"] = delivery.refund
        app = self._state.app
        passed("before receivers")
        with self._state.deliveries.telling(delivery):
            signals.BY_NAME[delivery.name].send(
                app, _async_wrapper=app.ensure_sync, **extra
            )
        passed("after receivers")

    def _committed(self) -> Told | None:
        """Return what a COMMIT has done; ``None`` for nothing."""
        if not self._is_committing:
            return None
        try:
            is_delivered = self._state.claims.look(self._claim.event_id, self._claim.id)
        except Exception as error:
            self._log.error(
                "Nobody knows whether the COMMIT of %s took effect. Its lease ends,"
                " then a sweep finds out.",
                self._name,
                error=error,
                outcome="unknown",
            )
            return Told.FAILED
        if is_delivered:
            self._log.warning(
                "The answer to the COMMIT of %s was lost, but it took effect.",
                self._name,
                outcome="delivered",
            )
            return Told.DELIVERED
        return None

    def _judge(self, error: Exception) -> Told | None:
        """Find out what an error means, and store it if the delivery has failed."""
        told = self._committed()
        if told is not None:
            return told
        if (is_conflict(error) or is_lost(error)) and not self._is_last:
            self._log.info("The database refused %s; it is tried again.", self._name)
            return None
        self._fail(error)
        return Told.LOADER_FAILED if self._blamed is _LOADER else Told.FAILED

    def _fail(self, error: BaseException) -> None:
        self._log.error(self._blamed, self._name, error=error, outcome="failed")
        if self._state.note_failure is not None:
            self._state.note_failure(error)
        given_up = self._state.claims.record_failure(
            self._claim.event_id, self._claim.id, _describe(error)
        )
        if given_up:
            self._log.error(
                "%s is given up: a person has to look.", self._name, outcome="given up"
            )


def _describe(error: BaseException) -> str:
    """Return the type of an error and the first line of its message."""
    text = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {text}"[:300]

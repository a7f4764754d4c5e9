"""Payments, and the one way in which their status changes.

Every observation goes through :class:`PaymentStore`, and nothing else changes a
payment's status. All attempts of an order are locked together, in the order of their
ids. So two attempts cannot both pay the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from ..domain.decisions import Decision, decide
from ..domain.payment_states import FINAL, TAKEN, Fact, Observation, Status, View
from ..domain.records import Applied, Notification
from ..domain.refund_states import RefundObservation
from ..domain.schedule import next_inquiry
from . import captured_money
from .host_models import Models
from .inbox import Inbox
from .locks import Locks, only_of_order
from .models import PaymentMixin
from .outbox import Outbox
from .refunds import RefundStore
from .transactions import Store, Transactions, atomic

_GOOD = frozenset({Status.AUTHORIZED, Status.SUCCEEDED})


class PaymentStore(Store):
    """Reads payments, and applies observations to them.

    It commits the host's ``db.session``, including pending writes of the host.
    """

    def __init__(
        self,
        transactions: Transactions,
        models: Models,
        inbox: Inbox,
        outbox: Outbox,
        refunds: RefundStore,
        locks: Locks,
    ) -> None:
        super().__init__(transactions)
        self._models = models
        self._locks = locks
        self._inbox = inbox
        self._outbox = outbox
        self._refunds = refunds

    def release(self) -> None:
        """End the transaction, so that none is open during a call to Antom."""
        self.session.commit()

    def find(self, request_id: str) -> PaymentMixin | None:
        payment = self._models.payment
        return self.session.scalar(
            sa.select(payment).where(payment.request_id == request_id)
        )

    def get(self, payment_ref: int) -> PaymentMixin:
        return self.session.get_one(self._models.payment, payment_ref)

    def knows(self, payment_id: str) -> bool:
        """Whether a payment has this ``paymentId`` of Antom's."""
        payment = self._models.payment
        query = sa.select(payment.id).where(payment.payment_id == payment_id).limit(1)
        return self.session.scalar(query) is not None

    @atomic
    def apply(self, observation: Observation) -> Applied:
        """Apply an observation to its payment, and commit."""
        return self._record_payment(observation)

    @atomic
    def take(
        self,
        notification: Notification,
        observation: Observation | RefundObservation | None,
    ) -> Applied:
        """Store a notification in the inbox, apply it, and commit both (T1).

        A copy is only counted. It needs no lock on the order.

        :param observation: ``None`` for a notification that changes nothing.
        """
        stored = self._inbox.find(notification)
        if stored is not None and not stored.is_copy:
            stored = self._inbox.find(notification, lock=True)
        if stored is None:
            applied = self._record(observation)
            self._inbox.add(notification, applied.outcome)
        else:
            record = self._record_copy if stored.is_copy else self._record
            applied = record(observation)
            self._inbox.count_copy(stored, applied.outcome)
        return applied

    @atomic
    def match(
        self,
        notification_ref: int,
        observation: Observation | RefundObservation | None,
    ) -> Applied:
        """Apply a stored notification that was an orphan, and commit."""
        stored = self._inbox.get(notification_ref, lock=True)
        applied = self._record(observation)
        if stored.outcome == "orphan":
            stored.outcome = applied.outcome
        return applied

    def _record(self, observation: Observation | RefundObservation | None) -> Applied:
        if observation is None:
            return Applied("ignored")
        if isinstance(observation, RefundObservation):
            return self._refunds.record(observation)
        return self._record_payment(observation)

    def _record_copy(
        self, observation: Observation | RefundObservation | None
    ) -> Applied:
        if isinstance(observation, RefundObservation):
            return replace(self._refunds.record(observation), outcome="repeated")
        if observation is None:
            return Applied("repeated")
        undelivered = self._outbox.find_undelivered(*observation.identified_by)
        return Applied("repeated", undelivered)

    def _record_payment(self, observation: Observation) -> Applied:
        payments = self._locks.lock_order_of(observation)
        payment = _match(payments, observation)
        if payment is None:
            return Applied("orphan")
        decision = decide(_view(payment, payments), observation)
        self._write(payment, observation, decision)
        added = self._outbox.add(
            decision.signal,
            payment_ref=payment.id,
            about=decision.about(observation),
        )
        undelivered = set(added.undelivered)
        for refund in observation.refunds:
            undelivered.update(self._refunds.record(refund).undelivered)
        return Applied(decision.outcome(adds_event=added.is_new), sorted(undelivered))

    def _write(
        self, payment: PaymentMixin, observation: Observation, decision: Decision
    ) -> None:
        payment.status = str(decision.status)
        if observation.result_code is not None and (decision.changed or decision.adopt):
            payment.result_code = observation.result_code
        if payment.payment_id is None:
            payment.payment_id = observation.payment_id
        moment = self.now()
        is_unclear = captured_money.record(payment, observation, decision, moment)
        if decision.status in FINAL | TAKEN:
            payment.session_data = payment.normal_url = payment.open_key = None
        if observation.source == "cancel" and decision.fact is Fact.CANCELLED:
            payment.cancel_asked_at = payment.cancel_asked_at or moment
        is_undone = decision.status is Status.CANCELLED and payment.cancel_asked_at
        payment.inquire_at = next_inquiry(
            decision.status,
            moment,
            created_at=payment.created_at,
            expires_at=None if is_undone else payment.session_expires_at,
            unclear_since=moment if is_unclear else _unclear_since(payment),
            authorized_until=payment.authorized_until,
        )
        self.transactions.touch(payment)


def _match(
    payments: Sequence[PaymentMixin], observation: Observation
) -> PaymentMixin | None:
    """Return the attempt that an observation is about, by our id or by Antom's."""
    for payment in payments:
        if observation.request_id in (None, payment.request_id) and (
            observation.request_id or observation.payment_id == payment.payment_id
        ):
            return payment
    return None


def _view(payment: PaymentMixin, attempts: Sequence[PaymentMixin]) -> View:
    """Return a payment as :func:`~flask_antom.domain.decisions.decide` takes it."""
    return View(
        status=Status(payment.status),
        amount=payment.amount,
        payment_id=payment.payment_id,
        authorizes=payment.authorizes,
        chooses_method=payment.chooses_method,
        cancel_asked=payment.cancel_asked_at is not None,
        outdated=payment.outdated,
        order_paid=any(
            other.status in _GOOD and other.is_taken
            for other in only_of_order(attempts, payment.order_reference)
            if other is not payment
        ),
        paid_at=payment.paid_at,
        captured=payment.captured.value,
        captures=payment.captures or {},
        capture_request_id=payment.capture_request_id,
    )


def _unclear_since(payment: PaymentMixin) -> datetime | None:
    """Return since when the outcome of our cancel or capture is unknown.

    It is ``None`` for a payment that is not paid: its schedule is enough.
    """
    if payment.cancel_asked_at is not None and payment.status in TAKEN:
        return payment.cancel_asked_at
    return None if payment.capture_request_id is None else payment.created_at

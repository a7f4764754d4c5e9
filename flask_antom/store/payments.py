"""The funnel of all news: what is written about payments, and under which lock.

Every change of a payment's status goes through :meth:`Ledger.apply`. All attempts of
an order are locked together, in the order of their ids, so that two attempts cannot
both pay it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from ..domain.decisions import Decision, decide
from ..domain.payment_states import FINAL, TAKEN, Fact, Observation, Status, View
from ..domain.records import Applied, Notice
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
    """Payments, over the host's ``db.session``.

    It commits that session: what the host had added to it before is committed too.
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
        """End the transaction, so that none is held while Antom is asked."""
        self.session.commit()

    # Payments

    def find(self, request_id: str) -> PaymentMixin | None:
        payment = self._models.payment
        found: PaymentMixin | None = self.session.scalar(
            sa.select(payment).where(payment.request_id == request_id)
        )
        return found

    def get(self, payment_ref: int) -> PaymentMixin:
        payment: PaymentMixin = self.session.get_one(self._models.payment, payment_ref)
        return payment

    def knows(self, payment_id: str) -> bool:
        """Tell whether a payment has this id of Antom's."""
        payment = self._models.payment
        query = sa.select(payment.id).where(payment.payment_id == payment_id).limit(1)
        return self.session.scalar(query) is not None

    # The funnel

    @atomic
    def apply(self, seen: Observation) -> Applied:
        """Take an observation to its payment, and commit."""
        return self._apply(seen)

    @atomic
    def take(
        self, notice: Notice, seen: Observation | RefundObservation | None
    ) -> Applied:
        """Put a notification into the inbox, apply it, and commit both (T1).

        A copy is only counted: it waits for nobody who works on its order.
        """
        stored = self._inbox.find(notice)
        if stored is not None and not stored.is_copy:
            stored = self._inbox.find(notice, lock=True)
        if stored is None:
            applied = self._apply_any(seen)
            self._inbox.add(notice, applied.outcome)
        else:
            applied = self._repeat(seen) if stored.is_copy else self._apply_any(seen)
            self._inbox.count_copy(stored, applied.outcome)
        return applied

    @atomic
    def match(
        self, notification_ref: int, seen: Observation | RefundObservation | None
    ) -> Applied:
        """Apply a stored notification that found no payment before, and commit."""
        stored = self._inbox.get(notification_ref, lock=True)
        applied = self._apply_any(seen)
        if stored.outcome == "orphan":
            stored.outcome = applied.outcome
        return applied

    def _apply_any(self, seen: Observation | RefundObservation | None) -> Applied:
        if seen is None:
            return Applied("ignored")
        if isinstance(seen, RefundObservation):
            return self._refunds.record(seen)
        return self._apply(seen)

    def _repeat(self, seen: Observation | RefundObservation | None) -> Applied:
        if isinstance(seen, RefundObservation):
            return replace(self._refunds.record(seen), outcome="repeated")
        if seen is None:
            return Applied("repeated")
        return Applied("repeated", self._outbox.waiting(*seen.identified_by))

    def _apply(self, seen: Observation) -> Applied:
        payments = self._locks.lock_order_of(seen)
        payment = _match(payments, seen)
        if payment is None:
            return Applied("orphan")
        decision = decide(_view(payment, payments), seen)
        self._write(payment, seen, decision)
        told = self._outbox.add(
            decision.signal,
            payment_ref=payment.id,
            about=decision.about(seen),
        )
        waiting = set(told.undelivered)
        for news in seen.refunds:
            waiting.update(self._refunds.record(news).undelivered)
        return Applied(decision.outcome(adds_event=told.is_new), sorted(waiting))

    def _write(
        self, payment: PaymentMixin, seen: Observation, decision: Decision
    ) -> None:
        payment.status = str(decision.status)
        if seen.result_code is not None and (decision.changed or decision.adopt):
            payment.result_code = seen.result_code
        if payment.payment_id is None:
            payment.payment_id = seen.payment_id
        moment = self.now()
        is_unclear = captured_money.record(payment, seen, decision, moment)
        if decision.status in FINAL | TAKEN:
            payment.session_data = payment.normal_url = payment.open_key = None
        if seen.source == "cancel" and decision.fact is Fact.CANCELLED:
            payment.cancel_asked_at = payment.cancel_asked_at or moment
        is_undone = decision.status is Status.CANCELLED and payment.cancel_asked_at
        payment.inquire_at = next_inquiry(
            decision.status,
            moment,
            created_at=payment.created_at or moment,
            expires_at=None if is_undone else payment.session_expires_at,
            unclear_since=moment if is_unclear else _unclear_since(payment),
            authorized_until=payment.authorized_until,
        )
        self.transactions.touch(payment)


def _match(payments: Sequence[PaymentMixin], seen: Observation) -> PaymentMixin | None:
    """Find the attempt that an observation is about, by our id or else by Antom's."""
    for payment in payments:
        if seen.request_id in (None, payment.request_id) and (
            seen.request_id or seen.payment_id == payment.payment_id
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
    """Tell since when the outcome of what we have asked for is not known.

    Of a payment that is not paid, no more is to be found out than by its schedule.
    """
    if payment.cancel_asked_at is not None and payment.status in TAKEN:
        return payment.cancel_asked_at
    return None if payment.capture_request_id is None else payment.created_at

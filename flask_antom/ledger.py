"""The funnel of all news: what is written about payments, and under which lock.

Every change of a payment's status goes through :meth:`Ledger.apply`. All attempts of
an order are locked together, in the order of their ids, so that two attempts cannot
both pay it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from . import entries, takings
from .columns import now
from .decisions import Decision, decide
from .entries import Applied, Notice
from .inbox import Inbox
from .models import Models, PaymentMixin
from .outbox import Outbox
from .refund_book import RefundBook
from .refund_states import RefundNews
from .schedule import next_inquiry
from .states import FINAL, TAKEN, Fact, Observation, Status
from .transactions import Transactions


class Ledger:
    """The books, over the host's ``db.session``.

    It commits that session: what the host had added to it before is committed too.
    """

    def __init__(
        self,
        transactions: Transactions,
        models: Models,
        inbox: Inbox,
        outbox: Outbox,
        refunds: RefundBook,
    ) -> None:
        self._models = models
        self._transactions = transactions
        self._inbox = inbox
        self._outbox = outbox
        self._refunds = refunds

    @property
    def session(self) -> Any:
        return self._transactions.session

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

    def apply(self, seen: Observation) -> Applied:
        """Take an observation to its payment, and commit."""
        return self._transactions.run(lambda: self._apply(seen))

    def take(self, notice: Notice, seen: Observation | RefundNews | None) -> Applied:
        """Put a notification into the inbox, apply it, and commit both (T1).

        A copy is only counted: it waits for nobody who works on its order.
        """

        def work() -> Applied:
            stored = self._inbox.find(notice)
            if stored is not None and not stored.is_copy:
                stored = self._inbox.find(notice, lock=True)
            if stored is None:
                applied = self._hear(seen)
                self._inbox.add(notice, applied.outcome)
            else:
                applied = self._repeat(seen) if stored.is_copy else self._hear(seen)
                self._inbox.count(stored, applied.outcome)
            return applied

        return self._transactions.run(work)

    def match(
        self, notification_ref: int, seen: Observation | RefundNews | None
    ) -> Applied:
        """Apply a stored notification that found no payment before, and commit."""

        def work() -> Applied:
            stored = self._inbox.get(notification_ref, lock=True)
            applied = self._hear(seen)
            if stored.outcome == "orphan":
                stored.outcome = applied.outcome
            return applied

        return self._transactions.run(work)

    def _hear(self, seen: Observation | RefundNews | None) -> Applied:
        if seen is None:
            return Applied("ignored")
        if isinstance(seen, RefundNews):
            return self._refunds.record(seen)
        return self._apply(seen)

    def _repeat(self, seen: Observation | RefundNews | None) -> Applied:
        if isinstance(seen, RefundNews):
            return replace(self._refunds.record(seen), outcome="repeated")
        if seen is None:
            return Applied("repeated")
        return Applied("repeated", self._outbox.waiting(*entries.named_by(seen)))

    def _apply(self, seen: Observation) -> Applied:
        payments = self._lock_order(seen)
        payment = entries.match(payments, seen)
        if payment is None:
            return Applied("orphan")
        decision = decide(entries.view(payment, payments), seen)
        self._write(payment, seen, decision)
        told = self._outbox.tell(
            decision.signal,
            payment_ref=payment.id,
            about=entries.about(decision, seen),
        )
        waiting = set(told.waiting)
        for news in seen.refunds:
            waiting.update(self._refunds.record(news).waiting)
        return Applied(entries.outcome(decision, told.is_new), sorted(waiting))

    def _lock_order(self, seen: Observation) -> Sequence[PaymentMixin]:
        """Lock every attempt of the order that the observation is about."""
        name, value = entries.named_by(seen)
        found: Sequence[PaymentMixin] = self.session.scalars(
            self._order_by[name], {"value": value}
        ).all()
        return found

    @cached_property
    def _order_by(self) -> Any:
        payment: Any = self._models.payment
        order = sa.select(payment.order_reference).limit(1)
        return {
            name: sa.select(payment)
            .where(
                payment.order_reference
                == order.where(column == sa.bindparam("value")).scalar_subquery()
            )
            .order_by(payment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
            for name, column in (
                ("request_id", payment.request_id),
                ("payment_id", payment.payment_id),
            )
        }

    def _write(
        self, payment: PaymentMixin, seen: Observation, decision: Decision
    ) -> None:
        payment.status = str(decision.status)
        if seen.result_code is not None and (decision.changed or decision.adopt):
            payment.result_code = seen.result_code
        if payment.payment_id is None:
            payment.payment_id = seen.payment_id
        is_unclear = takings.record(payment, seen, decision)
        if decision.status in FINAL | TAKEN:
            payment.session_data = payment.normal_url = payment.open_key = None
        moment = now()
        if seen.source == "cancel" and decision.fact is Fact.CANCELLED:
            payment.cancel_asked_at = payment.cancel_asked_at or moment
        is_undone = decision.status is Status.CANCELLED and payment.cancel_asked_at
        payment.inquire_at = next_inquiry(
            decision.status,
            payment.created_at or moment,
            None if is_undone else payment.session_expires_at,
            moment,
            moment if is_unclear else entries.unclear_since(payment),
            payment.authorized_until,
        )

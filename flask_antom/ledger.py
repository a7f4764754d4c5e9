"""The only file with SQL: what is written about payments, and under which lock.

Every change of a payment's status goes through :meth:`Ledger.apply`. All attempts of
an order are locked together, in the order of their ids, so that two attempts cannot
both pay it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from . import entries
from .columns import now
from .entries import Applied, Notice
from .models import Models, NotificationMixin, PaymentMixin
from .money import Money
from .outbox import Outbox
from .refund_book import RefundBook
from .refund_states import RefundNews
from .schedule import next_inquiry
from .states import FINAL, TAKEN, Decision, Fact, Observation, decide
from .transactions import Transactions


class Ledger:
    """The books, over the host's ``db.session``.

    It commits that session: what the host had added to it before is committed too.
    """

    def __init__(
        self,
        transactions: Transactions,
        models: Models,
        outbox: Outbox,
        refunds: RefundBook,
    ) -> None:
        self._models = models
        self._transactions = transactions
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
        return self._transactions.run(lambda: self._apply(self._lock_order(seen), seen))

    def take(self, notice: Notice, seen: Observation | RefundNews | None) -> Applied:
        """Put a notification into the inbox, apply it, and commit both (T1)."""

        def work() -> Applied:
            payments = self._lock_order(seen) if isinstance(seen, Observation) else []
            model: Any = self._models.notification
            stored: NotificationMixin | None = self.session.scalar(
                sa.select(model).where(model.key == notice.key)
            )
            is_copy = stored is not None and entries.is_copy(stored, notice)
            applied = self._take(payments, seen, is_copy=is_copy)
            if stored is None:
                model_row = model(**asdict(notice), outcome=applied.outcome)
                self.session.add(model_row)
            else:
                stored.copies += 1
                if not is_copy:
                    stored.outcome = applied.outcome
            return applied

        return self._transactions.run(work)

    def match(
        self, notification_ref: int, seen: Observation | RefundNews | None
    ) -> Applied:
        """Apply a stored notification that found no payment before, and commit."""

        def work() -> Applied:
            payments = self._lock_order(seen) if isinstance(seen, Observation) else []
            applied = self._take(payments, seen, is_copy=False)
            stored = self.session.get_one(self._models.notification, notification_ref)
            if stored.outcome == "orphan":
                stored.outcome = applied.outcome
            return applied

        return self._transactions.run(work)

    def _take(
        self,
        payments: Sequence[PaymentMixin],
        seen: Observation | RefundNews | None,
        *,
        is_copy: bool,
    ) -> Applied:
        if seen is None:
            return Applied(None, "ignored")
        if isinstance(seen, RefundNews):
            refund_ref = self._refunds.record(seen)
            outcome = "applied" if refund_ref is not None else "ignored"
            return Applied(None, "repeated" if is_copy else outcome, refund_ref)
        if is_copy:
            payment = entries.match(payments, seen)
            return Applied(payment.id if payment else None, "repeated")
        return self._apply(payments, seen)

    def _apply(self, payments: Sequence[PaymentMixin], seen: Observation) -> Applied:
        payment = entries.match(payments, seen)
        if payment is None:
            return Applied(None, "orphan")
        decision = decide(entries.view(payment, payments), seen)
        told = self._write(payment, seen, decision)
        for news in seen.refunds:
            self._refunds.record(news)
        return Applied(payment.id, entries.outcome(decision, told))

    def _lock_order(self, seen: Observation) -> Sequence[PaymentMixin]:
        """Lock every attempt of the order that the observation is about."""
        payment: Any = self._models.payment
        if seen.request_id is not None:
            is_meant = payment.request_id == seen.request_id
        else:
            is_meant = payment.payment_id == seen.payment_id
        order = sa.select(payment.order_reference).where(is_meant).limit(1)
        found: Sequence[PaymentMixin] = self.session.scalars(
            sa.select(payment)
            .where(payment.order_reference == order.scalar_subquery())
            .order_by(payment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        return found

    def _write(
        self, payment: PaymentMixin, seen: Observation, decision: Decision
    ) -> bool:
        """Write a decision; tell whether there is a new event."""
        payment.status = str(decision.status)
        if seen.result_code is not None and (decision.changed or decision.adopt):
            payment.result_code = seen.result_code
        if decision.adopt or payment.payment_id is None:
            payment.payment_id = seen.payment_id or payment.payment_id
        if decision.adopt:
            payment.paid_at = seen.at or payment.paid_at or now()
            if payment.chooses_method:
                payment.method = seen.method or payment.method
            self._take_captures(payment, seen, decision)
        if decision.status in FINAL | TAKEN:
            payment.session_data = payment.normal_url = payment.open_key = None
        moment = now()
        payment.inquire_at = next_inquiry(
            decision.status,
            payment.created_at or moment,
            payment.session_expires_at,
            moment,
        )
        return decision.signal is not None and self._outbox.add(
            decision.signal,
            payment_ref=payment.id,
            about=entries.about(decision, seen),
        )

    def _take_captures(
        self, payment: PaymentMixin, seen: Observation, decision: Decision
    ) -> None:
        """Count what was taken: the captures, or all where the method has none."""
        if decision.fact is Fact.PAID:
            payment.captured = payment.amount
        elif decision.fact is Fact.CAPTURED:
            payment.captures = entries.merge_captures(payment, seen)
            payment.captured = Money(
                min(sum(payment.captures.values()), payment.amount.value),
                payment.currency,
            )
            payment.capture_request_id = payment.capture_value = None

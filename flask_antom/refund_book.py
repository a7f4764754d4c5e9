"""The refunds' part of the ledger: reserved under the payment's lock. Its SQL."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from . import entries
from .columns import now
from .entries import Applied
from .models import Models, PaymentMixin, RefundMixin
from .money import MAX_DIGITS, Money
from .outbox import Outbox
from .refund_states import HOLDING, RefundNews, RefundStatus, decide_refund
from .schedule import next_try
from .transactions import Transactions

#: What an amount can hold; reported refunds may add up to more.
_MOST = 10**MAX_DIGITS - 1


class RefundBook:
    """Refunds, made by us or reported by Antom.

    The payment is locked before its refunds, always in this order.
    """

    def __init__(
        self, transactions: Transactions, models: Models, outbox: Outbox
    ) -> None:
        self._transactions = transactions
        self._payment: Any = models.payment
        self._refund: Any = models.refund
        self._outbox = outbox

    @property
    def session(self) -> Any:
        return self._transactions.session

    def get(self, refund_ref: int) -> RefundMixin:
        refund: RefundMixin = self.session.get_one(self._refund, refund_ref)
        return refund

    def reserve(
        self, payment_ref: int, amount: Money | None, reason: str | None
    ) -> RefundMixin:
        """Commit a refund before Antom hears of it.

        :raises NotPossible: if more would be refunded than was paid.
        """

        def work() -> RefundMixin:
            payment = self._lock_payment(payment_ref)
            held = self._sum(payment, HOLDING)
            wanted = entries.check_refund(payment, held, amount)
            by_capture = self._held_by_capture(payment)
            capture_id = entries.choose_capture(payment, by_capture, wanted)
            refund: RefundMixin = self._refund(
                request_id=uuid.uuid4().hex,
                payment_ref=payment.id,
                payment_id=payment.payment_id,
                amount=wanted,
                status=str(RefundStatus.PENDING),
                reason=reason,
                capture_id=capture_id,
                inquire_at=now() + timedelta(minutes=1),
            )
            self.session.add(refund)
            return refund

        return self._transactions.run(work)

    def apply(self, news: RefundNews) -> Applied:
        """Take news to its refund, and commit.

        A refund that we never made is recorded; ``ignored`` if it cannot be.
        """
        return self._transactions.run(lambda: self.record(news))

    def record(self, news: RefundNews) -> Applied:
        """Do what :meth:`apply` does, within the caller's transaction."""
        payment = self._payment_of(news)
        refund = self._find(news)
        if refund is None:
            refund = self._adopt(news, payment)
        if refund is None:
            return Applied("ignored")
        if payment is not None and refund.payment_ref is None:
            refund.payment_ref, refund.payment_id = payment.id, news.payment_id
        status, signal = decide_refund(RefundStatus(refund.status), news)
        refund.status = str(status)
        refund.refund_id = news.refund_id or refund.refund_id
        refund.result_code = news.result_code or refund.result_code
        if status is not RefundStatus.PENDING:
            refund.inquire_at = None
        elif news.source == "notification":  # it contradicts itself
            refund.inquire_at = now()
        amount = None if signal is None else news.amount
        if amount is not None and amount.currency == refund.currency:
            refund.amount = amount
        self.session.flush()
        events = self._outbox.tell(
            signal,
            payment_ref=refund.payment_ref,
            refund_ref=refund.id,
            about=refund.request_id,
        )
        if payment is not None:
            payment.refunded = self._sum(payment, {RefundStatus.SUCCEEDED})
        return Applied("applied", events.waiting)

    def count_due(self) -> int:
        """Count the refunds whose time has come."""
        refund: Any = self._refund
        query = sa.select(sa.func.count()).where(refund._inquire_at <= now())
        return int(self.session.scalar(query))

    def claim_due(self, most: int, lease: timedelta, due_by: datetime) -> Sequence[int]:
        """Take refunds to ask Antom about; nobody else gets them during the lease."""
        refund = self._refund

        def work() -> Sequence[int]:
            due: Sequence[int] = self.session.scalars(
                sa.select(refund.id)
                .where(refund._inquire_at <= due_by)
                .order_by(refund._inquire_at)
                .limit(most)
                .with_for_update(skip_locked=True)
            ).all()
            self.session.execute(
                sa.update(refund)
                .where(refund.id.in_(due))
                .values(_inquire_at=now() + lease, inquiries=refund.inquiries + 1)
                .execution_options(synchronize_session=False)
            )
            return due

        return self._transactions.run(work)

    def put_off(self, refund_ref: int) -> None:
        """Ask later about what is still pending; the pause grows with its age."""

        def work() -> None:
            refund: RefundMixin = self.session.get_one(
                self._refund, refund_ref, with_for_update=True, populate_existing=True
            )
            moment = now()
            if refund.inquire_at is not None:
                refund.inquire_at = next_try(refund.created_at or moment, moment)

        self._transactions.run(work)

    def _find(self, news: RefundNews) -> RefundMixin | None:
        """Find and lock the refund: by our id or, failing that, by Antom's."""
        refund = self._refund
        ids = (refund.request_id, news.request_id), (refund.refund_id, news.refund_id)
        found = (self._lock(name == value) for name, value in ids if value is not None)
        return next(filter(None, found), None)

    def _lock(self, is_meant: Any) -> RefundMixin | None:
        refund = self._refund
        found: RefundMixin | None = self.session.scalar(
            sa.select(refund)
            .where(is_meant)
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found

    def _adopt(
        self, news: RefundNews, payment: PaymentMixin | None
    ) -> RefundMixin | None:
        """Record a refund that Antom made or a person made in the Dashboard.

        One that does not name our id may be ours; then its own news will come.
        """
        request_id = news.request_id or news.refund_id
        if request_id is None or news.amount is None:
            return None
        if news.status is RefundStatus.PENDING or self._may_be_ours(news, payment):
            return None
        refund: RefundMixin = self._refund(
            request_id=request_id,
            payment_ref=None if payment is None else payment.id,
            payment_id=news.payment_id,
            amount=news.amount,
            status=str(RefundStatus.PENDING),
        )
        self.session.add(refund)
        self.session.flush()
        return refund

    def _may_be_ours(self, news: RefundNews, payment: PaymentMixin | None) -> bool:
        """Tell whether a refund of ours, of which Antom's id is not known, is meant."""
        if news.request_id is not None or news.amount is None or payment is None:
            return False
        refund = self._refund
        query = sa.select(refund.id).where(
            refund.payment_ref == payment.id,
            refund.refund_id.is_(None),
            refund.amount_value == news.amount.value,
            refund.status != str(RefundStatus.FAILED),
        )
        return self.session.scalar(query.limit(1)) is not None

    def _payment_of(self, news: RefundNews) -> PaymentMixin | None:
        """Find and lock the payment: by its own id, or by the refund that we made."""
        payment, refund = self._payment, self._refund
        if news.payment_id is not None:
            is_meant = payment.payment_id == news.payment_id
        else:
            made = sa.select(refund.payment_ref).where(
                refund.request_id == news.request_id
            )
            is_meant = payment.id == made.scalar_subquery()
        found: PaymentMixin | None = self.session.scalar(
            sa.select(payment)
            .where(is_meant)
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found

    def _lock_payment(self, payment_ref: int) -> PaymentMixin:
        payment: PaymentMixin = self.session.get_one(
            self._payment, payment_ref, with_for_update=True, populate_existing=True
        )
        return payment

    def _held_by_capture(self, payment: PaymentMixin) -> dict[str | None, int]:
        refund = self._refund
        rows = self.session.execute(
            sa.select(refund.capture_id, sa.func.sum(refund.amount_value))
            .where(
                refund.payment_ref == payment.id,
                refund.payment_id == payment.payment_id,
                refund.status.in_([str(status) for status in HOLDING]),
            )
            .group_by(refund.capture_id)
        )
        return {capture_id: int(total) for capture_id, total in rows}

    def _sum(self, payment: PaymentMixin, statuses: set[Any] | frozenset[Any]) -> Money:
        refund = self._refund
        total = self.session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(refund.amount_value), 0)).where(
                refund.payment_ref == payment.id,
                refund.payment_id == payment.payment_id,
                refund.currency == payment.currency,
                refund.status.in_([str(status) for status in statuses]),
            )
        )
        return Money(min(int(total), _MOST), payment.currency)

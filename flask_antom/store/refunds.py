"""The refunds' part of the ledger: reserved under the payment's lock. Its SQL."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..domain.money import MAX_DIGITS, Money
from ..domain.payment_states import Status
from ..domain.records import Applied
from ..domain.refund_states import (
    HOLDING,
    RefundObservation,
    RefundStatus,
    decide_refund,
)
from ..domain.schedule import FIRST_INQUIRY
from ..errors import NotPossible
from .due_queue import DueQueue
from .host_models import Models
from .locks import Locks
from .models import PaymentMixin, RefundMixin
from .outbox import Outbox
from .transactions import Store, Transactions, atomic

_REFUNDABLE = frozenset({Status.SUCCEEDED, Status.REVIEW})

#: What an amount can hold; reported refunds may add up to more.
_MOST = 10**MAX_DIGITS - 1


class RefundStore(Store):
    """Refunds, made by us or reported by Antom.

    The payment is locked before its refunds, always in this order.
    """

    def __init__(
        self,
        transactions: Transactions,
        models: Models,
        outbox: Outbox,
        locks: Locks,
    ) -> None:
        super().__init__(transactions)
        self.queue = DueQueue(
            transactions,
            models.refund,
            due_at="inquire_at",
            since="created_at",
            counts="inquiries",
        )
        self._locks = locks
        self._payment: Any = models.payment
        self._refund: Any = models.refund
        self._outbox = outbox

    def get(self, refund_ref: int) -> RefundMixin:
        refund: RefundMixin = self.session.get_one(self._refund, refund_ref)
        return refund

    @atomic
    def reserve(
        self, payment_ref: int, amount: Money | None, reason: str | None
    ) -> RefundMixin:
        """Commit a refund before Antom hears of it.

        :raises NotPossible: if more would be refunded than was paid.
        """
        payment = self._locks.lock_payment(payment_ref)
        held = self._sum(payment, HOLDING)
        wanted = _check(payment, held, amount)
        by_capture = self._held_by_capture(payment)
        capture_id = _choose_capture(payment, by_capture, wanted)
        moment = self.now()
        refund: RefundMixin = self._refund(
            request_id=uuid.uuid4().hex,
            payment_ref=payment.id,
            payment_id=payment.payment_id,
            amount=wanted,
            status=str(RefundStatus.PENDING),
            reason=reason,
            capture_id=capture_id,
            inquire_at=moment + FIRST_INQUIRY,
            created_at=moment,
            updated_at=moment,
        )
        self.session.add(refund)
        return refund

    @atomic
    def apply(self, news: RefundObservation) -> Applied:
        """Take news to its refund, and commit.

        A refund that we never made is recorded; ``ignored`` if it cannot be.
        """
        return self.record(news)

    def record(self, news: RefundObservation) -> Applied:
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
            refund.inquire_at = self.now()
        amount = None if signal is None else news.amount
        if amount is not None and amount.currency == refund.currency:
            refund.amount = amount
        self.transactions.touch(refund)
        self.session.flush()
        events = self._outbox.add(
            signal,
            payment_ref=refund.payment_ref,
            refund_ref=refund.id,
            about=refund.request_id,
        )
        if payment is not None:
            payment.refunded = self._sum(payment, {RefundStatus.SUCCEEDED})
            self.transactions.touch(payment)
        return Applied("applied", events.undelivered)

    def _find(self, news: RefundObservation) -> RefundMixin | None:
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
        self, news: RefundObservation, payment: PaymentMixin | None
    ) -> RefundMixin | None:
        """Record a refund that Antom made or a person made in the Dashboard.

        One that does not name our id may be ours; then its own news will come.
        """
        request_id = news.request_id or news.refund_id
        if request_id is None or news.amount is None:
            return None
        if news.status is RefundStatus.PENDING or self._may_be_ours(news, payment):
            return None
        moment = self.now()
        refund: RefundMixin = self._refund(
            request_id=request_id,
            payment_ref=None if payment is None else payment.id,
            payment_id=news.payment_id,
            amount=news.amount,
            status=str(RefundStatus.PENDING),
            created_at=moment,
            updated_at=moment,
        )
        self.session.add(refund)
        self.session.flush()
        return refund

    def _may_be_ours(
        self, news: RefundObservation, payment: PaymentMixin | None
    ) -> bool:
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

    def _payment_of(self, news: RefundObservation) -> PaymentMixin | None:
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


def _check(payment: PaymentMixin, held: Money, amount: Money | None) -> Money:
    """Tell how much is to be refunded; by default all that is left.

    :param held: what other refunds have given back or are about to.
    :raises NotPossible: saying why it cannot be.
    """
    if payment.payment_id is None or payment.status not in _REFUNDABLE:
        raise NotPossible(
            f"A payment that is {payment.status} cannot be refunded; only a paid one."
        )
    if not payment.captured:
        raise NotPossible(
            f"No {payment.currency} were taken, so none are refunded: cancel the"
            " payment, or refund it in Antom's Dashboard."
        )
    left = payment.captured - held if held < payment.captured else payment.captured * 0
    wanted = left if amount is None else amount
    if not wanted or wanted > left:
        raise NotPossible(f"{left} of the payment are left to refund.")
    return wanted


def _choose_capture(
    payment: PaymentMixin, held: Mapping[str | None, int], wanted: Money
) -> str | None:
    """Name the capture to refund (Antom: refund, captureId).

    :param held: minor units that refunds hold, by capture.
    :raises NotPossible: if no single capture has as much left.
    """
    captures = payment.captures or {}
    if len(captures) < 2:
        return next(iter(captures), None)
    left = {name: value - held.get(name, 0) for name, value in captures.items()}
    enough = [name for name, value in left.items() if value >= wanted.value]
    if not enough:
        most = Money(max(*left.values(), 0), payment.currency)
        raise NotPossible(
            "The payment was captured in parts, and each refund is of one of them:"
            f" refund at most {most} at once."
        )
    return min(enough, key=lambda name: left[name])

"""Refunds, reserved under the payment's lock."""

from __future__ import annotations

import uuid
from collections.abc import Set

import sqlalchemy as sa

from ..domain.money import MAX_DIGITS, Money
from ..domain.records import Applied
from ..domain.refund_states import (
    HOLDING,
    RefundObservation,
    RefundStatus,
    decide_refund,
)
from ..domain.schedule import FIRST_INQUIRY
from .due_queue import DueQueue
from .host_models import Models
from .locks import Locks
from .models import PaymentMixin, RefundMixin
from .outbox import Outbox
from .refund_limits import check_refund, choose_capture
from .transactions import Store, Transactions, atomic

#: The largest value of an amount; reported refunds may add up to more.
_MAX_VALUE = 10**MAX_DIGITS - 1


class RefundStore(Store):
    """Stores refunds, made by us or reported by Antom.

    A payment is always locked before its refunds.

    :ivar queue: the refunds that Antom has to be asked about.
    """

    def __init__(
        self,
        transactions: Transactions,
        models: Models,
        outbox: Outbox,
        locks: Locks,
    ) -> None:
        super().__init__(transactions)
        self.queue: DueQueue = DueQueue(
            transactions,
            models.refund,
            due_at="inquire_at",
            since="created_at",
            counts="inquiries",
        )
        self._locks = locks
        self._payment = models.payment
        self._refund = models.refund
        self._outbox = outbox

    def get(self, refund_ref: int) -> RefundMixin:
        return self.session.get_one(self._refund, refund_ref)

    @atomic
    def reserve(
        self, payment_ref: int, amount: Money | None, reason: str | None
    ) -> RefundMixin:
        """Commit a refund before the call to Antom.

        :param amount: ``None`` stands for all that is left.
        :raises NotPossible: if the payment does not allow this refund.
        """
        payment = self._locks.lock_payment(payment_ref)
        held = self._sum(payment, HOLDING)
        wanted = check_refund(payment, held, amount)
        by_capture = self._held_by_capture(payment)
        capture_id = choose_capture(payment, by_capture, wanted)
        moment = self.now()
        refund = self._refund(
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
    def apply(self, observation: RefundObservation) -> Applied:
        """Apply an observation to its refund, and commit.

        A refund that we did not make is stored. If it cannot be, it is ``ignored``.
        """
        return self.record(observation)

    def record(self, observation: RefundObservation) -> Applied:
        """Do the same as :meth:`apply`, within the caller's transaction."""
        payment = self._payment_of(observation)
        refund = self._find(observation)
        if refund is None:
            refund = self._add_reported(observation, payment)
        if refund is None:
            return Applied("ignored")
        if payment is not None and refund.payment_ref is None:
            refund.payment_ref, refund.payment_id = payment.id, observation.payment_id
        status, signal = decide_refund(RefundStatus(refund.status), observation)
        refund.status = str(status)
        refund.refund_id = observation.refund_id or refund.refund_id
        refund.result_code = observation.result_code or refund.result_code
        if status is not RefundStatus.PENDING:
            refund.inquire_at = None
        elif observation.source == "notification":  # its fields contradict each other
            refund.inquire_at = self.now()
        amount = None if signal is None else observation.amount
        if amount is not None and amount.currency == refund.currency:
            refund.amount = amount
        self.transactions.touch(refund)
        self.session.flush()
        added = self._outbox.add(
            signal,
            payment_ref=refund.payment_ref,
            refund_ref=refund.id,
            about=refund.request_id,
        )
        if payment is not None:
            payment.refunded = self._sum(payment, {RefundStatus.SUCCEEDED})
            self.transactions.touch(payment)
        return Applied("applied", added.undelivered)

    def _find(self, observation: RefundObservation) -> RefundMixin | None:
        """Lock and return the refund, by our id or else by Antom's."""
        refund = self._refund
        ids = (
            (refund.request_id, observation.request_id),
            (refund.refund_id, observation.refund_id),
        )
        found = (self._lock(name == value) for name, value in ids if value is not None)
        return next(filter(None, found), None)

    def _lock(self, is_meant: sa.ColumnElement[bool]) -> RefundMixin | None:
        refund = self._refund
        return self.session.scalar(
            sa.select(refund)
            .where(is_meant)
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        )

    def _add_reported(
        self, observation: RefundObservation, payment: PaymentMixin | None
    ) -> RefundMixin | None:
        """Store a refund that Antom made, or a person made in the Dashboard.

        A refund without our id may be one of ours. Then nothing is stored: its own
        notification will come.
        """
        request_id = observation.request_id or observation.refund_id
        if request_id is None or observation.amount is None:
            return None
        is_pending = observation.status is RefundStatus.PENDING
        if is_pending or self._may_be_ours(observation, payment):
            return None
        moment = self.now()
        refund = self._refund(
            request_id=request_id,
            payment_ref=None if payment is None else payment.id,
            payment_id=observation.payment_id,
            amount=observation.amount,
            status=str(RefundStatus.PENDING),
            created_at=moment,
            updated_at=moment,
        )
        self.session.add(refund)
        self.session.flush()
        return refund

    def _may_be_ours(
        self, observation: RefundObservation, payment: PaymentMixin | None
    ) -> bool:
        """Whether it may be a refund of ours whose ``refundId`` is not known yet."""
        if (
            observation.request_id is not None
            or observation.amount is None
            or payment is None
        ):
            return False
        refund = self._refund
        query = sa.select(refund.id).where(
            refund.payment_ref == payment.id,
            refund.refund_id.is_(None),
            refund.amount_value == observation.amount.value,
            refund.status != str(RefundStatus.FAILED),
        )
        return self.session.scalar(query.limit(1)) is not None

    def _payment_of(self, observation: RefundObservation) -> PaymentMixin | None:
        """Lock and return the payment, by its ``paymentId`` or by our refund."""
        payment, refund = self._payment, self._refund
        if observation.payment_id is not None:
            is_meant = payment.payment_id == observation.payment_id
        else:
            made = sa.select(refund.payment_ref).where(
                refund.request_id == observation.request_id
            )
            is_meant = payment.id == made.scalar_subquery()
        return self.session.scalar(
            sa.select(payment)
            .where(is_meant)
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        )

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

    def _sum(self, payment: PaymentMixin, statuses: Set[RefundStatus]) -> Money:
        refund = self._refund
        query = sa.select(sa.func.coalesce(sa.func.sum(refund.amount_value), 0)).where(
            refund.payment_ref == payment.id,
            refund.payment_id == payment.payment_id,
            refund.currency == payment.currency,
            refund.status.in_([str(status) for status in statuses]),
        )
        total = self.session.scalars(query).one()
        return Money(min(int(total), _MAX_VALUE), payment.currency)

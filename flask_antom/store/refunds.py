"""Refunds, reserved under the payment's lock."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.money import Money
from ..domain.refund_states import (
    HOLDING,
    RefundObservation,
    RefundStatus,
    decide_refund,
)
from ..domain.schedule import FIRST_INQUIRY
from .applied import Applied
from .due_queue import DueQueue
from .outbox import Outbox
from .payment_rows import PaymentRows
from .refund_limits import check_refund, choose_capture
from .refund_rows import RefundRows
from .rows import PaymentRow, RefundRow
from .transactions import Store, Transactions, atomic


class RefundStore(Store):
    """Stores refunds, made by us or reported by Antom.

    A payment is always locked before its refunds.

    :ivar queue: the refunds that Antom has to be asked about.
    """

    def __init__(
        self,
        transactions: Transactions,
        outbox: Outbox,
        rows: PaymentRows,
        refunds: RefundRows,
    ) -> None:
        super().__init__(transactions)
        self._refunds = refunds
        self._rows = rows
        self._outbox = outbox
        self.queue: DueQueue[RefundRow] = DueQueue(
            transactions,
            self._refunds.refunds.table,
            select=self._refunds.refunds.select,
            read=self._refunds.refunds.read,
            due_at="inquire_at",
            since="created_at",
            counts="inquiries",
            is_due=sa.and_(
                self._refunds.refunds.c.inquire_at <= sa.bindparam("due_by"),
                rows.is_of_none_elsewhere(self._refunds.refunds.c.payment_ref),
            ),
        )

    def get(self, refund_ref: int) -> RefundRow:
        """Return a refund by its row's id."""
        return self._refunds.get(refund_ref)

    def reserve(
        self, payment_ref: int, amount: Money | None, reason: str | None
    ) -> RefundRow:
        """Commit a refund before the call to Antom.

        :param amount: ``None`` stands for all that is left.
        :raises NotPossible: if the payment does not allow this refund.
        """
        request_id = self._rows.ours.ids.make()
        return self._reserve(payment_ref, amount, reason, request_id)

    @atomic
    def _reserve(
        self,
        payment_ref: int,
        amount: Money | None,
        reason: str | None,
        request_id: str,
    ) -> RefundRow:
        payment = self._rows.lock(payment_ref)
        reserved = self._refunds.lock("request_id", request_id)
        if reserved is not None:  # the answer to our first COMMIT was lost
            return reserved
        held = self._refunds.total(payment, HOLDING)
        wanted = check_refund(payment, held, amount)
        capture_id = choose_capture(
            payment, self._refunds.held_by_capture(payment), wanted
        )
        moment = self.now()
        self._rows.mark_locked([payment])
        return self._refunds.add(
            request_id=request_id,
            payment_ref=payment.id,
            payment_id=payment.payment_id,
            amount_value=wanted.value,
            currency=wanted.currency,
            reason=reason,
            capture_id=capture_id,
            inquire_at=moment + FIRST_INQUIRY,
        )

    def apply(self, observation: RefundObservation) -> Applied:
        """Apply an observation to its refund, and commit.

        A refund that we did not make is stored. If it cannot be, it is ``ignored``. If
        its payment is unknown, nothing is stored.
        """
        return self._apply(observation, uuid.uuid4().hex)

    @atomic
    def _apply(self, observation: RefundObservation, claim: str) -> Applied:
        return self.record(observation, claim)

    def record(
        self,
        observation: RefundObservation,
        claim: str,
        named_by: PaymentRow | None = None,
    ) -> Applied:
        """Do the same as :meth:`apply`, within the caller's transaction.

        :param claim: the id under which the caller delivers a new event.
        :param named_by: the payment whose inquiry has named the refund, locked.
        """
        payment = self._payment_of(observation) or named_by
        if payment is None:
            return Applied(self._rows.outcome_of_unknown(observation.request_id))
        refund = self._refunds.find(observation)
        if refund is None:
            refund = self._add_reported(observation, payment)
        if refund is None:
            return Applied("ignored")
        status, signal = decide_refund(RefundStatus(refund.status), observation)
        self._change(refund, observation, payment, status, is_new=signal is not None)
        payment.refunded = self._refunds.total(payment, {RefundStatus.SUCCEEDED})
        self._rows.write(payment, always=signal is not None)
        events = self._outbox.add(
            signal,
            claim,
            payment=payment,
            refund_ref=refund.id,
            about=refund.request_id,
        )
        return Applied("applied", events.ids, events.claims, payment)

    def _change(
        self,
        refund: RefundRow,
        observation: RefundObservation,
        payment: PaymentRow,
        status: RefundStatus,
        *,
        is_new: bool,
    ) -> None:
        if refund.payment_ref is None:
            refund.payment_ref, refund.payment_id = payment.id, observation.payment_id
        refund.status = str(status)
        refund.refund_id = observation.refund_id or refund.refund_id
        refund.result_code = observation.result_code or refund.result_code
        if status is not RefundStatus.PENDING:
            refund.inquire_at = None
        elif observation.source == "notification":  # its fields contradict each other
            refund.inquire_at = self.now()
        amount = observation.amount if is_new else None
        if amount is not None and amount.currency == refund.currency:
            refund.amount = amount
        self._refunds.write(refund)

    def _add_reported(
        self, observation: RefundObservation, payment: PaymentRow
    ) -> RefundRow | None:
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
        return self._refunds.add(
            request_id=request_id,
            payment_ref=payment.id,
            payment_id=observation.payment_id,
            amount_value=observation.amount.value,
            currency=observation.amount.currency,
        )

    def _may_be_ours(self, observation: RefundObservation, payment: PaymentRow) -> bool:
        """Whether it may be a refund of ours whose ``refundId`` is not known yet."""
        if observation.request_id is not None or observation.amount is None:
            return False
        return self._refunds.has_unnamed(payment, observation.amount)

    def _payment_of(self, observation: RefundObservation) -> PaymentRow | None:
        """Lock and return the payment, by its ``paymentId`` or by a known refund."""
        for name, query in self._payment_by.items():
            value = getattr(observation, name)
            row = None if value is None else self.execute(query, value=value).first()
            if row is not None:
                return self._rows.payments.read(row)
        return None

    @cached_property
    def _payment_by(self) -> dict[str, Any]:
        refunds, payments = self._refunds.refunds, self._rows.payments
        value: Any = sa.bindparam("value")
        known = {
            name: sa.select(refunds.c.payment_ref)
            .where(refunds.c[name] == value)
            .limit(1)
            .scalar_subquery()
            for name in ("request_id", "refund_id")
        }
        conditions = {
            "payment_id": payments.c.payment_id == value,
            **{name: payments.c.id == query for name, query in known.items()},
        }
        return {
            name: payments.select.where(condition).limit(1).with_for_update()
            for name, condition in conditions.items()
        }

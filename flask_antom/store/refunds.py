"""Refunds, reserved under the payment's lock."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.money import MAX_VALUE, Money
from ..domain.refund_states import (
    HOLDING,
    Refunded,
    RefundObservation,
    RefundStatus,
    decide_refund,
    differs,
)
from ..domain.repeats import SECOND_CLICK
from ..domain.schedule import FIRST_INQUIRY
from .applied import Applied, refund_changes
from .due_queue import DueQueue
from .outbox import Outbox
from .payment_rows import PaymentRows
from .refund_limits import check_refund, choose_capture
from .refund_repeats import check_same, refuse_second_click
from .refund_rows import RefundRows
from .rows import PaymentRow, RefundRow
from .transactions import Store, Transactions, atomic, reading


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

    @reading
    def held(self, payment: PaymentRow) -> Money:
        """Return how much of a payment is refunded, or is being refunded."""
        return self._refunds.total(payment, HOLDING)

    @atomic
    def reserve(
        self,
        payment_ref: int,
        amount: Money | None,
        *,
        reason: str | None,
        request_id: str,
        key: str | None = None,
        again: bool = False,
    ) -> RefundRow:
        """Commit a refund before the call to Antom.

        :param amount: ``None`` stands for all that is left.
        :param request_id: a new ``refundRequestId``. The refund that is returned has
            another one if the key was used before.
        :param again: whether to reserve it although an equal one was made a moment ago.
        :raises NotPossible: if the payment does not allow this refund, or the key was
            used for another one.
        :raises RepeatedCall: with the id of the earlier refund's row.
        """
        payment = self._rows.lock(payment_ref)
        reserved = self._refunds.lock("request_id", request_id)
        if reserved is not None:  # the answer to our first COMMIT was lost
            return reserved
        used = None if key is None else self._refunds.lock("key", key)
        if used is not None:
            check_same(used, payment, amount, key)
            return used
        held = self._refunds.total(payment, HOLDING)
        if not again:
            left = max(payment.captured.value - held.value, 0)
            recent = self._refunds.since(payment, self.now() - SECOND_CLICK)
            refuse_second_click(recent, amount, left)
        wanted = check_refund(payment, held, amount)
        capture_id = choose_capture(
            payment, self._refunds.held_by_capture(payment), wanted
        )
        moment = self.now()
        self._rows.mark_locked([payment])
        return self._refunds.add(
            request_id=request_id,
            key=key,
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
        was = "" if refund is None else refund.status
        if refund is None:
            refund = self._add_reported(observation, payment)
        if refund is None:
            return Applied("ignored")
        status, signal = decide_refund(RefundStatus(refund.status), observation)
        self._change(refund, observation, payment, status)
        sums = self._refunds.sums(payment, {RefundStatus.SUCCEEDED})
        is_wrong = refund.reported_value is not None
        is_wrong = is_wrong or differs(refund.amount, observation)
        is_wrong = is_wrong or _is_too_much(payment, refund, sums)
        refunded = min(sums.of(payment.captured_value), MAX_VALUE)
        payment.refunded = Money(refunded, payment.currency)
        self._rows.write(payment, always=signal is not None or is_wrong)
        events = self._outbox.add(
            signal,
            claim,
            payment=payment,
            refund_ref=refund.id,
            about=refund.request_id,
        )
        if is_wrong:
            reviewed = self._outbox.add(
                "payment_needs_review",
                claim,
                payment=payment,
                about=f"refund_mismatch {refund.refund_id or refund.request_id}",
            )
            events = events.joined(reviewed.ids, reviewed.claims)
        changes = refund_changes(refund, payment, was, observation.source)
        return Applied("applied", events.ids, events.claims, payment, changes)

    def _change(
        self,
        refund: RefundRow,
        observation: RefundObservation,
        payment: PaymentRow,
        status: RefundStatus,
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
        reported = observation.amount if differs(refund.amount, observation) else None
        if reported is not None and reported.currency == refund.currency:
            refund.reported_value = max(refund.reported_value or 0, reported.value)
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


def _is_too_much(payment: PaymentRow, refund: RefundRow, sums: Refunded) -> bool:
    """Whether more has been refunded than was captured, or in another currency.

    A refund of an earlier try in the same session does not count for this one.
    """
    if refund.status != RefundStatus.SUCCEEDED:
        return False
    if refund.payment_id != payment.payment_id:
        return False
    is_foreign = refund.currency != payment.currency
    return is_foreign or 0 < payment.captured_value < sums.most

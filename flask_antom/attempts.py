"""The attempts' part of the ledger: what we ourselves do to a payment. Its SQL.

Nothing here changes a payment's status; that is for news, in :mod:`.ledger`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from . import entries
from .client import Session
from .columns import Hidden, now
from .entries import Attempt
from .models import Models, PaymentMixin
from .money import Money
from .schedule import next_try
from .states import FINAL, TAKEN, Status
from .transactions import Transactions


class Attempts:
    """Attempts to pay orders: opened, handed out, cancelled, captured."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        self._transactions = transactions
        self._models = models

    @property
    def session(self) -> Any:
        return self._transactions.session

    def of_order(self, order_reference: str) -> Sequence[PaymentMixin]:
        """Give all attempts to pay an order, oldest first."""
        found: Sequence[PaymentMixin] = self.session.scalars(
            self._by_order, {"order": order_reference}
        ).all()
        return entries.of_order(found, order_reference)

    @cached_property
    def _by_order(self) -> Any:
        payment = self._models.payment
        is_meant = payment.order_reference == sa.bindparam("order")
        return sa.select(payment).where(is_meant).order_by(payment.id)

    def open_payment(self, attempt: Attempt) -> PaymentMixin:
        """Commit a new attempt, or give the open one of the same kind.

        If the order has been paid meanwhile, it is the paid attempt that is given.
        """
        key = attempt.open_key

        def work() -> PaymentMixin:
            attempts = self._lock_order(attempt.order_reference)
            taken = (row for row in attempts if entries.is_taken(row))
            opened = (row for row in attempts if row.open_key == key)
            payment = next(taken, None) or next(opened, None)
            if payment is None:
                model: Any = self._models.payment
                payment = model(
                    request_id=uuid.uuid4().hex,
                    order_reference=attempt.order_reference,
                    amount=attempt.amount,
                    method=attempt.methods[0] if len(attempt.methods) == 1 else "",
                    chooses_method=len(attempt.methods) != 1,
                    mode=attempt.mode,
                    authorizes=attempt.authorizes,
                    status=str(Status.CREATED),
                    open_key=key,
                    inquire_at=now() + timedelta(minutes=1),
                )
                self.session.add(payment)
            return payment

        return self._transactions.run(work)

    def record_session(self, payment_ref: int, session: Session) -> bool:
        """Store the session; ``False`` if a twin request or a payment was faster."""

        def work() -> bool:
            payment = self._lock(payment_ref)
            held_until = payment.session_expires_at
            if payment.session_data and held_until and held_until > now():
                return False
            if payment.status not in FINAL | TAKEN:
                payment.session_data = Hidden(session.data)
                payment.normal_url = session.normal_url and Hidden(session.normal_url)
            payment.session_expires_at = session.expires_at
            return not entries.is_taken(payment)

        return self._transactions.run(work)

    def outdate(self, order_reference: str, amount: Money) -> None:
        """Mark the order's attempts of another amount, also those that are closed."""

        def work() -> None:
            for payment in self._lock_order(order_reference):
                if payment.amount != amount and payment.status not in TAKEN:
                    payment.outdated = True

        self._transactions.run(work)

    def retire(self, payment_ref: int) -> None:
        """Hand this attempt out no more; it is still watched, and may yet be paid."""

        def work() -> None:
            payment = self._lock(payment_ref)
            payment.open_key = payment.session_data = payment.normal_url = None

        self._transactions.run(work)

    def ask_to_cancel(self, payment_ref: int) -> None:
        """Commit that we are about to cancel, before Antom hears of it.

        Antom is asked about it soon, in case that its answer is lost.
        """

        def work() -> None:
            payment = self._lock(payment_ref)
            payment.cancel_undoes = payment.status in TAKEN
            if payment.cancel_asked_at is None:
                payment.cancel_asked_at = now()
                payment.inquire_at = now() + timedelta(minutes=1)

        self._transactions.run(work)

    def may_inquire(self, payment_ref: int, pause: timedelta) -> bool:
        """Take the right to ask Antom now; one caller a pause gets it."""
        payment: Any = self._models.payment
        due = sa.or_(payment._asked_at.is_(None), payment._asked_at <= now() - pause)

        def work() -> bool:
            result = self.session.execute(
                sa.update(payment)
                .where(payment.id == payment_ref, due)
                .values(_asked_at=now(), inquiries=payment.inquiries + 1)
                .execution_options(synchronize_session=False)
            )
            return bool(result.rowcount)

        return self._transactions.run(work)

    def count_due(self) -> int:
        """Count the payments whose time has come."""
        payment: Any = self._models.payment
        query = sa.select(sa.func.count()).where(payment._inquire_at <= now())
        return int(self.session.scalar(query))

    def count_in_review(self) -> int:
        """Count the payments that are in review since yesterday, and not given back."""
        payment: Any = self._models.payment
        taken, given_back = payment.captured_value, payment.refunded_value
        query = sa.select(sa.func.count()).where(
            payment.status == sa.literal_column("'review'"),  # lest the index not fit
            payment._updated_at > now() - timedelta(days=1),
            sa.or_(taken == 0, given_back < taken),
        )
        return int(self.session.scalar(query))

    def claim_due(self, most: int, lease: timedelta, due_by: datetime) -> Sequence[int]:
        """Take payments to ask Antom about; nobody else gets them during the lease."""
        payment: Any = self._models.payment

        def work() -> Sequence[int]:
            due: Sequence[int] = self.session.scalars(
                sa.select(payment.id)
                .where(payment._inquire_at <= due_by)
                .order_by(payment._inquire_at)
                .limit(most)
                .with_for_update(skip_locked=True)
            ).all()
            self.session.execute(
                sa.update(payment)
                .where(payment.id.in_(due))
                .values(_inquire_at=now() + lease)
                .execution_options(synchronize_session=False)
            )
            return due

        return self._transactions.run(work)

    def put_off(self, payment_ref: int) -> None:
        """Ask later, as Antom has not told; the pause grows with the payment's age."""

        def work() -> None:
            payment = self._lock(payment_ref)
            moment = now()
            if payment.inquire_at is not None:
                payment.inquire_at = next_try(payment.created_at or moment, moment)

        self._transactions.run(work)

    def open_capture(
        self, payment_ref: int, amount: Money | None, *, final: bool
    ) -> tuple[str, str, Money]:
        """Commit that we are about to capture.

        A capture whose outcome is unknown is done again with its own id.

        :returns: Antom's payment id, the request id and the amount.
        :raises NotPossible: if there is nothing to capture, or too little.
        """

        def work() -> tuple[str, str, Money]:
            payment = self._lock(payment_ref)
            wanted = entries.check_capture(payment, amount, final=final)
            if payment.capture_request_id is None:
                payment.capture_request_id = uuid.uuid4().hex
                payment.capture_value = wanted.value
                payment.capture_final = final
                payment.inquire_at = now() + timedelta(minutes=1)
            return payment.payment_id or "", payment.capture_request_id, wanted

        return self._transactions.run(work)

    def drop_capture(self, payment_ref: int) -> None:
        """Forget a capture that is not possible any more."""

        def work() -> None:
            payment = self._lock(payment_ref)
            payment.capture_request_id = payment.capture_value = None

        self._transactions.run(work)

    def drop_cancel(self, payment_ref: int) -> None:
        """Forget that we asked to cancel, since nothing came of it."""

        def work() -> None:
            payment = self._lock(payment_ref)
            if payment.status != Status.CANCELLED:
                payment.cancel_asked_at = None

        self._transactions.run(work)

    def _lock_order(self, order_reference: str) -> Sequence[PaymentMixin]:
        query = self._by_order.with_for_update()
        found: Sequence[PaymentMixin] = self.session.scalars(
            query.execution_options(populate_existing=True), {"order": order_reference}
        ).all()
        return entries.of_order(found, order_reference)

    def _lock(self, payment_ref: int) -> PaymentMixin:
        payment: PaymentMixin = self.session.get_one(
            self._models.payment,
            payment_ref,
            with_for_update=True,
            populate_existing=True,
        )
        return payment

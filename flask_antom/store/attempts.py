"""Attempts to pay an order: the changes that we make ourselves.

Nothing here changes a payment's status. Only an observation does, in :mod:`.payments`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

import sqlalchemy as sa

from ..domain.money import Money
from ..domain.payment_states import FINAL, TAKEN, Status
from ..domain.records import Attempt, Session
from ..domain.schedule import FIRST_INQUIRY
from .columns import SecretStr
from .due_queue import DueQueue
from .host_models import Models
from .locks import Locks, only_of_order
from .models import PaymentMixin
from .transactions import Store, Transactions, atomic


class AttemptStore(Store):
    """Opens, reuses and closes attempts.

    :ivar queue: the payments that Antom has to be asked about.
    """

    def __init__(
        self, transactions: Transactions, models: Models, locks: Locks
    ) -> None:
        super().__init__(transactions)
        self.queue: DueQueue = DueQueue(
            transactions, models.payment, due_at="inquire_at", since="created_at"
        )
        self._models = models
        self._locks = locks

    def of_order(self, order_reference: str) -> Sequence[PaymentMixin]:
        """Return all attempts to pay an order, oldest first."""
        found: Sequence[PaymentMixin] = self.session.scalars(
            self._by_order, {"order": order_reference}
        ).all()
        return only_of_order(found, order_reference)

    @cached_property
    def _by_order(self) -> sa.Select[Any]:
        payment = self._models.payment
        is_meant = payment.order_reference == sa.bindparam("order")
        return sa.select(payment).where(is_meant).order_by(payment.id)

    @atomic
    def open_payment(self, attempt: Attempt) -> PaymentMixin:
        """Commit a new attempt, or return the open one of the same kind.

        If the order has been paid meanwhile, the paid attempt is returned.
        """
        key = attempt.open_key
        attempts = self._locks.lock_order(attempt.order_reference)
        taken = (row for row in attempts if row.is_taken)
        opened = (row for row in attempts if row.open_key == key)
        payment = next(taken, None) or next(opened, None)
        if payment is None:
            moment = self.now()
            payment = self._models.payment(
                request_id=uuid.uuid4().hex,
                order_reference=attempt.order_reference,
                amount=attempt.amount,
                method=attempt.methods[0] if len(attempt.methods) == 1 else "",
                chooses_method=len(attempt.methods) != 1,
                mode=attempt.mode,
                authorizes=attempt.authorizes,
                status=str(Status.CREATED),
                open_key=key,
                inquire_at=moment + FIRST_INQUIRY,
                created_at=moment,
                updated_at=moment,
            )
            self.session.add(payment)
        return payment

    @atomic
    def record_session(self, payment_ref: int, session: Session) -> bool:
        """Store the session of an attempt.

        :returns: ``False`` if another request has stored one, or the attempt is paid.
        """
        payment = self._locks.lock_payment(payment_ref)
        held_until = payment.session_expires_at
        if payment.session_data and held_until and held_until > self.now():
            return False
        if payment.status not in FINAL | TAKEN:
            payment.session_data = SecretStr(session.data)
            payment.normal_url = session.normal_url and SecretStr(session.normal_url)
        payment.session_expires_at = session.expires_at
        return not payment.is_taken

    @atomic
    def outdate(self, order_reference: str, amount: Money) -> None:
        """Mark the order's attempts of another amount, including closed ones."""
        for payment in self._locks.lock_order(order_reference):
            if payment.amount != amount and payment.status not in TAKEN:
                payment.outdated = True

    @atomic
    def retire(self, payment_ref: int) -> None:
        """Close an attempt for new requests.

        Antom is still asked about it, because the buyer may still pay it.
        """
        payment = self._locks.lock_payment(payment_ref)
        payment.open_key = payment.session_data = payment.normal_url = None

    @atomic
    def ask_to_cancel(self, payment_ref: int) -> None:
        """Commit that we are about to cancel, before the call to Antom.

        The payment is due for an inquiry soon, in case that Antom's answer is lost.
        """
        payment = self._locks.lock_payment(payment_ref)
        payment.cancel_undoes = payment.status in TAKEN
        if payment.cancel_asked_at is None:
            payment.cancel_asked_at = self.now()
            payment.inquire_at = self.now() + FIRST_INQUIRY

    @atomic
    def expect_authorization(self, payment_ref: int) -> None:
        """Record that the host asks to authorize this attempt first."""
        self._locks.lock_payment(payment_ref).authorizes = True

    @atomic
    def may_inquire(self, payment_ref: int, pause: timedelta) -> bool:
        """Whether the caller may ask Antom now. Only one caller in each pause may."""
        payment = self._models.payment
        due = sa.or_(
            payment._asked_at.is_(None), payment._asked_at <= self.now() - pause
        )

        result = self.session.execute(
            sa.update(payment)
            .where(payment.id == payment_ref, due)
            .values(_asked_at=self.now(), inquiries=payment.inquiries + 1)
            .execution_options(synchronize_session=False)
        )
        return bool(cast(sa.CursorResult[Any], result).rowcount)

    def count_in_review(self) -> int:
        """Return the number of payments that went into review in the last day.

        Payments that have been refunded since are not counted.
        """
        payment = self._models.payment
        taken, given_back = payment.captured_value, payment.refunded_value
        query = sa.select(sa.func.count()).where(
            payment.status == sa.literal_column("'review'"),  # the index is partial
            payment._updated_at > self.now() - timedelta(days=1),
            sa.or_(taken == 0, given_back < taken),
        )
        return self.session.scalars(query).one()

    @atomic
    def drop_cancel(self, payment_ref: int) -> None:
        """Remove the mark that we asked to cancel, if the payment is not cancelled."""
        payment = self._locks.lock_payment(payment_ref)
        if payment.status != Status.CANCELLED:
            payment.cancel_asked_at = None

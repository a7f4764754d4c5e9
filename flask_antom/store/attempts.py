"""Open attempts to pay an order: the changes that we make ourselves.

Nothing here changes a payment's status. Only an observation does, in :mod:`.payments`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.payment_states import TAKEN, Status
from ..domain.schedule import FIRST_INQUIRY
from .due_queue import DueQueue
from .payment_rows import PaymentRows
from .rows import PaymentRow
from .transactions import Store, Transactions, atomic, reading
from .views import is_closed_by_shop


class AttemptStore(Store):
    """Closes attempts, and says when to ask about them.

    :ivar queue: the payments that Antom has to be asked about.
    """

    def __init__(self, transactions: Transactions, rows: PaymentRows) -> None:
        super().__init__(transactions)
        self.queue: DueQueue[PaymentRow] = DueQueue(
            transactions,
            rows.payments.table,
            select=rows.payments.select,
            read=rows.payments.read,
            due_at="inquire_at",
            since="created_at",
            is_due=sa.and_(
                rows.payments.c.inquire_at <= sa.bindparam("due_by"), rows.are_here
            ),
        )
        self._rows = rows
        self._table = rows.payments.table

    @atomic
    def retire(self, payment_ref: int) -> None:
        """Close an attempt for new requests.

        Antom is still asked about it, because the buyer may still pay it.
        """
        payment = self._rows.lock(payment_ref)
        payment.open_key = payment.session_data = payment.normal_url = None
        self._rows.write(payment)

    @atomic
    def ask_to_cancel(self, payment_ref: int, *, undo: bool) -> PaymentRow:
        """Commit that we are about to cancel, before the call to Antom.

        The payment is due for an inquiry soon, in case that Antom's answer is lost.

        :param undo: whether to cancel one too for which the buyer has done their part;
            otherwise nothing is written then.
        :returns: the payment now.
        """
        payment = self._rows.lock(payment_ref)
        if payment.is_done_by_buyer and not undo:
            return payment
        payment.cancel_undoes = payment.status in TAKEN or is_closed_by_shop(payment)
        if payment.cancel_asked_at is None:
            payment.cancel_asked_at = self.now()
            payment.inquire_at = self.now() + FIRST_INQUIRY
        self._rows.write(payment)
        return payment

    @atomic
    def keep_cancel(self, payment_ref: int) -> None:
        """Record that the shop cancels what Antom does not know yet.

        Nobody has begun to pay. A buyer still may, and then a person has to look.
        """
        payment = self._rows.lock(payment_ref)
        payment.open_key = payment.session_data = payment.normal_url = None
        payment.cancel_asked_at = payment.cancel_asked_at or self.now()
        payment.cancel_undoes = payment.status not in TAKEN
        self._rows.write(payment)

    @atomic
    def expect_authorization(self, payment_ref: int) -> None:
        """Record that the host asks to authorize this attempt first."""
        payment = self._rows.lock(payment_ref)
        payment.authorizes = True
        self._rows.write(payment)

    @atomic
    def drop_cancel(self, payment_ref: int) -> None:
        """Remove the mark that we asked to cancel, if the payment is not cancelled.

        It stays if the shop has cancelled it while Antom did not know it.
        """
        payment = self._rows.lock(payment_ref)
        is_kept = payment.status == Status.CANCELLED or is_closed_by_shop(payment)
        if not is_kept:
            payment.cancel_asked_at = None
            self._rows.write(payment)

    def may_inquire(self, payment: PaymentRow, pause: timedelta) -> bool:
        """Whether the caller may ask Antom now. Only one caller in each pause may.

        As long as the pause lasts, nothing is written.
        """
        asked_at = payment.asked_at
        if asked_at is not None and asked_at > self.now() - pause:
            return False
        return self._may_inquire(payment.id, self.now(), pause)

    @atomic
    def _may_inquire(
        self, payment_ref: int, moment: datetime, pause: timedelta
    ) -> bool:
        asked = self.execute(
            self._ask, ref=payment_ref, moment=moment, before=moment - pause
        )
        return bool(asked.rowcount)

    @atomic
    def forget_inquiry(self, payment_ref: int) -> None:
        """Allow the next caller to ask Antom at once, because no answer came."""
        self.execute(self._forget, ref=payment_ref)

    @cached_property
    def _forget(self) -> Any:
        table = self._table
        return (
            sa.update(table)
            .where(table.c.id == sa.bindparam("ref"))
            .values(
                asked_at=None,
                version=table.c.version + 1,
                updated_at=table.c.updated_at,
            )
        )

    @cached_property
    def _ask(self) -> Any:
        table = self._table
        is_due = sa.or_(
            table.c.asked_at.is_(None),
            table.c.asked_at <= sa.bindparam("before"),
            # the answer to our first COMMIT was lost
            table.c.asked_at == sa.bindparam("moment"),
        )
        return (
            sa.update(table)
            .where(table.c.id == sa.bindparam("ref"), is_due)
            .values(
                asked_at=sa.bindparam("moment"),
                inquiries=table.c.inquiries + 1,
                version=table.c.version + 1,
                updated_at=table.c.updated_at,
            )
        )

    @reading
    def count_in_review(self) -> int:
        """Return the number of payments that went into review in the last day.

        Payments that have been refunded since are not counted.
        """
        since = self.now() - timedelta(days=1)
        counted: int = self.execute(self._in_review, since=since).scalar_one()
        return counted

    @cached_property
    def _in_review(self) -> Any:
        c = self._table.c
        return sa.select(sa.func.count()).where(
            c.status == sa.literal_column("'review'"),  # the index is partial
            c.updated_at > sa.bindparam("since"),
            self._rows.are_here,
            sa.or_(c.captured_value == 0, c.refunded_value < c.captured_value),
        )

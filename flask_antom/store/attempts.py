"""Attempts to pay an order: the changes that we make ourselves.

Nothing here changes a payment's status. Only an observation does, in :mod:`.payments`.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.money import Money
from ..domain.payment_states import FINAL, TAKEN, Status
from ..domain.records import Attempt, Session
from ..domain.schedule import FIRST_INQUIRY
from .columns import SecretStr
from .defaults import Defaults
from .due_queue import DueQueue
from .payment_rows import PaymentRows
from .rows import PaymentRow
from .transactions import Store, Transactions, atomic, reading


class AttemptStore(Store):
    """Opens, reuses and closes attempts.

    :ivar queue: the payments that Antom has to be asked about.
    :param environment: ``sandbox`` or ``production``.
    """

    def __init__(
        self, transactions: Transactions, rows: PaymentRows, environment: str
    ) -> None:
        super().__init__(transactions)
        self.queue: DueQueue[PaymentRow] = DueQueue(
            transactions,
            rows.payments.table,
            select=rows.payments.select,
            read=rows.payments.read,
            due_at="inquire_at",
            since="created_at",
        )
        self._rows = rows
        self._environment = environment
        self._table = rows.payments.table
        self._defaults = Defaults(self._table)
        self._inserts: dict[tuple[str, ...], Any] = {}

    def open_first(self, attempt: Attempt, client_id: str) -> PaymentRow | None:
        """Commit the first attempt of an order; ``None`` if there is another one."""
        if not self._defaults.are_plain:
            return None
        return self._open_first(attempt, client_id, uuid.uuid4().hex)

    @atomic
    def _open_first(
        self, attempt: Attempt, client_id: str, request_id: str
    ) -> PaymentRow | None:
        values = self._defaults.inserted() | self._values(
            attempt, client_id, request_id
        )
        added = self.execute(
            self._insert_first(tuple(values)),
            wanted_order=attempt.order_reference,
            **{f"new_{name}": value for name, value in values.items()},
        )
        return self._rows.just_added(request_id) if added.rowcount else None

    def open_payment(self, attempt: Attempt, client_id: str) -> PaymentRow:
        """Commit a new attempt, or return the open one of the same kind.

        If the order has been paid meanwhile, the paid attempt is returned.

        :param client_id: the account that the money goes to.
        """
        return self._open_payment(attempt, client_id, uuid.uuid4().hex)

    @atomic
    def _open_payment(
        self, attempt: Attempt, client_id: str, request_id: str
    ) -> PaymentRow:
        key = attempt.open_key
        attempts = self._rows.lock_order(attempt.order_reference)
        taken = (row for row in attempts if row.is_taken)
        opened = (row for row in attempts if row.open_key == key)
        payment = next(taken, None) or next(opened, None)
        if payment is None:
            self._rows.mark_locked(attempts)
            payment = self._add(attempt, client_id, request_id)
        return payment

    def _add(self, attempt: Attempt, client_id: str, request_id: str) -> PaymentRow:
        values = self._values(attempt, client_id, request_id)
        self.execute(self._rows.payments.insert, **values)
        return self._rows.just_added(request_id)

    def _values(
        self, attempt: Attempt, client_id: str, request_id: str
    ) -> dict[str, Any]:
        """Return the columns of a new attempt."""
        moment = self.now()
        return {
            "request_id": request_id,
            "client_id": client_id,
            "environment": self._environment,
            "order_reference": attempt.order_reference,
            "amount_value": attempt.amount.value,
            "currency": attempt.amount.currency,
            "method": attempt.methods[0] if len(attempt.methods) == 1 else "",
            "chooses_method": len(attempt.methods) != 1,
            "mode": attempt.mode,
            "authorizes": attempt.authorizes,
            "status": str(Status.CREATED),
            "open_key": attempt.open_key,
            "inquire_at": moment + FIRST_INQUIRY,
            "created_at": moment,
            "updated_at": moment,
        }

    @atomic
    def record_session(self, payment_ref: int, session: Session) -> bool:
        """Store the session of an attempt.

        :returns: ``False`` if another request has stored one, or the attempt is paid.
        """
        stored = self.execute(
            self._store_session,
            ref=payment_ref,
            moment=self.now(),
            data=SecretStr(session.data),
            url=session.normal_url and SecretStr(session.normal_url),
            until=session.expires_at,
        )
        if stored.rowcount:
            return True
        payment = self._rows.lock(payment_ref)
        held_until = payment.session_expires_at
        if payment.session_data and held_until and held_until > self.now():
            return False
        if payment.status not in FINAL | TAKEN:
            payment.session_data, payment.normal_url = session.data, session.normal_url
        payment.session_expires_at = session.expires_at
        self._rows.write(payment)
        return not payment.is_taken

    @atomic
    def outdate(self, order_reference: str, amount: Money) -> None:
        """Mark the order's attempts of another amount, including closed ones."""
        for payment in self._rows.lock_order(order_reference):
            if payment.amount != amount and payment.status not in TAKEN:
                payment.outdated = True
                self._rows.write(payment)

    @atomic
    def retire(self, payment_ref: int) -> None:
        """Close an attempt for new requests.

        Antom is still asked about it, because the buyer may still pay it.
        """
        payment = self._rows.lock(payment_ref)
        payment.open_key = payment.session_data = payment.normal_url = None
        self._rows.write(payment)

    @atomic
    def ask_to_cancel(self, payment_ref: int) -> None:
        """Commit that we are about to cancel, before the call to Antom.

        The payment is due for an inquiry soon, in case that Antom's answer is lost.
        """
        payment = self._rows.lock(payment_ref)
        payment.cancel_undoes = payment.status in TAKEN
        if payment.cancel_asked_at is None:
            payment.cancel_asked_at = self.now()
            payment.inquire_at = self.now() + FIRST_INQUIRY
        self._rows.write(payment)

    @atomic
    def expect_authorization(self, payment_ref: int) -> None:
        """Record that the host asks to authorize this attempt first."""
        payment = self._rows.lock(payment_ref)
        payment.authorizes = True
        self._rows.write(payment)

    @atomic
    def drop_cancel(self, payment_ref: int) -> None:
        """Remove the mark that we asked to cancel, if the payment is not cancelled."""
        payment = self._rows.lock(payment_ref)
        if payment.status != Status.CANCELLED:
            payment.cancel_asked_at = None
            self._rows.write(payment)

    def may_inquire(self, payment: PaymentRow, pause: timedelta) -> bool:
        """Whether the caller may ask Antom now. Only one caller in each pause may.

        As long as the pause lasts, nothing is written.
        """
        asked_at = payment.asked_at
        if asked_at is not None and asked_at > self.now() - pause:
            return False
        return self._may_inquire(payment.id, pause)

    @atomic
    def _may_inquire(self, payment_ref: int, pause: timedelta) -> bool:
        moment = self.now()
        asked = self.execute(
            self._ask, ref=payment_ref, moment=moment, before=moment - pause
        )
        return bool(asked.rowcount)

    @cached_property
    def _ask(self) -> Any:
        table = self._table
        is_due = sa.or_(
            table.c.asked_at.is_(None), table.c.asked_at <= sa.bindparam("before")
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

    def _insert_first(self, names: tuple[str, ...]) -> Any:
        """Return an insert that adds nothing if the order has an attempt."""
        statement = self._inserts.get(names)
        if statement is None:
            table = self._table
            has_attempt = sa.exists().where(
                table.c.order_reference == sa.bindparam("wanted_order")
            )
            new = [
                sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names
            ]
            statement = self._inserts[names] = (
                sa.insert(table)
                .from_select(list(names), sa.select(*new).where(~has_attempt))
                .execution_options(preserve_rowcount=True)
            )
        return statement

    @cached_property
    def _store_session(self) -> Any:
        """Store a session where none is held, of an attempt that is still open."""
        table = self._table
        open_statuses = sorted(set(Status) - FINAL - TAKEN)
        is_free = sa.or_(
            table.c.session_data.is_(None),
            table.c.session_expires_at <= sa.bindparam("moment"),
        )
        return (
            sa.update(table)
            .where(
                table.c.id == sa.bindparam("ref"),
                table.c.status.in_(open_statuses),
                is_free,
            )
            .values(
                session_data=sa.bindparam("data"),
                normal_url=sa.bindparam("url"),
                session_expires_at=sa.bindparam("until"),
                version=table.c.version + 1,
                updated_at=sa.bindparam("moment"),
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
            sa.or_(c.captured_value == 0, c.refunded_value < c.captured_value),
        )

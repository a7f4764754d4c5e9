"""New attempts to pay an order, and their sessions at Antom."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.payment_states import FINAL, TAKEN, Status
from ..domain.records import Attempt, Session
from ..domain.schedule import FIRST_INQUIRY
from .columns import SecretStr
from .defaults import Defaults
from .payment_rows import PaymentRows
from .rows import PaymentRow
from .transactions import Store, Transactions, atomic


class OpeningStore(Store):
    """Opens attempts, and stores their sessions."""

    def __init__(self, transactions: Transactions, rows: PaymentRows) -> None:
        super().__init__(transactions)
        self._rows = rows
        self._table = rows.payments.table
        self._defaults = Defaults(self._table)
        self._inserts: dict[tuple[bool | str, ...], Any] = {}

    def open_first(self, attempt: Attempt) -> PaymentRow | None:
        """Commit the first attempt of an order; ``None`` if there is another one."""
        if not self._defaults.are_plain:
            return None
        return self._open_first(attempt, self._rows.ours.ids.make())

    @atomic
    def _open_first(self, attempt: Attempt, request_id: str) -> PaymentRow | None:
        values = self._defaults.inserted() | self._values(attempt, request_id)
        added = self.execute(
            self._insert_first(tuple(values), self.transactions.can_return),
            wanted_order=attempt.order_reference,
            **{f"new_{name}": value for name, value in values.items()},
        )
        if not self.transactions.can_return:
            return self._rows.find(request_id) if added.rowcount else None
        ref = added.scalar()
        return None if ref is None else self._rows.payments.known(values | {"id": ref})

    def open_payment(self, attempt: Attempt) -> PaymentRow:
        """Commit a new attempt, or return the open one of the same kind.

        If the order has been paid meanwhile, the paid attempt is returned.
        """
        return self._open_payment(attempt, self._rows.ours.ids.make())

    @atomic
    def _open_payment(self, attempt: Attempt, request_id: str) -> PaymentRow:
        key, ours = attempt.open_key, self._rows.ours
        attempts = self._rows.lock_order(attempt.order_reference)
        taken = (row for row in attempts if row.is_taken and ours.may_pay(row))
        opened = (row for row in attempts if row.open_key == key)
        payment = next(taken, None) or next(opened, None)
        if payment is None:
            self._rows.mark_locked(attempts)
            payment = self._add(attempt, request_id)
        return payment

    def _add(self, attempt: Attempt, request_id: str) -> PaymentRow:
        values = self._values(attempt, request_id)
        added = self.execute(self._rows.payments.insert, **values)
        return self._rows.get(added.inserted_primary_key[0])

    def _values(self, attempt: Attempt, request_id: str) -> dict[str, Any]:
        """Return the columns of a new attempt."""
        moment = self.now()
        return {
            "request_id": request_id,
            "client_id": attempt.client_id,
            "environment": self._rows.ours.environment,
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

    def _insert_first(self, names: tuple[str, ...], can_return: bool) -> Any:
        """Return an insert that adds nothing if the order has an attempt."""
        statement = self._inserts.get((can_return, *names))
        if statement is None:
            table = self._table
            has_attempt = sa.exists().where(
                table.c.order_reference == sa.bindparam("wanted_order"),
                self._rows.are_here,
            )
            new = [
                sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names
            ]
            statement = (
                sa.insert(table)
                .from_select(list(names), sa.select(*new).where(~has_attempt))
                .execution_options(preserve_rowcount=True)
            )
            if can_return:
                statement = statement.returning(table.c.id)
            self._inserts[can_return, *names] = statement
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

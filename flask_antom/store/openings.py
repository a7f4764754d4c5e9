"""New attempts to pay an order, and their sessions at Antom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.payment_states import FINAL, TAKEN, Status
from ..domain.records import Attempt, Session
from ..domain.schedule import FIRST_INQUIRY
from ..domain.whose import Ours
from ..errors import OrderClosed
from ..opaque import SecretStr
from .defaults import Defaults
from .live import MOST_LIVE, is_left_behind, live_attempts
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

    def open_payment(self, attempt: Attempt) -> PaymentRow | None:
        """Commit a new attempt, or return the open one of the same kind.

        If the order has been paid meanwhile, the paid attempt is returned.

        :returns: ``None`` if the order has as many live attempts as it may have.
        :raises OrderClosed: if the host has closed the order.
        """
        return self._open_payment(attempt, self._rows.ours.ids.make())

    @atomic
    def _open_payment(self, attempt: Attempt, request_id: str) -> PaymentRow | None:
        attempts = self._rows.lock_order(attempt.order_reference)
        payment = _fitting(attempts, attempt, self._rows.ours)
        if payment is None:
            # PostgreSQL does not show what was added while this waited for the lock.
            attempts = self._rows.lock_order(attempt.order_reference)
            payment = _fitting(attempts, attempt, self._rows.ours)
        if payment is None:
            given_up = self._give_up_opening(attempts)
            live = self._live(attempts)
            if len(live) >= MOST_LIVE:
                return None
            self._rows.mark_locked([row for row in attempts if row is not given_up])
            payment = self._add(attempt, request_id)
        return payment

    def add_closed(self, attempt: Attempt, request_id: str) -> None:
        """Add an attempt of a closed order, within the caller's transaction."""
        moment = self.now()
        closed = {"order_closed_at": moment, "cancel_asked_at": moment}
        rest = {"status": str(Status.CANCELLED), "open_key": None, "inquire_at": None}
        self._add(attempt, request_id, **closed, **rest)

    def _live(self, attempts: Sequence[PaymentRow]) -> list[PaymentRow]:
        live = live_attempts(attempts, self.now())
        return [row for row in live if not is_left_behind(row)]

    def _give_up_opening(self, attempts: Sequence[PaymentRow]) -> PaymentRow | None:
        """Retire an attempt without a session if there are too many live ones.

        Nobody can pay it, and :meth:`record_session` refuses it a session from now on.
        """
        live = self._live(attempts)
        idle = [row for row in live if row.session_expires_at is None]
        idle = [row for row in idle if row.status == Status.CREATED]
        if len(live) < MOST_LIVE or not idle:
            return None
        idle[0].open_key = None
        self._rows.write(idle[0])
        return idle[0]

    def _add(self, attempt: Attempt, request_id: str, **special: Any) -> PaymentRow:
        values = self._values(attempt, request_id) | special
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

        :returns: ``False`` if another request has stored one, or the attempt is paid or
            is not open any more.
        :raises OrderClosed: if the host has closed the order meanwhile.
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
        if payment.order_closed_at is not None:
            raise OrderClosed("The shop has closed this order.")
        held_until = payment.session_expires_at
        if payment.session_data and held_until and held_until > self.now():
            return False
        if payment.open_key is None:
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
                table.c.order_closed_at.is_(None),
                table.c.open_key.is_not(None),
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


def _fitting(
    attempts: Sequence[PaymentRow], wanted: Attempt, ours: Ours
) -> PaymentRow | None:
    """Return the attempt that has paid the order, or else the open one of this kind.

    :raises OrderClosed: if the order is not paid, and the host has closed it.
    """
    taken = next((row for row in attempts if row.is_taken and ours.may_pay(row)), None)
    if taken is None and any(row.order_closed_at for row in attempts):
        raise OrderClosed("The shop has closed this order.")
    opened = (row for row in attempts if row.open_key == wanted.open_key)
    return taken or next(opened, None)

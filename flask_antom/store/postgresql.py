"""The two statements that take a notification on PostgreSQL, each in one round trip.

Other databases do the same statement by statement, see :mod:`.payments`. So does
PostgreSQL if the order is not simple: a look-alike or an orphan with the same key, a
payment that has events, or a twin that was in flight during the look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..domain.payment_states import Observation
from ..domain.records import Notification
from .defaults import Defaults
from .host_models import Models
from .inbox import UNKNOWN
from .payment_rows import PaymentRows
from .rows import PaymentRow
from .transactions import Store, Transactions


class Look(NamedTuple):
    """The state of the books when a notification comes.

    :ivar is_copy: whether it was a copy, which has been counted.
    :ivar has_undelivered: of a copy: whether events of the payment wait.
    :ivar payments: the order's attempts, locked.
    :ivar is_simple: whether none of them has events, and no notification is alike.
    """

    is_copy: bool
    has_undelivered: bool
    payments: Sequence[PaymentRow]
    is_simple: bool


class FastInbox(Store):
    """Looks and writes in one statement each. For PostgreSQL only."""

    def __init__(
        self, transactions: Transactions, models: Models, rows: PaymentRows
    ) -> None:
        super().__init__(transactions)
        self._rows = rows
        self._payment: Any = models.payment.__table__
        self._notification: Any = models.notification.__table__
        self._event: Any = models.event.__table__
        self._writes: dict[tuple[Any, ...], Any] = {}
        self._payment_defaults = Defaults(self._payment)
        self._notification_defaults = Defaults(self._notification)
        self._event_defaults = Defaults(self._event)
        #: Whether the host's own columns can be filled here.
        self.is_usable: bool = all(
            defaults.are_plain
            for defaults in (
                self._payment_defaults,
                self._notification_defaults,
                self._event_defaults,
            )
        )

    def lock(self, observation: Observation) -> Look:
        """Lock the attempts of the order and read them."""
        name, value = observation.identified_by
        rows = self.execute(self._lock[name], value=value).all()
        return self._read([(False, False, False, *row) for row in rows])

    def look(self, notification: Notification, observation: Observation) -> Look:
        """Count a copy; else lock the attempts of the order and read them."""
        name, value = observation.identified_by
        rows = self.execute(
            self._look[name],
            wanted_key=notification.key,
            wanted_hash=notification.body_hash,
            value=value,
        ).all()
        return self._read(rows)

    def _read(self, rows: Sequence[Any]) -> Look:
        is_copy, is_known, undelivered = rows[0][:3] if rows else (False, False, False)
        payments, is_touched = [], False
        for *_, has_events, seen_version, values in rows:
            if values is not None:
                payment = self._rows.payments.read_json(values)
                if not self._rows.ours.is_here(payment):
                    continue
                payments.append(payment)
                is_stale = seen_version != payment.version
                is_touched = is_touched or has_events or is_stale
        return Look(is_copy, undelivered, payments, not (is_known or is_touched))

    @cached_property
    def _lock(self) -> dict[str, Any]:
        return {name: self._lock_by(name) for name in ("request_id", "payment_id")}

    def _lock_by(self, name: str) -> Any:
        locked = self._rows.locking[name].cte("locked")
        query = sa.select(*self._of(locked)).select_from(locked)
        return query.order_by(locked.c.id)

    @cached_property
    def _look(self) -> dict[str, Any]:
        return {name: self._look_by(name) for name in ("request_id", "payment_id")}

    def _look_by(self, name: str) -> Any:
        inbox, payment, event = self._notification, self._payment, self._event.alias()
        is_known = inbox.c.key == sa.bindparam("wanted_key")
        is_same = inbox.c.body_hash == sa.bindparam("wanted_hash")
        copy = (
            sa.update(inbox)
            .where(is_known, is_same, inbox.c.outcome.not_in(UNKNOWN))
            .values(copies=inbox.c.copies + 1)
            .returning(inbox.c.id)
            .cte("copy")
        )
        is_copy = sa.exists(sa.select(copy.c.id))
        locked = self._rows.locking[name].where(sa.not_(is_copy)).cte("locked")
        of_payment = sa.select(payment.c.id).where(
            payment.c[name] == sa.bindparam("value")
        )
        undelivered = sa.select(event.c.id).where(
            is_copy,
            event.c.delivered_at.is_(None),
            event.c.payment_ref.in_(of_payment),
        )
        one = sa.select(sa.literal_column("1")).subquery("one")
        return (
            sa.select(
                is_copy,
                sa.exists(sa.select(inbox.c.id).where(is_known)),
                sa.exists(undelivered),
                *self._of(locked),
            )
            .select_from(one.outerjoin(locked, sa.true()))
            .order_by(locked.c.id)
        )

    def _of(self, locked: Any) -> Sequence[Any]:
        """Return what is looked at of each attempt.

        It has events; its version as the statement sees it, which is older than the
        locked one after a wait; its values in one column, because to describe forty
        columns takes the driver longer than to read them.
        """
        event, seen = self._event.alias(), self._payment.alias()
        return (
            sa.exists(sa.select(event.c.id).where(event.c.payment_ref == locked.c.id)),
            sa.select(seen.c.version).where(seen.c.id == locked.c.id).scalar_subquery(),
            sa.func.to_jsonb(sa.literal_column("locked"), type_=sa.JSON),
        )

    def write(
        self,
        payment: PaymentRow | None,
        notification: Mapping[str, Any] | None,
        event: Mapping[str, Any] | None,
    ) -> int | None:
        """Write the payment, the notification and the event in one statement.

        :param payment: ``None`` for an orphan.
        :param notification: the new notification, if it is one that was observed.
        :param event: the new event; ``None`` adds none.
        :returns: the id of the event, if there is one.
        """
        paid = None if payment is None else self._changes(payment, event is not None)
        noted, told = notification, event
        if noted is not None:
            noted = {**self._notification_defaults.inserted(), **noted}
        if told is not None:
            told = {**self._event_defaults.inserted(), **told}
        parts = {"p": paid, "n": noted, "e": told}
        names = tuple(None if part is None else tuple(part) for part in parts.values())
        if names == (None, None, None):
            return None
        statement = self._writes.get(names)
        if statement is None:
            statement = self._writes[names] = self._write(*names)
        values = {
            f"{prefix}_{name}": value
            for prefix, part in parts.items()
            for name, value in (part or {}).items()
        }
        if payment is not None and paid is not None:
            values["p_ref"] = payment.id
            payment.written()
        ref: int = self.execute(statement, **values).scalar_one()
        return ref

    def _changes(self, payment: PaymentRow, has_event: bool) -> dict[str, Any] | None:
        """Return what has changed; ``None`` if not even the version grows."""
        changes = payment.changes(self.now())
        if changes:
            return self._payment_defaults.updated() | changes
        return {} if has_event else None

    def _write(
        self,
        paid: Sequence[str] | None,
        noted: Sequence[str] | None,
        told: Sequence[str] | None,
    ) -> Any:
        parts: list[Any] = []
        if told is not None:
            event = self._event
            parts.append(_insert(event, "e", told))
        if noted is not None:
            parts.append(_insert(self._notification, "n", noted))
        if paid is not None:
            payment = self._payment
            parts.append(
                sa.update(payment)
                .where(payment.c.id == sa.bindparam("p_ref"))
                .values(
                    {
                        "version": payment.c.version + 1,
                        "updated_at": payment.c.updated_at,
                        **_bound("p", paid),
                    }
                )
                .returning(payment.c.id)
            )
        first, *others = parts
        ctes = [part.cte(f"also_{n}") for n, part in enumerate(others)]
        return first.add_cte(*ctes) if ctes else first


def _insert(table: Any, prefix: str, names: Sequence[str]) -> Any:
    return sa.insert(table).values(_bound(prefix, names)).returning(table.c.id)


def _bound(prefix: str, names: Sequence[str]) -> dict[str, Any]:
    """Return parameters for columns; a CTE wants other names than the columns'."""
    return {name: sa.bindparam(f"{prefix}_{name}") for name in names}

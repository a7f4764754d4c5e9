"""The inbox: the notifications that Antom sent, each stored once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..domain.records import Notification, StoredNotification
from ..domain.whose import Ours
from .due_queue import DueQueue
from .host_models import Models
from .transactions import Store, Transactions, reading

#: The outcomes of notifications whose payment is unknown. They are judged again each
#: time that Antom sends them; a sweep looks for the payments of orphans only.
UNKNOWN = ("orphan", "foreign")

#: How long an orphan's payment is looked for.
_ORPHAN_LIFE = timedelta(days=1)


class StoredBody(NamedTuple):
    """The masked body of a stored notification, its outcome, and whose it is."""

    body: str
    outcome: str
    client_id: str
    environment: str


class Inbox(Store):
    """Stores and finds notifications.

    :ivar queue: the orphans whose payment has to be looked for.
    """

    def __init__(self, transactions: Transactions, models: Models, ours: Ours) -> None:
        super().__init__(transactions)
        self._table: Any = models.notification.__table__
        self._ours = ours
        c = self._table.c
        self._is_recent = sa.and_(
            c.received_at > sa.bindparam("since"),
            c.environment.in_(ours.environments),
        )
        self._is_orphan = sa.and_(c.outcome == "orphan", self._is_recent)
        at = sa.func.coalesce(c.next_attempt_at, c.received_at)
        self.queue: DueQueue[int] = DueQueue(
            transactions,
            self._table,
            select=sa.select(c.id),
            read=attrgetter("id"),
            due_at="next_attempt_at",
            since="received_at",
            is_due=sa.and_(self._is_orphan, at <= sa.bindparam("due_by")),
            parameters=self._since,
            order_by="id",
        )

    def find(
        self, notification: Notification, *, lock: bool = False
    ) -> StoredNotification | None:
        """Return the stored notification with the same key, if there is one.

        :param lock: whether to lock its row.
        """
        query = self._by_key.with_for_update() if lock else self._by_key
        row = self.execute(query, value=notification.key).first()
        if row is None:
            return None
        is_same = row.body_hash == notification.body_hash
        is_known = row.outcome not in UNKNOWN
        return StoredNotification(row.id, is_copy=is_same and is_known)

    def add(self, notification: Notification, outcome: str, client_id: str) -> None:
        """Store a new notification, within the caller's transaction.

        If a copy has been stored meanwhile, the database refuses this one, and the
        transaction is tried again.

        :param client_id: the account that it is for.
        """
        self.execute(self._insert, **self.values(notification, outcome, client_id))

    def add_unhandled(self, notification: Notification, client_id: str) -> int:
        """Do the same for one that we do not act on, and return the row's id."""
        values = self.values(notification, "unhandled", client_id)
        added = self.execute(self._insert_keyed, **values)
        ref: int = added.inserted_primary_key[0]
        return ref

    def values(
        self, notification: Notification, outcome: str, client_id: str
    ) -> dict[str, Any]:
        """Return the columns of a new notification."""
        return {
            "key": notification.key,
            "notify_type": notification.notify_type,
            "request_id": notification.request_id,
            "payment_id": notification.payment_id,
            "body": notification.body,
            "body_hash": notification.body_hash,
            "outcome": outcome,
            "client_id": client_id,
            "environment": self._ours.environment,
            "received_at": self.now(),
        }

    def count_copy(self, stored: StoredNotification, outcome: str) -> None:
        """Count a repeated notification, within the caller's transaction.

        :param outcome: the new outcome; a copy does not change the stored one.
        """
        if stored.is_copy:
            self.execute(self._count, ref=stored.ref)
        else:
            statement = self._count.values(outcome=sa.bindparam("new_outcome"))
            self.execute(statement, ref=stored.ref, new_outcome=outcome)

    @reading
    def get(self, notification_ref: int, *, lock: bool = False) -> StoredBody:
        """Return a stored notification by its row's id."""
        query = self._by_id.with_for_update() if lock else self._by_id
        row = self.execute(query, ref=notification_ref).one()
        return StoredBody(row.body, row.outcome, row.client_id, row.environment)

    def set_outcome(self, notification_ref: int, outcome: str) -> None:
        """Record the outcome of an orphan, within the caller's transaction."""
        is_meant = self._table.c.id == notification_ref
        self.execute(sa.update(self._table).where(is_meant).values(outcome=outcome))

    @reading
    def count_orphans(self) -> int:
        """Return the number of orphans of the last day."""
        return self._count_recent("orphan")

    @reading
    def count_foreign(self) -> int:
        """Return the number of foreign notifications of the last day."""
        return self._count_recent("foreign")

    def _count_recent(self, outcome: str) -> int:
        query = sa.select(sa.func.count()).select_from(self._table)
        is_meant = sa.and_(self._table.c.outcome == outcome, self._is_recent)
        counted: int = self.execute(query.where(is_meant), **self._since()).scalar_one()
        return counted

    def _since(self) -> Mapping[str, Any]:
        return {"since": self.now() - _ORPHAN_LIFE}

    @cached_property
    def _by_key(self) -> Any:
        c = self._table.c
        return sa.select(c.id, c.body_hash, c.outcome).where(
            c.key == sa.bindparam("value")
        )

    @cached_property
    def _by_id(self) -> Any:
        c = self._table.c
        return sa.select(c.body, c.outcome, c.client_id, c.environment).where(
            c.id == sa.bindparam("ref")
        )

    @cached_property
    def _insert(self) -> Any:
        return sa.insert(self._table).inline()

    @cached_property
    def _insert_keyed(self) -> Any:
        return sa.insert(self._table)

    @cached_property
    def _count(self) -> Any:
        table = self._table
        return (
            sa.update(table)
            .where(table.c.id == sa.bindparam("ref"))
            .values(copies=table.c.copies + 1)
        )

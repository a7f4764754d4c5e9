"""The inbox: the notifications that Antom sent, each stored once.

Here and in :mod:`.outbox`, the statements for each notification are Core statements on
the tables, and are built once. To map rows to objects, or to build a statement, takes
longer than the database needs.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.records import Notification, StoredNotification
from .due_queue import DueQueue
from .host_models import Models
from .models import NotificationMixin
from .transactions import Store, Transactions

#: How long an orphan's payment is looked for.
_ORPHAN_LIFE = timedelta(days=1)


class Inbox(Store):
    """Stores and finds notifications.

    :ivar queue: the orphans whose payment has to be looked for.
    """

    def __init__(self, transactions: Transactions, models: Models) -> None:
        super().__init__(transactions)
        self.queue: DueQueue = DueQueue(
            transactions,
            models.notification,
            due_at="next_attempt_at",
            since="received_at",
            is_due=self._is_due,
            order_by="id",
        )
        self._model: Any = models.notification

    def find(
        self, notification: Notification, *, lock: bool = False
    ) -> StoredNotification | None:
        """Return the stored notification with the same key, if there is one.

        :param lock: whether to lock its row.
        """
        query = self._by_key.with_for_update() if lock else self._by_key
        row = self.transactions.execute(
            self._model, query, key=notification.key
        ).first()
        if row is None:
            return None
        is_same = row.body_hash == notification.body_hash
        return StoredNotification(row.id, is_copy=is_same and row.outcome != "orphan")

    def add(self, notification: Notification, outcome: str) -> None:
        """Store a new notification, within the caller's transaction.

        If a copy has been stored meanwhile, the database refuses this one, and the
        transaction is tried again.
        """
        values = asdict(notification) | {"outcome": outcome, "received_at": self.now()}
        self.transactions.execute(self._model, self._insert, **values)

    def count_copy(self, stored: StoredNotification, outcome: str) -> None:
        """Count a repeated notification, within the caller's transaction.

        :param outcome: the new outcome; a copy does not change the stored one.
        """
        statement = (
            self._count if stored.is_copy else self._count.values(outcome=outcome)
        )
        self.transactions.execute(self._model, statement, ref=stored.ref)

    @cached_property
    def _by_key(self) -> Any:
        columns = self._model.__table__.c
        return sa.select(columns.id, columns.body_hash, columns.outcome).where(
            columns.key == sa.bindparam("key")
        )

    @cached_property
    def _insert(self) -> Any:
        return sa.insert(self._model.__table__).inline()

    @cached_property
    def _count(self) -> Any:
        table = self._model.__table__
        return (
            sa.update(table)
            .where(table.c.id == sa.bindparam("ref"))
            .values(copies=table.c.copies + 1)
        )

    def get(self, notification_ref: int, *, lock: bool = False) -> NotificationMixin:
        found: NotificationMixin = self.session.get_one(
            self._model, notification_ref, with_for_update=lock or None
        )
        return found

    def count_orphans(self) -> int:
        """Return the number of orphans of the last day."""
        return self._count_where(self._is_orphan())

    def _count_where(self, condition: Any) -> int:
        query = sa.select(sa.func.count()).select_from(self._model).where(condition)
        return self.session.scalars(query).one()

    def _is_orphan(self) -> Any:
        model = self._model
        is_young = model._received_at > self.now() - _ORPHAN_LIFE
        return sa.and_(model.outcome == "orphan", is_young)

    def _is_due(self, due_by: datetime) -> Any:
        model = self._model
        at = sa.func.coalesce(model._next_attempt_at, model._received_at)
        return sa.and_(self._is_orphan(), at <= due_by)

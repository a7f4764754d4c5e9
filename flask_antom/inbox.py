"""The inbox: what Antom sent, each notification once. Its part of the SQL.

Here and in :mod:`.outbox`, the statements that each notification needs are written for
the tables and built once: the mapping of rows to objects, and building a statement,
take longer than the database does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from .columns import now
from .entries import Notice, Stored
from .models import Models, NotificationMixin
from .schedule import next_try
from .transactions import Transactions

#: For so long an orphan may still find its payment.
_ORPHAN_LIFE = timedelta(days=1)


class Inbox:
    """Stored notifications."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        self._transactions = transactions
        self._model: Any = models.notification

    @property
    def session(self) -> Any:
        return self._transactions.session

    def find(self, notice: Notice, *, lock: bool = False) -> Stored | None:
        """Look for this notification, or one that looks alike.

        :param lock: wait for whoever is taking it, and let nobody else.
        """
        query = self._by_key.with_for_update() if lock else self._by_key
        row = self._transactions.execute(self._model, query, key=notice.key).first()
        if row is None:
            return None
        is_same = row.body_hash == notice.body_hash
        return Stored(row.id, is_copy=is_same and row.outcome != "orphan")

    def add(self, notice: Notice, outcome: str) -> None:
        """Store a new one, within the caller's transaction.

        If a twin was faster, the database refuses, and all is done anew.
        """
        values = asdict(notice) | {"outcome": outcome}
        self._transactions.execute(self._model, self._insert, **values)

    def count(self, stored: Stored, outcome: str) -> None:
        """Count one that is there, within the caller's transaction.

        :param outcome: what came of it, unless it is a copy.
        """
        statement = (
            self._count if stored.is_copy else self._count.values(outcome=outcome)
        )
        self._transactions.execute(self._model, statement, ref=stored.ref)

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
        """Count the notifications of the last day that found no payment."""
        return self._count_where(self._is_orphan())

    def count_due(self) -> int:
        """Count the orphans whose time has come."""
        return self._count_where(self._is_due(now()))

    def claim_due(self, most: int, lease: timedelta, due_by: datetime) -> Sequence[int]:
        """Take orphans to be matched; nobody else gets them during the lease."""
        model = self._model

        def work() -> Sequence[int]:
            due: Sequence[int] = self.session.scalars(
                sa.select(model.id)
                .where(self._is_due(due_by))
                .order_by(model.id)
                .limit(most)
                .with_for_update(skip_locked=True)
            ).all()
            self.session.execute(
                sa.update(model)
                .where(model.id.in_(due))
                .values(_next_attempt_at=now() + lease)
                .execution_options(synchronize_session=False)
            )
            return due

        return self._transactions.run(work)

    def put_off(self, notification_ref: int) -> None:
        """Match it later; the pause grows with its age."""

        def work() -> None:
            stored, moment = self.get(notification_ref), now()
            stored.next_attempt_at = next_try(stored.received_at or moment, moment)

        self._transactions.run(work)

    def _count_where(self, condition: Any) -> int:
        query = sa.select(sa.func.count()).select_from(self._model).where(condition)
        return int(self.session.scalar(query))

    def _is_orphan(self) -> Any:
        model = self._model
        is_young = model._received_at > now() - _ORPHAN_LIFE
        return sa.and_(model.outcome == "orphan", is_young)

    def _is_due(self, due_by: datetime) -> Any:
        model = self._model
        at = sa.func.coalesce(model._next_attempt_at, model._received_at)
        return sa.and_(self._is_orphan(), at <= due_by)

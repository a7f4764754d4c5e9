"""The inbox: what Antom sent, each notification once. Its part of the SQL.

Here and in :mod:`.outbox`, the statements that each notification needs are written for
the tables and built once: the mapping of rows to objects, and building a statement,
take longer than the database does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from .columns import now
from .entries import Notice, Stored
from .models import Models, NotificationMixin
from .transactions import Transactions


class Inbox:
    """Stored notifications."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        self._transactions = transactions
        self._model: Any = models.notification

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

    def orphans(self, most: int) -> Sequence[int]:
        """Give notifications of the last day that found no payment, newest first."""
        model = self._model
        found: Sequence[int] = self._transactions.session.scalars(
            sa.select(model.id)
            .where(
                model.outcome == "orphan",
                model._received_at > now() - timedelta(days=1),
            )
            .order_by(model.id.desc())
            .limit(most)
        ).all()
        return found

    def get(self, notification_ref: int) -> NotificationMixin:
        found: NotificationMixin = self._transactions.session.get_one(
            self._model, notification_ref
        )
        return found

"""Deletes old rows: finished notifications and delivered events.

Payments and refunds are never deleted. Reviews and orphans are not deleted either. A
purge goes through the old rows of each table once, by id, and commits every few hundred
rows, so that it blocks nobody for long. Younger rows are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..domain.events import UNHANDLED
from ..domain.payment_states import FINAL
from ..errors import NotPossible
from .by_time import ByTime
from .host_models import Models
from .models import EventMixin, NotificationMixin
from .transactions import Store, Transactions, atomic, reading

#: Called after each batch with the number of rows that were deleted.
Progress = Callable[[int], None]

_Purgeable = type[NotificationMixin] | type[EventMixin]

#: Younger rows are kept: Antom repeats a notification for a day.
MIN_AGE = timedelta(days=2)
_FINISHED = ("applied", "repeated", "ignored", "foreign", "unhandled")


@dataclass(slots=True)
class Purged:
    """The number of rows that a purge deleted, or would delete.

    :ivar notifications: rows of ``antom_notification``.
    :ivar events: rows of ``antom_event``.
    """

    notifications: int = 0
    events: int = 0


class Batch(NamedTuple):
    """The result of one transaction of a purge.

    :ivar deleted: the number of rows.
    :ivar last_id: the last id that was deleted; ``None`` if no row was left.
    """

    deleted: int
    last_id: int | None


class Purge(Store):
    """Deletes from the inbox and the outbox.

    :param batch: how many rows are deleted in one transaction.
    """

    def __init__(
        self, transactions: Transactions, models: Models, *, batch: int = 500
    ) -> None:
        super().__init__(transactions)
        self._batch = batch
        self.models = models

    @reading
    def count(self, older_than: timedelta) -> Purged:
        """Return the number of rows that :meth:`run` would delete now.

        :raises NotPossible: for less than two days.
        """
        return Purged(
            *(
                self.execute(sa.select(sa.func.count()).where(condition)).scalar_one()
                for _, condition in self._finished(self._before(older_than))
            )
        )

    def run(self, older_than: timedelta, progress: Progress | None = None) -> Purged:
        """Delete finished notifications and delivered events that are older.

        :raises NotPossible: for less than two days. Antom repeats a notification for a
            day.
        """
        before, report = self._before(older_than), progress or (lambda number: None)
        return Purged(
            *(
                self._delete_all(model, condition, report)
                for model, condition in self._bounded(before)
            )
        )

    @reading
    def _bounded(
        self, before: datetime
    ) -> list[tuple[_Purgeable, sa.ColumnElement[bool]]]:
        return list(self._finished(before))

    def _finished(
        self, before: datetime
    ) -> Iterator[tuple[_Purgeable, sa.ColumnElement[bool]]]:
        """Yield each model, and the condition for its rows that may be deleted."""
        models = self.models
        for model, at, condition in (
            (models.notification, "received_at", self._notifications(before)),
            (models.event, "created_at", self._events(before)),
        ):
            table: Any = model.__table__
            end = ByTime(self.execute, table, at).end(before)
            if end is not None:
                condition = sa.and_(table.c.id < end, condition)
            yield model, condition

    def _notifications(self, before: datetime) -> sa.ColumnElement[bool]:
        """Return the condition for notifications that may be deleted.

        The event of one that we do not act on needs it as long as it is kept.
        """
        model, event = self.models.notification, self.models.event
        needed = sa.exists().where(
            event.payment_ref.is_(None),
            event.name == UNHANDLED,
            event.about == sa.cast(model.id, sa.String(128)),
            sa.or_(event._delivered_at.is_(None), event._delivered_at >= before),
        )
        return sa.and_(
            model.outcome.in_(_FINISHED),
            model._received_at < before,
            sa.or_(model.outcome != "unhandled", ~needed),
        )

    def _events(self, before: datetime) -> sa.ColumnElement[bool]:
        """Return the condition for events that may be deleted.

        An event keeps its signal from being sent twice. So events of open payments are
        kept, and all reviews, because a final payment may need them again.
        """
        event, payment = self.models.event, self.models.payment
        is_open = sa.exists().where(
            payment.id == event.payment_ref, payment.status.not_in(sorted(FINAL))
        )
        return sa.and_(
            event._delivered_at < before,
            event.name != "payment_needs_review",
            sa.not_(is_open),
        )

    def _delete_all(
        self, model: _Purgeable, condition: sa.ColumnElement[bool], report: Progress
    ) -> int:
        deleted, last_id = 0, 0
        while True:
            batch = self.delete(model, condition, last_id)
            if batch.last_id is None:
                return deleted
            deleted, last_id = deleted + batch.deleted, batch.last_id
            report(batch.deleted)

    @atomic
    def delete(
        self, model: _Purgeable, condition: sa.ColumnElement[bool], after_id: int
    ) -> Batch:
        """Delete one batch of the rows after an id."""
        table: Any = model.__table__
        found = self.execute(
            sa.select(table.c.id)
            .where(table.c.id > after_id, condition)
            .order_by(table.c.id)
            .limit(self._batch)
        )
        ids = found.scalars().all()
        if not ids:
            return Batch(0, None)
        deleted = self.execute(sa.delete(table).where(table.c.id.in_(ids)))
        return Batch(deleted.rowcount, max(ids))

    def _before(self, older_than: timedelta) -> datetime:
        if older_than < MIN_AGE:
            raise NotPossible(
                f"Only rows that are older than {MIN_AGE.days} days can be deleted:"
                " Antom repeats a notification for a day, and a copy is recognised by"
                " the stored one."
            )
        return self.now() - older_than

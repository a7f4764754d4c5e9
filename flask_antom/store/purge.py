"""What is finished and old is thrown away: notifications and delivered events.

Payments and refunds stay for ever, and so does what a person had to look at. The SQL
of it is here. It goes through a table once, by id, and commits every few hundred rows,
so that nobody waits for long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..domain.payment_states import FINAL
from ..errors import NotPossible
from .host_models import Models
from .transactions import Store, Transactions, atomic

#: Told after each batch: how many rows were deleted.
Progress = Callable[[int], None]

_LEAST = timedelta(days=2)
_FINISHED = ("applied", "repeated", "ignored")


@dataclass(slots=True)
class Purged:
    """What a purge deleted, or would.

    :ivar notifications: rows of ``antom_notification``; :ivar events: of
        ``antom_event``.
    """

    notifications: int = 0
    events: int = 0


class Batch(NamedTuple):
    """One transaction of a purge.

    :ivar last_id: of the rows that were deleted; ``None`` if there was none left.
    """

    deleted: int
    last_id: int | None


class Purge(Store):
    """Deletes from the inbox and the outbox.

    :param batch: rows that are deleted in one transaction.
    """

    def __init__(
        self, transactions: Transactions, models: Models, *, batch: int = 500
    ) -> None:
        super().__init__(transactions)
        self._batch = batch
        self.models = models

    def count(self, older_than: timedelta) -> Purged:
        """Count what :meth:`run` would delete now."""
        before = self._before(older_than)
        finished = self._notifications(before), self._events(before)
        return Purged(
            *(
                int(self.session.scalar(sa.select(sa.func.count()).where(condition)))
                for condition in finished
            )
        )

    def run(self, older_than: timedelta, progress: Progress | None = None) -> Purged:
        """Delete finished notifications and delivered events that are older.

        :raises NotPossible: for less than two days: Antom repeats for a day.
        """
        before, tell = self._before(older_than), progress or (lambda number: None)
        models = self.models
        return Purged(
            self._delete_all(models.notification, self._notifications(before), tell),
            self._delete_all(models.event, self._events(before), tell),
        )

    def _notifications(self, before: datetime) -> Any:
        model: Any = self.models.notification
        return sa.and_(model.outcome.in_(_FINISHED), model._received_at < before)

    def _events(self, before: datetime) -> Any:
        """Spare what keeps a signal from being sent twice: of payments that are open,
        and of reviews, which a final payment may need again."""
        event: Any = self.models.event
        payment: Any = self.models.payment
        is_open = sa.exists().where(
            payment.id == event.payment_ref, payment.status.not_in(sorted(FINAL))
        )
        return sa.and_(
            event._delivered_at < before,
            event.name != "payment_needs_review",
            sa.not_(is_open),
        )

    def _delete_all(self, model: Any, condition: Any, tell: Progress) -> int:
        deleted, last_id = 0, 0
        while True:
            batch = self.delete(model, condition, last_id)
            if batch.last_id is None:
                return deleted
            deleted, last_id = deleted + batch.deleted, batch.last_id
            tell(batch.deleted)

    @atomic
    def delete(self, model: Any, condition: Any, after_id: int) -> Batch:
        """Delete some of the rows that come after an id."""
        ids = self.session.scalars(
            sa.select(model.id)
            .where(model.id > after_id, condition)
            .order_by(model.id)
            .limit(self._batch)
        ).all()
        result = self.session.execute(
            sa.delete(model)
            .where(model.id.in_(ids))
            .execution_options(synchronize_session=False)
        )
        return Batch(result.rowcount, max(ids, default=None))

    def _before(self, older_than: timedelta) -> datetime:
        if older_than < _LEAST:
            raise NotPossible(
                "Only what is older than two days can be deleted: Antom repeats a"
                " notification for a day, and a copy is known by the one that is"
                " stored."
            )
        return self.now() - older_than

"""What is finished and old is thrown away: notifications and delivered events.

Payments and refunds stay for ever, and so does what a person had to look at. The SQL
of it is here. It goes through a table once, by id, and commits every few hundred rows,
so that nobody waits for long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from .columns import now
from .errors import NotPossible
from .models import Models
from .states import FINAL
from .transactions import Transactions

#: Told after each batch: how many rows were deleted.
Progress = Callable[[int], None]

_BATCH = 500
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


class Purge:
    """Deletes from the inbox and the outbox."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        self._transactions = transactions
        self._models = models

    @property
    def session(self) -> Any:
        return self._transactions.session

    def count(self, older_than: timedelta) -> Purged:
        """Count what :meth:`run` would delete now."""
        before = _before(older_than)
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
        before, tell = _before(older_than), progress or (lambda number: None)
        models = self._models
        return Purged(
            self._delete_all(models.notification, self._notifications(before), tell),
            self._delete_all(models.event, self._events(before), tell),
        )

    def _notifications(self, before: datetime) -> Any:
        model: Any = self._models.notification
        return sa.and_(model.outcome.in_(_FINISHED), model._received_at < before)

    def _events(self, before: datetime) -> Any:
        """Spare what keeps a signal from being sent twice: of payments that are open,
        and of reviews, which a final payment may need again."""
        event: Any = self._models.event
        payment: Any = self._models.payment
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
            number, last_id = self.delete(model, condition, last_id)
            if not last_id:
                return deleted
            deleted += number
            tell(number)

    def delete(self, model: Any, condition: Any, after_id: int) -> tuple[int, int]:
        """Delete some rows; gives their number and the last id, 0 if there are none."""

        def work() -> tuple[int, int]:
            ids = self.session.scalars(
                sa.select(model.id)
                .where(model.id > after_id, condition)
                .order_by(model.id)
                .limit(_BATCH)
            ).all()
            result = self.session.execute(
                sa.delete(model)
                .where(model.id.in_(ids))
                .execution_options(synchronize_session=False)
            )
            return result.rowcount, max(ids, default=0)

        return self._transactions.run(work)


def _before(older_than: timedelta) -> datetime:
    if older_than < _LEAST:
        raise NotPossible(
            "Only what is older than two days can be deleted: Antom repeats a"
            " notification for a day, and a copy is known by the one that is stored."
        )
    return now() - older_than

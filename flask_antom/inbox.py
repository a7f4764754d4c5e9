"""The inbox: notifications that found no payment yet. Its part of the SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from .columns import now
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

    def get(self, notification_ref: int) -> NotificationMixin:
        found: NotificationMixin = self.session.get_one(self._model, notification_ref)
        return found

    def count_orphans(self) -> int:
        """Count the notifications of the last day that found no payment."""
        return self._count(self._is_orphan())

    def count_due(self) -> int:
        """Count the orphans whose time has come."""
        return self._count(self._is_due(now()))

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

    def _count(self, condition: Any) -> int:
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

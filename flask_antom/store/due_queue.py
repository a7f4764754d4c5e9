"""A queue of rows that become due at a time: count, claim and put off.

A claim moves the due time of a row to the end of a lease, and is committed at once.
Several sweeps can run at the same time. If one crashes, the rows that it had claimed
become due again at the end of the lease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ..domain.schedule import next_try
from .transactions import Store, Transactions, atomic


class DueQueue(Store):
    """The due rows of one table.

    :param due_at: the attribute of the time at which a row is due.
    :param since: the attribute of the time from which a row's age counts.
    :param is_due: takes a time, and returns the condition for rows that are due by
        then; by default ``due_at`` is compared.
    :param order_by: the attribute that orders the rows; by default ``due_at``.
    :param counts: the attribute that counts the claims, if there is one.
    """

    def __init__(
        self,
        transactions: Transactions,
        model: Any,
        *,
        due_at: str,
        since: str,
        is_due: Callable[[datetime], Any] | None = None,
        order_by: str | None = None,
        counts: str | None = None,
    ) -> None:
        super().__init__(transactions)
        self._model = model
        self._due_at = due_at
        self._since = since
        self._is_due = is_due or (lambda due_by: getattr(model, due_at) <= due_by)
        self._order_by = order_by or due_at
        self._counts = counts

    def count_due(self) -> int:
        """Return the number of rows that are due."""
        is_due = self._is_due(self.now())
        query = sa.select(sa.func.count()).select_from(self._model).where(is_due)
        return self.session.scalars(query).one()

    @atomic
    def claim_due(self, most: int, lease: timedelta, due_by: datetime) -> Sequence[int]:
        """Claim rows that are due. Nobody else can claim them during the lease.

        :param most: how many rows at most.
        :param lease: how long the claim lasts.
        :param due_by: the time by which a row has to be due.
        :returns: the ids of the rows.
        """
        model, session = self._model, self.session
        due: Sequence[int] = session.scalars(
            sa.select(model.id)
            .where(self._is_due(due_by))
            .order_by(getattr(model, self._order_by))
            .limit(most)
            .with_for_update(skip_locked=True)
        ).all()
        session.execute(
            sa.update(model)
            .where(model.id.in_(due))
            .values(self._claimed(lease))
            .execution_options(synchronize_session=False)
        )
        return due

    def _claimed(self, lease: timedelta) -> Mapping[Any, Any]:
        model = self._model
        values = {getattr(model, self._due_at): self.now() + lease}
        if self._counts is not None:
            values[getattr(model, self._counts)] = getattr(model, self._counts) + 1
        return values

    @atomic
    def put_off(self, ref: int) -> None:
        """Make a row due later. The pause grows with its age.

        A row without a due time stays so.
        """
        row = self.session.get_one(
            self._model, ref, with_for_update=True, populate_existing=True
        )
        moment = self.now()
        if getattr(row, self._due_at) is not None:
            since = getattr(row, self._since) or moment
            setattr(row, self._due_at, next_try(since, moment))

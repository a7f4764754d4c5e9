"""A queue of rows that become due at a time: count, claim and put off.

A claim moves the due time of a row to the end of a lease, and is committed at once.
Several sweeps can run at the same time. If one crashes, the rows that it had claimed
become due again at the end of the lease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from ..domain.schedule import NEVER, next_try
from .rows import in_utc
from .transactions import Store, Transactions, atomic, reading

RowT = TypeVar("RowT")


class DueQueue(Store, Generic[RowT]):
    """The due rows of one table.

    :param select: the query for the rows; it has their ids.
    :param read: makes the result of a claim of one row of the query.
    :param due_at: the column of the time at which a row is due.
    :param since: the column of the time from which a row's age counts.
    :param is_due: the condition for rows that are due by the parameter ``due_by``; by
        default ``due_at`` is compared.
    :param parameters: returns the other parameters of ``is_due``.
    :param order_by: the column that orders the rows; by default ``due_at``.
    :param counts: the column that counts the claims, if there is one.
    """

    def __init__(
        self,
        transactions: Transactions,
        table: Any,
        *,
        select: Any,
        read: Callable[[Any], RowT],
        due_at: str,
        since: str,
        is_due: Any = None,
        parameters: Callable[[], Mapping[str, Any]] = dict,
        order_by: str | None = None,
        counts: str | None = None,
    ) -> None:
        super().__init__(transactions)
        self._table = table
        self._due_at = table.c[due_at]
        self._since = table.c[since]
        if is_due is None:
            is_due = self._due_at <= sa.bindparam("due_by")
        self._is_due = is_due
        self._parameters = parameters
        self._select = select
        self._read = read
        self._order_by = table.c[order_by or due_at]
        self._counts = None if counts is None else table.c[counts]

    @reading
    def count_due(self, due_by: datetime | None = None) -> int:
        """Return the number of rows that are due.

        :param due_by: the time by which they are; by default the present.
        """
        counted: int = self.execute(
            self._count, due_by=due_by or self.now(), **self._parameters()
        ).scalar_one()
        return counted

    @reading
    def next_due(self) -> datetime | None:
        """Return when the next row is due; ``None`` if none waits."""
        return in_utc(
            self.execute(self._next, due_by=NEVER, **self._parameters()).scalar()
        )

    @atomic
    def claim_due(
        self, most: int, lease: timedelta, due_by: datetime
    ) -> Sequence[RowT]:
        """Claim rows that are due. Nobody else can claim them during the lease.

        :param most: how many rows at most.
        :param lease: how long the claim lasts.
        :param due_by: the time by which a row has to be due.
        :returns: the rows.
        """
        rows = self.execute(
            self._claimable, most=most, due_by=due_by, **self._parameters()
        )
        # The rows as they come hold sessions, and the next statement may raise.
        found = {row.id: self._read(row) for row in rows}
        del rows
        if found:
            self.execute(self._claim, refs=list(found), until=self.now() + lease)
        return list(found.values())

    @atomic
    def put_off(self, ref: int) -> None:
        """Make a row due later. The pause grows with its age.

        A row without a due time stays so.
        """
        moment = self.now()
        since = in_utc(self.execute(self._age, ref=ref).scalar_one())
        self.execute(self._put_off, ref=ref, at=next_try(since or moment, moment))

    @cached_property
    def _count(self) -> Any:
        return sa.select(sa.func.count()).select_from(self._table).where(self._is_due)

    @cached_property
    def _next(self) -> Any:
        query = sa.select(self._due_at).where(self._is_due)
        return query.order_by(self._order_by).limit(1)

    @cached_property
    def _claimable(self) -> Any:
        return (
            self._select.where(self._is_due)
            .order_by(self._order_by)
            .limit(sa.bindparam("most", type_=sa.Integer))
            .with_for_update(skip_locked=True)
        )

    @cached_property
    def _claim(self) -> Any:
        values: dict[Any, Any] = {self._due_at: sa.bindparam("until")}
        if self._counts is not None:
            values[self._counts] = self._counts + 1
        return (
            sa.update(self._table)
            .where(self._table.c.id.in_(sa.bindparam("refs", expanding=True)))
            .values(values | self._unchanged())
        )

    @cached_property
    def _age(self) -> Any:
        is_meant = self._table.c.id == sa.bindparam("ref")
        return sa.select(self._since).where(is_meant)

    @cached_property
    def _put_off(self) -> Any:
        return (
            sa.update(self._table)
            .where(self._table.c.id == sa.bindparam("ref"), self._due_at.is_not(None))
            .values({self._due_at: sa.bindparam("at")} | self._unchanged())
        )

    def _unchanged(self) -> dict[Any, Any]:
        """Return the columns that an ``onupdate`` must not set here."""
        c = self._table.c
        values = {c.updated_at: c.updated_at} if "updated_at" in c else {}
        return values | ({c.version: c.version + 1} if "version" in c else {})

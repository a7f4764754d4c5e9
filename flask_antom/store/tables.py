"""The statements for one of our tables, each built once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from .rows import StoredRow, in_utc

RowT = TypeVar("RowT", bound=StoredRow)


class Table(Generic[RowT]):
    """The statements for one of our tables, each built once.

    :param joined: queries for the values that other tables hold, by their names.
    """

    def __init__(self, model: Any, row: type[RowT], **joined: Any) -> None:
        self.table: Any = model.__table__
        self._row = row
        self._joined = joined
        self._updates: dict[tuple[str, ...], Any] = {}

    @property
    def c(self) -> Any:
        return self.table.c

    @cached_property
    def select(self) -> Any:
        """A query for all values that :meth:`read` needs."""
        names = (*self._row.VALUES, *self._row.TIMES)
        columns = dict(self.c.items()) | self._joined
        return sa.select(*(columns[name] for name in names))

    @cached_property
    def by_id(self) -> Any:
        """A query for the row with the id ``ref``."""
        return self.select.where(self.c.id == sa.bindparam("ref"))

    @cached_property
    def insert(self) -> Any:
        return sa.insert(self.table)

    def read(self, row: Sequence[Any]) -> RowT:
        """Return the values of a row of :attr:`select`."""
        names = self._row.VALUES
        values = dict(zip(names, row, strict=False))
        for name, moment in zip(self._row.TIMES, row[len(names) :], strict=True):
            values[name] = in_utc(moment)
        return self._row(values)

    def read_json(self, values: dict[str, Any]) -> RowT:
        """Return the values of a row that PostgreSQL wrote as JSON."""
        for name in self._row.TIMES:
            if values[name] is not None:
                values[name] = in_utc(datetime.fromisoformat(values[name]))
        return self._row(values)

    def known(self, values: Mapping[str, Any]) -> RowT:
        """Return a row whose values were just written; the others are NULL."""
        names = (*self._row.VALUES, *self._row.TIMES)
        return self._row({name: values.get(name) for name in names})

    def write(self, execute: Callable[..., Any], row: RowT, moment: datetime) -> bool:
        """Write what has changed, and the time; the version grows.

        :returns: whether anything has changed.
        """
        changes = row.changes(moment)
        if changes:
            values = {f"new_{name}": value for name, value in changes.items()}
            execute(self._update(tuple(changes)), ref=row.id, **values)
            row.written()
        return bool(changes)

    def _update(self, names: tuple[str, ...]) -> Any:
        statement = self._updates.get(names)
        if statement is None:
            table = self.table
            new: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names}
            statement = self._updates[names] = (
                sa.update(table)
                .where(table.c.id == sa.bindparam("ref"))
                .values(version=table.c.version + 1, **new)
            )
        return statement

"""Columns of money and times: minor units, and UTC on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy import orm

from ..clock import SYSTEM_CLOCK
from ..domain.money import Money
from .dialects import MySqlText, MySqlTime

#: ``datetime``, or ``datetime | None`` where the column takes NULL.
TimeT = TypeVar("TimeT", bound=datetime | None)

#: A row's id.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: A moment, to the microsecond, in UTC.
TIME = sa.DateTime(timezone=True).with_variant(MySqlTime(), "mysql", "mariadb")

#: Long text: plain MariaDB and MySQL text ends at 64 KiB.
LONG_TEXT = sa.Text().with_variant(MySqlText(), "mysql", "mariadb")

#: What :class:`Row` puts into the ``info`` of each column of a mixin.
OURS = "flask_antom"


def now() -> datetime:
    """Return the present, for rows whose time the store does not set."""
    return SYSTEM_CLOCK.now()


class Row:
    """A row of one of the four tables."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Mark a mixin's columns, to know them in the table of a host's class."""
        super().__init_subclass__(**options)
        if Row in cls.__bases__:
            for member in vars(cls).values():
                if isinstance(member, orm.MappedColumn):
                    member.column.info[OURS] = True

    if TYPE_CHECKING:
        # At run time these come with the declarative base.
        __table__: ClassVar[sa.FromClause]

        def __init__(self, **columns: Any) -> None:
            """Make a row with these values."""


class Utc(Generic[TimeT]):
    """An attribute for an aware time in UTC over a time column.

    SQLite and MariaDB store no time zone. On the class, the attribute is the column
    itself, so that it can be used in queries.
    """

    def __init__(self, column: str) -> None:
        self._column = column

    @overload
    def __get__(self, row: None, owner: type) -> orm.InstrumentedAttribute[TimeT]: ...
    @overload
    def __get__(self, row: object, owner: type) -> TimeT: ...

    def __get__(self, row: object | None, owner: type) -> Any:
        if row is None:
            return getattr(owner, self._column)
        time: datetime | None = getattr(row, self._column)
        if time is None:
            return None
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)

    def __set__(self, row: object, time: TimeT) -> None:
        if time is not None and time.tzinfo is None:
            raise ValueError("A time needs its time zone; use datetime.now(UTC).")
        setattr(row, self._column, None if time is None else time.astimezone(UTC))


class Amount:
    """An attribute for a :class:`~flask_antom.Money` over a column of minor units.

    On the class, the attribute is the column of minor units. All amounts of a row have
    the same currency.
    """

    def __init__(self, column: str) -> None:
        self._column = column

    @overload
    def __get__(self, row: None, owner: type) -> orm.InstrumentedAttribute[int]: ...
    @overload
    def __get__(self, row: object, owner: type) -> Money: ...

    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return getattr(owner, self._column)
        return Money(getattr(row, self._column), row.currency)

    def __set__(self, row: Any, money: Money) -> None:
        if row.currency is not None and row.currency != money.currency:
            raise ValueError(f"This row is in {row.currency}, not {money.currency}.")
        row.currency = money.currency
        setattr(row, self._column, money.value)


def show(row: Any, *names: str) -> str:
    """Return the loaded values as text. The others are not loaded for it."""
    loaded = dict(vars(row))
    identity = sa.inspect(row).identity  # of an expired row, too
    if identity:
        loaded.setdefault("id", identity[0])
    values = [f"{name}={loaded.get(name, '?')}" for name in names]
    return f"<{' '.join([type(row).__name__, *values])}>"

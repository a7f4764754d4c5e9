"""Types and options of single dialects. A dialect is loaded when it is used first.

Most shops use one database, and the dialects of the others take long to load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import sqlalchemy as sa


class _MySqlType(sa.types.TypeDecorator[Any]):
    """A type of MySQL and MariaDB. Migrations that Alembic writes have the real one."""

    cache_ok: bool | None = True

    def real(self) -> Any:
        """Return the type itself."""
        raise NotImplementedError

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(self.real())

    def __repr__(self) -> str:
        return repr(self.real())


class MySqlTime(_MySqlType):
    """A moment to the microsecond."""

    __module__ = "sqlalchemy.dialects.mysql"  # so Alembic writes and imports it
    impl: Any = sa.DateTime

    def real(self) -> Any:
        from sqlalchemy.dialects import mysql

        return mysql.DATETIME(fsp=6)


class MySqlText(_MySqlType):
    """A text that may be longer than 64 KiB."""

    __module__ = "sqlalchemy.dialects.mysql"  # so Alembic writes and imports it
    impl: Any = sa.Text

    def real(self) -> Any:
        from sqlalchemy.dialects import mysql

        return mysql.MEDIUMTEXT()


def add_options(item: sa.Table | sa.Index, **options: Mapping[str, Any]) -> None:
    """Add options of dialects to a table or an index, where the host has set none.

    :param options: by dialect.
    """
    its: Any = item
    if not isinstance(its.dialect_options, _Options):
        its.dialect_options = _Options(its.dialect_options)
    its.dialect_options.add(options)


class _Options(MutableMapping[str, Any]):
    """Options by dialect, in place of a table's own ``dialect_options``.

    :param known: the former options. It loads a dialect that it is asked for.
    """

    def __init__(self, known: MutableMapping[str, Any]) -> None:
        self._known = known
        self._later: dict[str, Mapping[str, Any]] = {}

    def add(self, options: Mapping[str, Mapping[str, Any]]) -> None:
        """Add a dialect's options as soon as somebody asks for the dialect."""
        self._later.update(options)

    def __getitem__(self, dialect: str) -> Any:
        options = self._known[dialect]
        for name, value in self._later.get(dialect, {}).items():
            if options.get(name) is None:
                options[name] = value
        self._later.pop(dialect, None)
        return options

    def __setitem__(self, dialect: str, options: Any) -> None:
        self._known[dialect] = options

    def __delitem__(self, dialect: str) -> None:
        self._later.pop(dialect, None)
        del self._known[dialect]

    def __contains__(self, dialect: object) -> bool:
        return dialect in self._known or dialect in self._later

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._later})

    def __len__(self) -> int:
        return len({**self._known, **self._later})

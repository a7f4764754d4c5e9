"""The meaning of a database's errors: each driver keeps the code in another place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.exc import DBAPIError

#: Serialisation, deadlock, a lock that is not to be had.
_CONFLICT: frozenset[str | int] = frozenset(
    {
        *("40001", "40P01", "55P03"),  # PostgreSQL
        *(1020, 1205, 1213),  # MariaDB and MySQL
    }
)
_CONFLICT_WORDS = ("database is locked", "database table is locked")  # SQLite

#: A unique key exists already.
_TAKEN: frozenset[str | int] = frozenset({"23505", 1062})
_TAKEN_WORDS = ("UNIQUE constraint failed",)


def is_conflict(error: BaseException) -> bool:
    """Whether transactions were in each other's way, so that a new try may succeed."""
    return _is(error, _CONFLICT, _CONFLICT_WORDS)


def is_taken(error: BaseException) -> bool:
    """Whether a unique key exists already: somebody else has just made the row."""
    return _is(error, _TAKEN, _TAKEN_WORDS)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone. The class of the error does not tell it."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _is(
    error: BaseException, codes: frozenset[str | int], words: tuple[str, ...]
) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if type(cause).__module__ == "sqlite3":
        return any(text in str(cause) for text in words)
    names = {base.__name__ for base in type(cause).__mro__}
    if cause is error and "DatabaseError" not in names:
        return False  # such as KeyError(1213)
    return any(code in codes for code in _codes(cause))


def _codes(cause: Any) -> Iterator[str | int]:
    """Yield the codes of a driver's error.

    psycopg has ``sqlstate``, psycopg2 ``pgcode``, MariaDB Connector/Python ``errno``.
    PyMySQL and mysqlclient have the number as the first argument, pg8000 a dict whose
    ``C`` is the code.
    """
    found = [getattr(cause, name, None) for name in ("sqlstate", "pgcode", "errno")]
    for argument in getattr(cause, "args", ())[:1]:
        found.append(argument.get("C") if isinstance(argument, dict) else argument)
    for code in found:
        if isinstance(code, str | int):
            yield code

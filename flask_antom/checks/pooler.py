"""Whether psycopg prepares statements behind a pooler that does not keep them.

A pooler such as PgBouncer names another process to the client than the one that works.
In transaction mode, two open connections get the same process one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa

from .findings import WARNING, Mistake

POOLER = Mistake(
    "database.pooler",
    WARNING,
    "A pooler such as PgBouncer gives each transaction another connection, and psycopg"
    " prepares statements on it, which the pooler does not keep.",
    "Errors 42P05 and 26000, and now and then another client's result.",
    'Set app.config["SQLALCHEMY_ENGINE_OPTIONS"] ='
    ' {"connect_args": {"prepare_threshold": None}}, or use PgBouncer 1.21 or newer'
    " with max_prepared_statements above 0.",
)

#: How often two connections are compared; others may take the process between.
_TRIES = 5

_NAME = b"flask_antom_check"


def pools_by_transaction(engine: sa.Engine) -> bool:
    """Whether statements that psycopg prepares are lost or mixed up."""
    if engine.dialect.name != "postgresql" or engine.dialect.driver != "psycopg":
        return False
    with _raw(engine) as first:
        if first.prepare_threshold is None or not _is_pooled(first):
            return False
        with _raw(engine) as second:
            is_shared = any(_process(first) == _process(second) for _ in range(_TRIES))
        return is_shared and not _is_kept(first)


@contextmanager
def _raw(engine: sa.Engine) -> Iterator[Any]:
    """Yield a connection of psycopg's in a pool of its own."""
    pool = engine.pool.recreate()
    connection = pool.connect()
    try:
        yield connection.driver_connection
    finally:
        connection.invalidate()
        pool.dispose()


def _is_pooled(connection: Any) -> bool:
    """Whether another process works than the one that has let the client in."""
    return bool(_process(connection) != connection.info.backend_pid)


def _process(connection: Any) -> Any:
    found = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()[0]
    connection.rollback()
    return found


def _is_kept(connection: Any) -> bool:
    """Whether the pooler gives prepared statements names of its own."""
    connection.execute("SELECT 1", prepare=False)  # it begins a transaction
    connection.pgconn.prepare(_NAME, b"SELECT 1")
    query = "SELECT 1 FROM pg_prepared_statements WHERE name = %s"
    found = connection.execute(query, [_NAME.decode()], prepare=False).fetchone()
    with suppress(Exception):
        if found:
            connection.execute(f"DEALLOCATE {_NAME.decode()}", prepare=False)
    connection.rollback()
    return found is None

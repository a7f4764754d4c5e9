"""Connections of our own, to the database that our tables are bound to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import orm, pool

from ..errors import ConfigError, UncommittedWrites
from .host_models import Models
from .host_session import HostSession

#: Returns a new connection, for tenants with a ``search_path`` of their own.
Connect = Callable[[], sa.Connection]

_LEVEL = "READ COMMITTED"


class Database(NamedTuple):
    """A database, as we write to it.

    :ivar engine: makes connections at the level that we need, if the host's engine does
        not.
    :ivar set_level: the statement that sets the level of the next transaction, if the
        database needs one.
    :ivar takes_lock: whether the database has no row locks, so that a transaction
        locks it as a whole before it reads.
    :ivar one_at_a_time: a lock, for a pool that shares one connection.
    """

    engine: sa.Engine | None
    set_level: str | None
    takes_lock: bool
    one_at_a_time: AbstractContextManager[object]


class Unit(NamedTuple):
    """A connection, and how the transaction on it is committed.

    In a test of the host's, the connection has a transaction that is not ours to end.
    """

    connection: sa.Connection
    commit: Callable[[], None]


class Connections:
    """Opens connections of our own.

    In a test whose session is bound to a connection, that connection is used, under a
    SAVEPOINT. A pool with one connection is shared with the host.

    :param connect: returns a new connection instead of the engine's.
    """

    def __init__(
        self, host: HostSession, models: Models, connect: Connect | None = None
    ) -> None:
        self._host = host
        self._connect = connect
        self._known: WeakKeyDictionary[sa.Engine, Database] = WeakKeyDictionary()
        table: Any = models.payment.__table__
        #: Changes nothing, but takes the lock of SQLite.
        self._lock = sa.update(table).where(sa.false()).values(id=table.c.id)

    @contextmanager
    def begin(self) -> Iterator[Unit]:
        """Yield a connection with a transaction that locks; the caller commits it."""
        session = self._host.current
        bind = self._host.bind(session)
        self._host.end_reads(session)
        if isinstance(bind, sa.Connection):
            with bind.begin_nested() as savepoint:
                yield Unit(bind, savepoint.commit)
            return
        if self._host.has_locked(session):
            raise UncommittedWrites(
                "db.session has locked Flask-Antom's tables, or all of SQLite, by"
                " writes that are not committed: commit or roll back first."
            )
        database = self.database(bind)
        with self._open(database, bind, session) as connection:
            if database.set_level is not None:
                connection.exec_driver_sql(database.set_level)
            elif database.takes_lock:
                connection.execute(self._lock)
            yield Unit(connection, connection.commit)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection for reading only."""
        session = self._host.current
        bind = self._host.bind(session)
        self._host.end_reads(session)
        if isinstance(bind, sa.Connection):
            yield bind
            return
        database = self.database(bind)
        with self._open(database, bind, session) as connection:
            yield connection

    def exclusive(self) -> AbstractContextManager[object]:
        """Return a context in which nobody else uses a pool of one connection."""
        bind = self._host.bind(self._host.current)
        if isinstance(bind, sa.Connection):
            return nullcontext()
        return self.database(bind).one_at_a_time

    @contextmanager
    def _open(
        self, database: Database, engine: sa.Engine, session: orm.Session
    ) -> Iterator[sa.Connection]:
        is_shared = not isinstance(database.one_at_a_time, nullcontext)
        with database.one_at_a_time:
            if is_shared:
                self._refuse_flushed(session)
            with self._make(database, engine) as connection:
                yield connection

    def _refuse_flushed(self, session: orm.Session) -> None:
        if self._host.has_flushed(session):
            raise UncommittedWrites(
                "db.session holds flushed writes on the only connection of its pool:"
                " commit or roll back first."
            )

    def _make(self, database: Database, engine: sa.Engine) -> sa.Connection:
        if self._connect is None:
            if self._host.translates_schemas:
                raise ConfigError(
                    "db.session has a schema_translate_map, which a connection of its"
                    " own does not know: pass FlaskAntom(connect=...), a function that"
                    " returns a connection to the right schema."
                )
            return (database.engine or engine).connect()
        connection = self._connect()
        if database.engine is not None and not connection.in_transaction():
            connection = connection.execution_options(isolation_level=_LEVEL)
        return connection

    def database(self, engine: sa.Engine) -> Database:
        """Return how to write to an engine's database; it is found out once.

        :raises ConfigError: if the engine commits each statement by itself.
        """
        known = self._known.get(engine)
        if known is None:
            if _is_shared(engine):  # to look at it ends the host's transaction
                self._refuse_flushed(self._host.current)
            known = self._known[engine] = _describe(engine)
        return known


def _is_shared(engine: sa.Engine) -> bool:
    return isinstance(engine.pool, pool.StaticPool | pool.SingletonThreadPool)


def _describe(engine: sa.Engine) -> Database:
    with engine.connect() as connection:
        level = connection.get_isolation_level()
    asked = getattr(engine.dialect, "_on_connect_isolation_level", None)
    asked = engine.get_execution_options().get("isolation_level", asked)
    if "AUTOCOMMIT" in (level, asked):
        raise ConfigError(
            "The engine's isolation_level is AUTOCOMMIT, so nothing can be locked and"
            " a receiver's writes cannot be undone. Remove it from"
            " SQLALCHEMY_ENGINE_OPTIONS, or give our models a bind without it."
        )
    name = engine.dialect.name
    is_mysql = name in ("mariadb", "mysql")
    needs_level = not is_mysql and name != "sqlite" and level != _LEVEL
    return Database(
        engine=(
            engine.execution_options(isolation_level=_LEVEL) if needs_level else None
        ),
        set_level=(
            f"SET TRANSACTION ISOLATION LEVEL {_LEVEL}"
            if is_mysql and level != _LEVEL
            else None
        ),
        takes_lock=name == "sqlite",
        one_at_a_time=threading.RLock() if _is_shared(engine) else nullcontext(),
    )

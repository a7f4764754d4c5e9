"""Transactions on each database: locks, and new tries."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError

from ..checkpoints import passed
from ..clock import SYSTEM_CLOCK, SystemClock

T = TypeVar("T")
P = ParamSpec("P")

#: Seconds before the n-th new try of a transaction that the database refused.
PAUSES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)

#: Serialisation, deadlock, a lock that is not to be had, a key that is taken.
_PASSING = frozenset(
    {
        *("40001", "40P01", "55P03", "23505"),  # PostgreSQL
        *(1020, 1205, 1213, 1062),  # MariaDB and MySQL
    }
)
_PASSING_WORDS = ("locked", "UNIQUE constraint failed")  # SQLite


#: A session, or Flask-SQLAlchemy's proxy for one.
AnySession = orm.Session | orm.scoped_session[Any]


class HasSession(Protocol):
    """The object of Flask-SQLAlchemy or Flask-SQLAlchemy-Lite."""

    @property
    def session(self) -> AnySession:
        """The session of the current app context."""
        ...


class Transactions:
    """Transactions on the host's ``db.session``.

    :param table: the model of one of our tables; an update of no row locks SQLite.
    :param clock: the clock for the times that are written.
    :param pauses: seconds before each new try.
    """

    def __init__(
        self,
        db: HasSession,
        table: Any,
        *,
        clock: SystemClock = SYSTEM_CLOCK,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._db = db
        self._table = table
        self._pauses = pauses
        self.clock = clock

    @property
    def session(self) -> AnySession:
        return self._db.session

    def execute(self, model: Any, statement: Any, **values: Any) -> Any:
        """Execute a statement on the database of a model's table."""
        bind = {"mapper": model}
        return self.session.execute(statement, values, bind_arguments=bind)

    def run(self, name: str, work: Callable[[], T]) -> T:
        """Do the work and commit it.

        :param name: the name of the work, for :mod:`flask_antom.checkpoints`.
        """

        def work_and_commit() -> T:
            result = work()
            self.commit(name)
            return result

        return self.begin(work_and_commit)

    def commit(self, name: str) -> None:
        """Commit the work of this name."""
        passed(f"before commit {name}")
        self.session.commit()
        passed(f"after commit {name}")

    def begin(self, work: Callable[[], T]) -> T:
        """Do the first work of a transaction, which the caller commits.

        The work is tried again from its first line after a deadlock, a serialisation
        failure, a busy SQLite or two writers of the same new row. Pending writes of the
        host are committed before, so that a new try does not lose them.
        """
        self.session.commit()
        for pause in self._pauses:
            try:
                return self._begin_once(work)
            except DBAPIError as error:
                if not _is_passing(error):
                    raise
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
        return self._begin_once(work)

    def touch(self, row: Any) -> None:
        """Set ``updated_at`` of a row that has changed, by the app's clock."""
        if self.session.is_modified(row):
            row.updated_at = self.clock.now()

    def _begin_once(self, work: Callable[[], T]) -> T:
        try:
            self._make_reads_current()
            return work()
        except BaseException:
            self.session.rollback()
            raise

    def _make_reads_current(self) -> None:
        """Prepare a transaction in which locked rows are read as they are now.

        SQLite has no row locks, so the whole database is locked before reading. MariaDB
        and MySQL would go on reading the snapshot of the host's first query. So that
        transaction ends here, and the next one is READ COMMITTED.
        """
        dialect = self.session.get_bind(self._table).dialect.name
        if dialect in ("mariadb", "mysql"):
            self.session.commit()
            self.session.execute(
                sa.text("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"),
                bind_arguments={"mapper": self._table},
            )
        elif dialect == "sqlite":
            self.session.execute(
                sa.update(self._table)
                .where(sa.false())
                .values(id=self._table.id)
                .execution_options(synchronize_session=False)
            )


class Store:
    """Base class of all stores: their transactions, with session and clock."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    @property
    def session(self) -> AnySession:
        return self.transactions.session

    def now(self) -> datetime:
        """Return the present by the app's clock."""
        return self.transactions.clock.now()


S = TypeVar("S", bound=Store)


def atomic(
    method: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[S, P], T]:
    """Decorate a method of a store to run in one transaction; see ``Transactions.run``.

    The method's name is the name of the commit for :mod:`flask_antom.checkpoints`.
    """

    @functools.wraps(method)
    def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        work = functools.partial(method, store, *args, **kwargs)
        return store.transactions.run(method.__name__, work)

    return run


def _is_passing(error: DBAPIError) -> bool:
    """Whether the same work may succeed in a new try.

    If a unique key exists already, somebody else has just made the row, and the next
    try finds it. Other violated constraints stay violated.
    """
    cause = error.orig
    if type(cause).__module__ == "sqlite3":
        return any(words in str(cause) for words in _PASSING_WORDS)
    return any(code in _PASSING for code in _codes(cause))


def _codes(cause: BaseException | None) -> Iterator[str | int]:
    """Yield the codes of an error; each driver has them in another attribute."""
    attributes = (getattr(cause, name, None) for name in ("sqlstate", "pgcode"))
    for code in (*attributes, *getattr(cause, "args", ())[:1]):
        if isinstance(code, str | int):
            yield code

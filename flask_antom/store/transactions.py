"""Units of work: transactions of our own, tried again when the database asks for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ..checkpoints import passed
from ..clock import SYSTEM_CLOCK, SystemClock
from .connections import Connections
from .database_errors import is_conflict, is_lost, is_taken

T = TypeVar("T")
P = ParamSpec("P")

#: Seconds before the n-th new try of a transaction that the database refused.
PAUSES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)

_current: ContextVar[sa.Connection | None] = ContextVar(
    "flask_antom_unit", default=None
)


def wait(pause: float) -> None:
    """Wait up to so many seconds; a part of it is random."""
    time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311


class Transactions:
    """Transactions on connections of our own, never in the host's session.

    :param clock: the clock for the times that are written.
    :param pauses: seconds before each new try.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        clock: SystemClock = SYSTEM_CLOCK,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.connections = connections
        self.clock = clock
        self._pauses = pauses

    def execute(self, statement: Any, **values: Any) -> Any:
        """Execute a statement in the current unit of work."""
        connection = _current.get()
        if connection is None:
            raise RuntimeError("There is no unit of work: decorate with @atomic.")
        return connection.execute(statement, values)

    @property
    def dialect(self) -> str:
        """The name of the current unit's database."""
        connection = _current.get()
        return "" if connection is None else connection.dialect.name

    @property
    def can_return(self) -> bool:
        """Whether the current unit's database returns columns of an INSERT."""
        connection = _current.get()
        return connection is not None and connection.dialect.insert_returning

    def run(self, name: str, work: Callable[[], T]) -> T:
        """Do the work and commit it.

        The work is done again, from its first line, after a deadlock, a serialisation
        failure, a busy SQLite or two writers of the same new row. It is also done again
        if the connection is lost, even during COMMIT. Then it may have been committed:
        the work has to find its own rows.

        :param name: the name of the work, for :mod:`flask_antom.checkpoints`.
        """
        return self._patiently(partial(self._run_once, name, work))

    def _run_once(self, name: str, work: Callable[[], T]) -> T:
        with self.connections.begin() as unit:
            result = _do(work, unit.connection)
            passed(f"before commit {name}")
            unit.commit()
        passed(f"after commit {name}")
        return result

    def read(self, work: Callable[[], T]) -> T:
        """Do work that only reads; within a unit of work, as a part of it."""
        if _current.get() is not None:
            return work()
        return self._patiently(partial(self._read_once, work))

    def _read_once(self, work: Callable[[], T]) -> T:
        with self.connections.read() as connection:
            return _do(work, connection)

    def _patiently(self, once: Callable[[], T]) -> T:
        for pause in self._pauses:
            try:
                return once()
            except DBAPIError as error:
                if not (is_conflict(error) or is_taken(error) or is_lost(error)):
                    raise
            wait(pause)
        return once()


def _do(work: Callable[[], T], connection: sa.Connection) -> T:
    """Do the work as a unit on this connection."""
    token = _current.set(connection)
    try:
        return work()
    finally:
        _current.reset(token)


class Store:
    """Base class of all stores: their transactions, and their clock."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        self.execute: Callable[..., Any] = transactions.execute

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

    @wraps(method)
    def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        work = partial(method, store, *args, **kwargs)
        return store.transactions.run(method.__name__.lstrip("_"), work)

    return run


def reading(
    method: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[S, P], T]:
    """Decorate a method of a store that only reads; see ``Transactions.read``."""

    @wraps(method)
    def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        work = partial(method, store, *args, **kwargs)
        return store.transactions.read(work)

    return run

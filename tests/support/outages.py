"""A database that goes away in the middle of the work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass
class Outage:
    """The database is away from the n-th step on: a statement, a COMMIT, a connection.

    :ivar first: the n of it.
    :ivar steps: how many were asked for.
    """

    first: int
    steps: int = 0

    @property
    def struck(self) -> bool:
        return self.steps >= self.first

    def step(self) -> None:
        """Take the next step.

        :raises sqlite3.OperationalError: if the database is away.
        """
        self.steps += 1
        if self.struck:
            raise sqlite3.OperationalError("server closed the connection unexpectedly")


@contextmanager
def database_away(engine: sa.Engine, first: int) -> Iterator[Outage]:
    """Make the driver fail from the n-th step on, as one does whose server has gone."""
    outage = Outage(first)
    dialect: Any = engine.dialect

    def execute(*arguments: Any) -> None:
        outage.step()

    def note(context: Any) -> None:
        context.is_disconnect = outage.struck

    def commit(connection: Any) -> None:
        outage.step()
        connection.commit()

    listeners = (
        ("do_execute", execute),
        ("do_execute_no_params", execute),
        ("do_executemany", execute),
        ("do_connect", execute),
        ("handle_error", note),
    )
    for name, listener in listeners:
        sa.event.listen(engine, name, listener)
    dialect.do_commit = commit
    try:
        yield outage
    finally:
        del dialect.do_commit
        for name, listener in listeners:
            sa.event.remove(engine, name, listener)

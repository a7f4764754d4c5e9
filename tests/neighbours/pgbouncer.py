"""PgBouncer before the PostgreSQL of the tests, and the ways to go through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.concurrency.host_settings import Setting
from tests.neighbours import programs
from tests.neighbours.servers import as_another_user
from tests.support.processes import run_program

#: How many connections PgBouncer opens: its default, or one for each of its clients.
_CONNECTIONS = {"transaction": 20, "session": 40}


@dataclass(frozen=True)
class Pooled(Setting):
    """How a host has set up its database behind PgBouncer.

    :ivar pool_mode: PgBouncer's.
    :ivar prepares: whether psycopg may prepare statements, as it does by default.
    """

    pool_mode: str = "transaction"
    prepares: bool = False

    def __str__(self) -> str:
        kind = "-prepares" if self.prepares else ""
        return f"{self.driver}-{self.pool_mode}{kind}"

    def engine_options(self) -> dict[str, Any]:
        options = super().engine_options()
        if self.driver == "psycopg" and not self.prepares:
            options["connect_args"] = {"prepare_threshold": None}
        return options


#: psycopg as it is, in transaction mode: what the documentation warns of.
WRONG = Pooled("postgresql", "psycopg", prepares=True)

#: What the documentation says is right.
RIGHT = [
    Pooled("postgresql", "psycopg"),
    Pooled("postgresql", "psycopg2"),
    Pooled("postgresql", "pg8000"),
    Pooled("postgresql", "psycopg", pool_mode="session", prepares=True),
]


@contextmanager
def run_pgbouncer(url: str, pool_mode: str, directory: Path) -> Iterator[str]:
    """Run PgBouncer before a database until the end of the block; gives its URL.

    :param url: the database, by way of a Unix socket, as the pooler's is.
    """
    database = sa.make_url(url)
    host = database.query["host"]
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n* = host={host} port=5432 user={database.username}\n"
        f"[pgbouncer]\nunix_socket_dir = {directory}\nlisten_port = 5432\n"
        f"auth_type = any\npool_mode = {pool_mode}\n"
        f"default_pool_size = {_CONNECTIONS[pool_mode]}\n"
    )
    command = as_another_user(programs.program("pgbouncer"), str(configuration))
    with run_program(command, {}, directory) as program:
        program.until((directory / ".s.PGSQL.5432").exists)
        pooled = database.set(query={"host": str(directory)})
        yield pooled.render_as_string(hide_password=False)

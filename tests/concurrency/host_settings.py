"""How hosts set up their databases: drivers, isolation levels, sessions and pools."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import sqlalchemy as sa

#: Whether to try each level with each driver and each setting, as ``make neighbours``
#: does, in its environment.
NEIGHBOURS = bool(os.environ.get("ANTOM_NEIGHBOURS"))

#: The drivers that shops use, by kind of database; the first of each is in `.venv`.
DRIVERS = {
    "sqlite": ("pysqlite",),
    "sqlite-wal": ("pysqlite",),
    "postgresql": ("psycopg", "psycopg2", "pg8000"),
    "mariadb": ("pymysql", "mysqldb", "mariadbconnector"),
}

_SNAPSHOTS = "SET SESSION innodb_snapshot_isolation = "


@dataclass(frozen=True)
class Setting:
    """How a host has set up its database.

    :ivar kind: one of :data:`tests.support.databases.KINDS`.
    :ivar level: the engine's isolation level; ``None`` for the database's own.
    :ivar snapshots: MariaDB's ``innodb_snapshot_isolation``; ``None`` as it is.
    :ivar is_odd: whether its sessions neither flush by themselves nor expire.
    :ivar has_one_connection: whether all workers share one.
    """

    kind: str
    driver: str
    level: str | None = None
    snapshots: bool | None = None
    is_odd: bool = False
    has_one_connection: bool = False

    def __str__(self) -> str:
        snapshots = {True: "snapshots", False: "no-snapshots", None: None}
        words = (
            self.kind,
            self.driver,
            self.level and self.level.replace(" ", "-").lower(),
            snapshots[self.snapshots],
            "odd" if self.is_odd else None,
            "one-connection" if self.has_one_connection else None,
        )
        return "-".join(word for word in words if word)

    @property
    def is_serializable(self) -> bool:
        """Whether a receiver may count on what it has read."""
        return self.kind.startswith("sqlite") or self.level == "SERIALIZABLE"

    def engine_options(self) -> dict[str, Any]:
        """Return what the host writes into ``SQLALCHEMY_ENGINE_OPTIONS``."""
        options: dict[str, Any] = {"pool_timeout": 10}
        if self.level is not None:
            options["isolation_level"] = self.level
        if self.has_one_connection:
            options |= {"pool_size": 1, "max_overflow": 0}
        if self.snapshots is not None:
            begin = _SNAPSHOTS + ("ON" if self.snapshots else "OFF")
            options["connect_args"] = {"init_command": begin}
        return options


def with_driver(url: str, driver: str) -> str:
    """Return the URL of a database for another driver."""
    parts = sa.make_url(url)
    parts = parts.set(drivername=f"{parts.get_backend_name()}+{driver}")
    if driver == "pg8000":
        address = f"{parts.query['host']}/.s.PGSQL.5432"
        parts = parts.set(query={"unix_sock": address})
    return parts.render_as_string(hide_password=False)


RR, SERIALIZABLE = "REPEATABLE READ", "SERIALIZABLE"

#: PostgreSQL's own level is READ COMMITTED, and MariaDB's own is REPEATABLE READ.
LEVELS: dict[str, tuple[str | None, ...]] = {
    "postgresql": (None, RR, SERIALIZABLE),
    "mariadb": (None, "READ COMMITTED", SERIALIZABLE),
}

#: Those that a run tries; each level, each kind of session and pool is among them.
FEW = [
    Setting("sqlite", "pysqlite"),
    Setting("sqlite", "pysqlite", is_odd=True, has_one_connection=True),
    Setting("sqlite-wal", "pysqlite"),
    Setting("postgresql", "psycopg"),
    Setting("postgresql", "psycopg", RR),
    Setting("postgresql", "psycopg", SERIALIZABLE),
    Setting("postgresql", "psycopg", RR, is_odd=True),
    Setting("postgresql", "psycopg", is_odd=True, has_one_connection=True),
    Setting("mariadb", "pymysql", snapshots=False),
    Setting("mariadb", "pymysql", snapshots=True),
    Setting("mariadb", "pymysql", SERIALIZABLE, snapshots=False),
    Setting("mariadb", "pymysql", SERIALIZABLE, snapshots=True),
    Setting("mariadb", "pymysql", snapshots=True, is_odd=True, has_one_connection=True),
]


def every_setting() -> Iterator[Setting]:
    """Return all settings."""
    for kind, drivers in DRIVERS.items():
        levels = LEVELS.get(kind, (None,))
        snapshots = (False, True) if kind == "mariadb" else (None,)
        both = (False, True)
        for values in product(drivers, levels, snapshots, both, both):
            yield Setting(kind, *values)

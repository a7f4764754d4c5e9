"""Two connections that want the same rows, so that a real database refuses one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from tests.support.offline import OfflineShop, open_offline
from tests.support.processes import until

#: The ids of two rows of stock, which no sequence of a test reaches: databases last.
A, B = 1_000_000_001, 1_000_000_002

#: A lock is waited for a moment, by the name of the dialect.
IMPATIENT: dict[str, dict[str, Any]] = {
    "postgresql": {"options": "-c lock_timeout=50"},
    "mariadb": {"init_command": "SET innodb_lock_wait_timeout = 1"},
    "sqlite": {"timeout": 0.05},
    "sqlite-wal": {"timeout": 0.05},
}

#: So heavy a transaction is not the victim of a deadlock on MariaDB.
_MANY = 200

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@contextmanager
def open_stocked(url: str, **engine: Any) -> Iterator[OfflineShop]:
    """Open a shop with stock, whose engine has these options."""
    settings = {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": engine}
    with open_offline(**settings) as offline:
        offline.add_payment()
        add_stock(offline)
        yield offline


def add_stock(offline: OfflineShop) -> None:
    """Add the rows, of which nothing is taken yet."""
    shop = offline.shop
    with shop.app.app_context():
        for ref in (A, B):
            shop.db.session.add(
                shop.fulfilment(id=ref, order_reference="stock", request_id="")
            )
        shop.db.session.commit()


def take(connection: Any, offline: OfflineShop, ref: int) -> None:
    """Take one from the stock, over a connection or in a session."""
    table = offline.shop.fulfilment.__table__
    mark = {"about": table.c.about + "x"}
    connection.execute(sa.update(table).where(table.c.id == ref).values(mark))


def taken(offline: OfflineShop) -> tuple[int, int]:
    """Return how many were taken of each."""
    rows = {row.id: row for row in offline.shop.rows(offline.shop.fulfilment)}
    return len(rows[A].about), len(rows[B].about)


@contextmanager
def elsewhere(offline: OfflineShop, **options: Any) -> Iterator[sa.Connection]:
    """Open another connection to the shop's database."""
    url = offline.shop.settings["SQLALCHEMY_DATABASE_URI"]
    engine = sa.create_engine(url, poolclass=sa.NullPool, **options)
    with engine.connect() as connection:
        yield connection


def run_into_a_deadlock(offline: OfflineShop, pool: Executor) -> Future[None]:
    """Take A, then B, while another transaction takes B, then A.

    The database undoes ours: this raises, and the other takes both once ours is over.

    :returns: the other's end, if ours was not refused.
    """
    session, holds_b = offline.shop.db.session, threading.Event()
    is_postgres = session.get_bind().dialect.name == "postgresql"

    def take_the_other_way_round() -> None:
        table = offline.shop.fulfilment.__table__
        row = {"order_reference": "other", "request_id": "", "about": ""}
        with elsewhere(offline) as connection, connection.begin():
            if is_postgres:
                connection.execute(sa.text("SET LOCAL deadlock_timeout = '1min'"))
            take(connection, offline, B)
            connection.execute(sa.insert(table), [row] * _MANY)
            holds_b.set()
            take(connection, offline, A)

    if is_postgres:  # whoever looks for the deadlock ends
        session.execute(sa.text("SET LOCAL deadlock_timeout = '10ms'"))
    take(session, offline, A)
    other = pool.submit(take_the_other_way_round)
    assert holds_b.wait(30)
    if is_postgres:
        with elsewhere(offline, isolation_level="AUTOCOMMIT") as connection:
            until(lambda: connection.scalar(_WAITING))
    take(session, offline, B)
    return other


def run_into_a_lock(offline: OfflineShop) -> None:
    """Take B while another transaction holds it, which then gives up.

    The shop's engine needs the options of :data:`IMPATIENT`.
    """
    with elsewhere(offline) as connection, connection.begin() as transaction:
        take(connection, offline, B)
        try:
            take(offline.shop.db.session, offline, B)
        finally:
            transaction.rollback()

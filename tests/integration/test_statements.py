"""A notification costs few statements, and a copy of it no lock."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from flask_antom import Money
from tests.support.databases import new_database
from tests.support.offline import SESSION, OfflineShop, failed, open_offline
from tests.support.shop import make_order

#: The shop's own receiver inserts a row; SQLite is locked by an empty update.
LOCK, RECEIVER = "UPDATE antom_payment", "INSERT fulfilment"


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


@contextmanager
def recorded(offline: OfflineShop) -> Iterator[list[str]]:
    """Record the statements of the block: their verb and their first table."""
    statements: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        verb, *words = statement.split()
        table = words[words.index("FROM") + 1] if verb == "SELECT" else words[0]
        statements.append(f"{verb} {words[1] if verb == 'INSERT' else table}")

    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
    sa.event.listen(engine, "before_cursor_execute", record)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", record)


def test_a_new_notification_takes_nine_statements(offline: OfflineShop) -> None:
    with recorded(offline) as statements:
        assert offline.notify().status_code == 200
    assert statements == [
        LOCK,
        "SELECT antom_notification",
        "SELECT antom_payment",
        "UPDATE antom_payment",
        "SELECT antom_event",
        "INSERT antom_event",
        "INSERT antom_notification",
        "UPDATE antom_event",
        "SELECT antom_event",
        RECEIVER,
        "SELECT antom_event",  # whether the mark still stands
    ]


@pytest.fixture
def on_postgresql(postgres_url: str) -> Iterator[OfflineShop]:
    with (
        new_database(postgres_url) as url,
        open_offline(SQLALCHEMY_DATABASE_URI=url) as offline,
    ):
        offline.add_payment()
        with recorded(offline):
            offline.shop.payments()  # what a new connection asks is not counted
        yield offline


def test_on_postgresql_it_takes_three_and_a_copy_one(
    on_postgresql: OfflineShop,
) -> None:
    with recorded(on_postgresql) as statements:
        assert on_postgresql.notify().status_code == 200
    assert [verb for verb, *_ in map(str.split, statements)] == [
        "WITH",  # looks, and counts a copy
        "WITH",  # writes payment, notification and event
        "WITH",  # marks the event and reads the payment
        "INSERT",
    ]
    assert statements[-1] == RECEIVER
    with recorded(on_postgresql) as statements:
        assert on_postgresql.notify().status_code == 200
    assert len(statements) == 1


def test_a_new_session_takes_two_statements(offline: OfflineShop) -> None:
    offline.answers["createPaymentSession"] = SESSION
    offline.shop.orders["A-2"] = make_order("A-2", Money(100, "MYR"))
    with recorded(offline) as statements:
        assert offline.shop.pay("A-2").status_code == 201
    store_session = "UPDATE antom_payment"
    assert statements == [LOCK, "INSERT antom_payment", LOCK, store_session]


def test_a_copy_takes_three_statements(offline: OfflineShop) -> None:
    offline.notify()
    with recorded(offline) as statements:
        assert offline.notify().status_code == 200
    assert statements == [
        LOCK,
        "SELECT antom_notification",
        "SELECT antom_event",
        "UPDATE antom_notification",
    ]
    assert offline.tables.notifications == [("PAYMENT_RESULT", "applied", 2)]


@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_a_copy_waits_for_nobody_who_works_on_its_order(
    server: str, request: pytest.FixtureRequest
) -> None:
    with (
        new_database(request.getfixturevalue(server)) as url,
        open_offline(SQLALCHEMY_DATABASE_URI=url) as offline,
        ThreadPoolExecutor() as pool,
    ):
        offline.add_payment()
        offline.notify()
        shop = offline.shop
        with shop.app.app_context():
            payment = shop.db.select(shop.antom.Payment).with_for_update()
            shop.db.session.scalars(payment).one()
            assert pool.submit(offline.notify).result(timeout=30).status_code == 200
            shop.db.session.rollback()
        assert offline.tables.notifications == [("PAYMENT_RESULT", "applied", 2)]


def waiting(engine: sa.Engine) -> int:
    """Count the connections to a PostgreSQL that wait for a lock."""
    with engine.connect() as connection:
        count: int = connection.scalar(
            sa.text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
        )
    return count


def test_an_orphan_that_was_taken_meanwhile_is_a_copy(postgres_url: str) -> None:
    news = {"paymentRequestId": "late", "result": failed()}
    with (
        new_database(postgres_url) as url,
        open_offline(SQLALCHEMY_DATABASE_URI=url) as offline,
        ThreadPoolExecutor() as pool,
    ):
        assert offline.notify(**news).status_code == 404
        offline.add_payment("late")
        shop = offline.shop
        with shop.app.app_context():
            stored = shop.db.select(shop.antom.Notification).with_for_update()
            shop.db.session.scalars(stored).one()
            repeats = [pool.submit(offline.notify, **news) for _ in range(4)]
            while waiting(shop.db.engine) < len(repeats):
                assert not any(repeat.done() for repeat in repeats)
            shop.db.session.rollback()
        assert [repeat.result().status_code for repeat in repeats] == [200] * 4
        assert offline.tables.notifications == [("PAYMENT_RESULT", "applied", 5)]
        assert offline.signals == [("payment_failed", "late")]

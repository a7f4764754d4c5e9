"""Does a host's test suite that rolls back each test see what its users see?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom import Money
from flask_antom.errors import NotPossible
from flask_antom.signals import payment_succeeded
from tests.support import shop as shops
from tests.support.conflicts import elsewhere
from tests.support.offline import OfflineShop, open_offline
from tests.support.receivers import Switch, write_row, written
from tests.support.story import TEN, assert_books_are_right, play, prepare

pytestmark = pytest.mark.every_database

MODES = ["create_savepoint", "conditional_savepoint"]


@pytest.fixture
def offline(
    shop_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OfflineShop]:
    """A shop whose sessions join a transaction in the way of the parameter."""
    mode = getattr(request, "param", "create_savepoint")
    options = shops.db.session.session_factory.kw
    monkeypatch.setitem(options, "join_transaction_mode", mode)
    with open_offline(SQLALCHEMY_DATABASE_URI=shop_url) as offline:
        prepare(offline)
        yield offline


@contextmanager
def rolled_back(offline: OfflineShop) -> Iterator[None]:
    """Undo all that the block commits, as the test suites of hosts do.

    Each session joins the transaction of one connection.
    """
    engines, key = shops.db._app_engines[offline.shop.app], None
    engine = engines[key]
    assert isinstance(engine, sa.Engine)
    if engine.name == "sqlite":  # the driver begins too late for a savepoint
        engine.dispose()
        sa.event.listen(engine, "connect", leave_begin_to_us)
        sa.event.listen(engine, "begin", begin)
    with engine.connect() as connection:
        transaction = connection.begin()
        engines[key] = connection  # type: ignore[assignment]
        try:
            yield
        finally:
            engines[key] = engine
            if transaction.is_active:
                transaction.rollback()


def leave_begin_to_us(connection: Any, record: Any) -> None:
    connection.isolation_level = None


def begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def assert_nothing_is_left(offline: OfflineShop) -> None:
    with elsewhere(offline) as connection:
        for table in shops.db.metadata.sorted_tables:
            assert connection.execute(sa.select(table)).all() == []


@pytest.mark.parametrize("offline", MODES, indirect=True)
def test_each_test_plays_the_whole_story_and_leaves_nothing(
    offline: OfflineShop,
) -> None:
    for _ in range(2):
        with rolled_back(offline):
            play(offline)
            offline.shop.sweep()
            assert_books_are_right(offline)
        assert_nothing_is_left(offline)


def test_a_receiver_that_fails_takes_back_its_own_writes_only(
    offline: OfflineShop,
) -> None:
    switch = Switch()

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        write_row(offline, "receiver")
        offline.shop.db.session.flush()
        switch(app)

    offline.shop.connect(payment_succeeded, fulfil)
    with rolled_back(offline):
        with offline.shop.app.app_context():
            write_row(offline, "before")
            offline.shop.db.session.commit()
        offline.add_payment()
        assert offline.notify().status_code == 500
        assert offline.tables.payments[0][1] == "succeeded"
        assert (written(offline), offline.shop.fulfilled()) == (["before"], 0)
        switch.is_broken = False
        assert offline.notify().status_code == 200
        assert (written(offline), offline.shop.fulfilled()) == (
            ["before", "receiver"],
            1,
        )
    assert_nothing_is_left(offline)


def test_a_call_refuses_what_is_not_committed_here_either(
    offline: OfflineShop,
) -> None:
    with rolled_back(offline):
        play(offline)
        asked = len(offline.calls)
        model, session = offline.shop.antom.Payment, offline.shop.db.session
        with offline.shop.app.app_context():
            payment = session.scalars(offline.shop.db.select(model)).one()
            write_row(offline, "flushed")
            session.flush()
            with pytest.raises(NotPossible, match="commit"):
                offline.shop.antom.refund(payment, TEN)
            session.rollback()
            offline.shop.antom.refund(payment, TEN, again=True)
        assert [operation for operation, _ in offline.calls[asked:]] == ["refund"]
        assert written(offline) == ["A-1"]
    assert_nothing_is_left(offline)


@pytest.mark.parametrize("end", ["rollback", "close"])
def test_what_is_booked_outlives_a_session_that_only_read(
    offline: OfflineShop, end: str
) -> None:
    """A session that reads has opened a savepoint, which its end may roll back."""
    session, five = offline.shop.db.session, Money(500, "MYR")
    with rolled_back(offline):
        play(offline)
        with offline.shop.app.app_context():
            query = offline.shop.db.select(offline.shop.antom.Payment)
            payment = session.scalars(query).one()
            offline.shop.antom.refund(payment, five)
            getattr(session, end)()
        assert offline.shop.payments()[0].refunded == TEN + five
        assert offline.tables.refunds == 2
    assert_nothing_is_left(offline)

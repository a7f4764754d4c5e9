"""In which set-ups of Flask-SQLAlchemy does a shop sell? In all that are in use."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy.session import Session

from flask_antom.errors import ConfigError, NotPossible
from flask_antom.signals import payment_succeeded
from tests.support import shop as shops
from tests.support.databases import new_database
from tests.support.offline import GUIDE, OfflineShop, open_offline
from tests.support.receivers import Switch, is_delivered, write_row, written
from tests.support.story import TEN, assert_books_are_right, count_rows, play, prepare


@contextmanager
def open_shop(url: str, binds: Any = None, **engine: Any) -> Iterator[OfflineShop]:
    settings = {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": engine}
    if binds is not None:
        settings["SQLALCHEMY_BINDS"] = binds
    with open_offline(**settings) as offline:
        prepare(offline)
        yield offline


def test_in_memory() -> None:
    with open_shop("sqlite://") as offline:
        play(offline)
        offline.shop.sweep()
        assert_books_are_right(offline)


def test_in_memory_a_sync_loses_nothing_that_the_host_has_flushed() -> None:
    """There is one connection: it is refused, or the host's row is still there."""
    with open_shop("sqlite://") as offline:
        play(offline)
        session, model = offline.shop.db.session, offline.shop.antom.Payment
        with offline.shop.app.app_context():
            payment = session.scalars(offline.shop.db.select(model)).one()
            offline.answers["inquiryPayment"] = GUIDE | {
                "paymentRequestId": payment.request_id,
                "paymentStatus": "SUCCESS",
            }
            write_row(offline, "flushed")
            session.flush()
            with contextlib.suppress(NotPossible):
                offline.shop.antom.sync(payment)
            session.commit()
        assert written(offline) == ["A-1", "flushed"]


@pytest.mark.every_database
def test_one_connection_for_one_thread(shop_url: str) -> None:
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 2}
    with open_shop(shop_url, **pool) as offline:
        play(offline)
        offline.shop.sweep()
        assert_books_are_right(offline)


@pytest.mark.every_database
def test_one_connection_for_two_threads(shop_url: str) -> None:
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 20}
    both = threading.Barrier(2)

    def sell(reference: str) -> None:
        both.wait(30)
        play(offline, reference)

    references = ["A-1", "A-2"]
    with open_shop(shop_url, **pool) as offline, ThreadPoolExecutor(2) as threads:
        list(threads.map(sell, references, timeout=100))
        offline.shop.sweep()
        for reference in references:
            assert_books_are_right(offline, reference)


@pytest.mark.every_database
def test_a_host_that_has_read_before_needs_no_second_connection(shop_url: str) -> None:
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 2}
    with open_shop(shop_url, **pool) as offline:
        offline.add_payment()
        offline.answers["inquiryPayment"] = GUIDE | {"paymentStatus": "SUCCESS"}
        with offline.shop.app.app_context():
            model = offline.shop.antom.Payment
            query = offline.shop.db.select(model)
            payment = offline.shop.db.session.scalars(query).one()
            assert count_rows(offline) == 0
            offline.shop.antom.sync(payment)
            assert (payment.status, count_rows(offline)) == ("succeeded", 1)
            offline.shop.antom.refund(payment, TEN)
            assert payment.refunded == TEN
        assert_books_are_right(offline)


@pytest.mark.parametrize("server", ["two_phase_postgres_url", "mariadb_url"])
def test_commits_in_two_phases(
    server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = shops.db.session.session_factory
    monkeypatch.setitem(factory.kw, "twophase", True)
    with (
        new_database(request.getfixturevalue(server)) as url,
        open_shop(url) as offline,
    ):
        play(offline)
        offline.shop.sweep()
        assert_books_are_right(offline)


class RoutingSession(Session):
    """Reads from the replica, and writes to the leader."""

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **kwargs: Any
    ) -> Any:
        engines = shops.db.engines
        if "replica" not in engines:
            return super().get_bind(mapper, clause, bind, **kwargs)
        writes = self._flushing or isinstance(clause, sa.UpdateBase)
        return engines[None if writes else "replica"]


def replica_of(url: str, kind: str) -> dict[str, Any]:
    """Return an engine of the same database that refuses to write."""
    if kind == "postgresql":
        options = "-c default_transaction_read_only=on"
        return {"url": url, "connect_args": {"options": options}}
    if kind == "mariadb":
        command = "SET SESSION TRANSACTION READ ONLY"
        return {"url": url, "connect_args": {"init_command": command}}
    file = sa.make_url(url).database
    return {"url": f"sqlite:///file:{file}?mode=ro&uri=true"}


@pytest.mark.every_database
def test_a_replica_that_refuses_to_write(
    shop_url: str, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = shops.db.session.session_factory
    monkeypatch.setattr(factory, "class_", RoutingSession)
    binds = {"replica": replica_of(shop_url, database_kind)}
    with open_shop(shop_url, binds=binds) as offline:
        del shops.db.metadatas["replica"]  # it is of this app only
        with offline.shop.app.app_context():
            replica = offline.shop.db.engines["replica"].connect()
        with replica, pytest.raises(sa.exc.DBAPIError):
            replica.execute(sa.text("DELETE FROM antom_payment"))
        play(offline)
        offline.shop.sweep()
        assert_books_are_right(offline)


@pytest.mark.every_database
def test_without_transactions_it_works_or_is_refused(shop_url: str) -> None:
    """With AUTOCOMMIT the database keeps what a failed receiver has written."""
    switch = Switch()

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        write_row(offline, "own")
        offline.shop.db.session.flush()
        switch(app)

    with open_shop(shop_url, isolation_level="AUTOCOMMIT") as offline:
        offline.add_payment()
        offline.shop.connect(payment_succeeded, fulfil)
        before = offline.tables
        try:
            status = offline.notify().status_code
        except ConfigError as error:
            refusal = str(error)
        else:
            refusal = ""
        if refusal:
            assert "AUTOCOMMIT" in refusal
            assert offline.tables == before
            assert (switch.calls, written(offline)) == (0, [])
            return
        assert status == 500
        switch.is_broken = False
        assert [offline.notify().status_code for _ in range(2)] == [200, 200]
        assert is_delivered(offline)
        assert (written(offline), offline.shop.fulfilled()) == (["own"], 1)

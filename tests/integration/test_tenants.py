"""Tenants that share tables' names: each has a schema of its own."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from flask_antom.errors import ConfigError
from tests.support import shop as shops
from tests.support.databases import new_database
from tests.support.offline import OfflineShop, open_offline
from tests.support.story import assert_books_are_right, play, prepare

TENANT = "SET LOCAL search_path TO tenant"


def connect() -> sa.Connection:
    """Return a connection whose transaction sees the tenant's tables."""
    connection = shops.db.engine.connect()
    connection.execute(sa.text(TENANT))
    return connection


def choose_tenant(
    session: orm.Session, transaction: orm.SessionTransaction, connection: sa.Connection
) -> None:
    connection.execute(sa.text(TENANT))


@pytest.fixture
def tenant(postgres_url: str) -> Iterator[OfflineShop]:
    """A shop whose sessions see the tables of one tenant; the public ones are empty."""
    with (
        new_database(postgres_url) as url,
        open_offline({"connect": connect}, SQLALCHEMY_DATABASE_URI=url) as offline,
    ):
        with offline.shop.app.app_context(), shops.db.engine.begin() as connection:
            connection.execute(sa.text("CREATE SCHEMA tenant"))
            connection.execute(sa.text(TENANT))
            shops.db.metadata.create_all(connection)
        sa.event.listen(shops.db.session, "after_begin", choose_tenant)
        try:
            prepare(offline)
            yield offline
        finally:
            sa.event.remove(shops.db.session, "after_begin", choose_tenant)


def test_the_books_are_in_the_schema_of_the_tenant(tenant: OfflineShop) -> None:
    play(tenant)
    tenant.shop.sweep()
    assert_books_are_right(tenant)
    with tenant.shop.app.app_context(), shops.db.engine.connect() as connection:
        for table in shops.db.metadata.sorted_tables:
            assert connection.execute(sa.select(table)).all() == [], table.name


@pytest.mark.skipif(
    "execution_options" not in signature(orm.Session).parameters,
    reason="Sessions of SQLAlchemy 2.0 have no such options.",
)
def test_a_session_that_translates_schemas_needs_connect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options: dict[str, Any] = shops.db.session.session_factory.kw
    translated = {"schema_translate_map": {None: "tenant"}}
    monkeypatch.setitem(options, "execution_options", translated)
    with open_offline() as offline, pytest.raises(ConfigError, match="connect="):
        offline.shop.pay()

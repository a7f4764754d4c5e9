"""Mistakes that only databases on servers can have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import Migrate  # type: ignore[import-untyped]

from tests.integration.checks.hosts import check, open_host
from tests.support.clocks import Stopwatch
from tests.support.databases import empty_database
from tests.support.shop import db

SERVERS = ("postgresql", "mariadb")


@pytest.fixture
def server_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database on the server that the test is for."""
    with empty_database(request.param, request, tmp_path) as url:
        yield url


def on(url: str, **settings: Any) -> dict[str, Any]:
    return {"SQLALCHEMY_DATABASE_URI": url} | settings


@pytest.mark.parametrize("server_url", SERVERS, indirect=True)
def test_tables_as_they_are_made_are_well(server_url: str) -> None:
    with open_host(on(server_url)) as host:
        assert check(host.app) == {}


@pytest.mark.parametrize("server_url", SERVERS, indirect=True)
@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_far_from_the_databases_is_named(server_url: str, minutes: int) -> None:
    clock = Stopwatch()
    clock.wind(timedelta(minutes=minutes))
    with open_host(on(server_url), clock=clock) as host:
        found = check(host.app)
    assert [*found] == ["database.clock"]
    assert "are 600 seconds apart" in found["database.clock"]["what"]


@pytest.mark.parametrize("server_url", SERVERS, indirect=True)
def test_a_narrow_column_is_named(server_url: str) -> None:
    with open_host(on(server_url)) as host:
        host.execute(NARROW[sa.make_url(server_url).get_backend_name()])
        found = check(host.app)
    assert [*found] == ["tables.narrow"]
    assert "method takes 20 characters, and 64 are" in found["tables.narrow"]["what"]


NARROW = {
    "postgresql": "ALTER TABLE antom_payment ALTER method TYPE varchar(20)",
    "mariadb": "ALTER TABLE antom_payment MODIFY method varchar(20)"
    " COLLATE utf8mb4_bin NOT NULL",
}


@pytest.mark.parametrize("server_url", SERVERS, indirect=True)
def test_a_lost_constraint_and_index_are_named(server_url: str) -> None:
    with open_host(on(server_url)) as host:
        for statement in DROPS[sa.make_url(server_url).get_backend_name()]:
            host.execute(statement)
        found = check(host.app)
    assert [*found] == ["tables.unique", "tables.index"]
    assert "over open_key" in found["tables.unique"]["what"]
    assert "over outcome" in found["tables.index"]["what"]


DROPS = {
    "postgresql": [
        "ALTER TABLE antom_payment DROP CONSTRAINT antom_payment_open_key_key",
        "DROP INDEX ix_antom_notification_outcome",
    ],
    "mariadb": [
        "ALTER TABLE antom_payment DROP INDEX open_key",
        "ALTER TABLE antom_notification DROP INDEX ix_antom_notification_outcome",
    ],
}


@pytest.mark.parametrize("server_url", ["mariadb"], indirect=True)
def test_tables_without_transactions_are_named(server_url: str) -> None:
    with open_host(on(server_url)) as host:
        host.execute("ALTER TABLE antom_notification ENGINE = MyISAM")
        found = check(host.app)
    assert [*found] == ["tables.engine"]
    assert (
        "ALTER TABLE antom_notification ENGINE = InnoDB"
        in (found["tables.engine"]["cure"])
    )


@pytest.mark.parametrize("server_url", ["mariadb"], indirect=True)
def test_a_collation_that_takes_two_ids_for_one_is_named(server_url: str) -> None:
    with open_host(on(server_url)) as host:
        host.execute(
            "ALTER TABLE antom_notification"
            " CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
        )
        found = check(host.app)
    assert [*found] == ["tables.collation"]
    assert "utf8mb4_general_ci" in found["tables.collation"]["what"]


@pytest.mark.parametrize("server_url", SERVERS, indirect=True)
@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ"])
def test_other_isolation_levels_are_well(server_url: str, level: str) -> None:
    options = {"isolation_level": level}
    settings = on(server_url, SQLALCHEMY_ENGINE_OPTIONS=options)
    with open_host(settings) as host:
        assert check(host.app) == {}


# Migrations.


def test_a_table_that_was_never_migrated_names_the_command(tmp_path: Path) -> None:
    def add(app: Flask) -> None:
        Migrate(app, db, directory=str(tmp_path))

    with open_host(prepare=add) as host:
        host.execute("DROP TABLE antom_event")
        assert "flask db migrate" in check(host.app)["tables.missing"]["cure"]
        (tmp_path / "versions").mkdir()
        (tmp_path / "versions" / "one.py").write_text(REVISION)
        cure = check(host.app)["tables.missing"]["cure"]
    assert cure == "Run flask db upgrade."


REVISION = """
revision = "1"
down_revision = None
"""

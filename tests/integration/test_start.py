"""The start of an app: which modules it loads, and which come later."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.schema import CreateIndex, CreateTable

from flask_antom import FlaskAntom
from flask_antom.models import PaymentMixin
from flask_antom.store.host_models import Models, complete
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import shop_settings

#: Modules that a shop on SQLite does not need at its start.
LATER = {
    "flask_antom.browser_sdk.vendoring",
    "flask_antom.cli.setup",
    "flask_antom.cli.upkeep",
    "flask_antom.contrib",
    "flask_antom.simulator",
    "flask_antom.testing",
    "flask_babel",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.postgresql",
}

START = """
import json, sys
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_antom import FlaskAntom

app = Flask("shop")
app.config.update(json.loads(sys.stdin.read()))
db = SQLAlchemy(app)
FlaskAntom(app, db=db)
print(json.dumps([*sys.modules]))
"""


@pytest.mark.slow
def test_a_start_loads_no_more_than_it_needs() -> None:
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    settings["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    done = subprocess.run(
        [sys.executable, "-c", START],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert {"flask_antom", "sqlalchemy.dialects.sqlite"} <= loaded
    assert loaded & LATER == set()


def ddl_on(name: str, create: CreateTable | CreateIndex) -> str:
    """Return the text of a statement on a database."""
    dialect = sa.make_url(f"{name}://").get_dialect()()
    return " ".join(str(create.compile(dialect=dialect)).split())


@pytest.fixture
def antom() -> Any:
    return FlaskAntom(db=SQLAlchemy())


@pytest.mark.parametrize("name", ["mysql+pymysql", "mariadb+pymysql"])
def test_mysql_has_long_texts_and_microseconds_of_its_own(
    name: str, antom: Any
) -> None:
    create = ddl_on(name, CreateTable(antom.Notification.__table__))
    assert " MEDIUMTEXT NOT NULL" in create
    assert "received_at DATETIME(6) NOT NULL" in create
    assert create.endswith("COLLATE utf8mb4_bin")


@pytest.mark.parametrize("name", ["sqlite", "postgresql+psycopg"])
def test_other_databases_have_none_of_that(name: str, antom: Any) -> None:
    create = ddl_on(name, CreateTable(antom.Notification.__table__))
    assert " TEXT NOT NULL" in create
    assert "(6)" not in create
    assert "COLLATE" not in create


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("sqlite", "(status) WHERE status = 'review'"),
        ("postgresql+psycopg", "(status) WHERE status = 'review'"),
        ("mysql+pymysql", "(status)"),
    ],
)
def test_the_index_of_reviews_is_small_where_it_can_be(
    name: str, end: str, antom: Any
) -> None:
    (index,) = (
        index
        for index in antom.Payment.__table__.indexes
        if index.columns.keys() == ["status"]
    )
    assert ddl_on(name, CreateIndex(index)).endswith(end)


def test_options_of_dialects_are_in_a_copy_of_the_table(antom: Any) -> None:
    table = antom.Event.__table__
    assert "mysql" in table.dialect_options
    assert dict(table.to_metadata(sa.MetaData()).kwargs) == {
        "mysql_collate": "utf8mb4_bin",
        "mariadb_collate": "utf8mb4_bin",
    }


def test_the_same_models_may_serve_many_apps(antom: Any) -> None:
    models = Models(antom.Payment, antom.Refund, antom.Notification, antom.Event)
    for _ in range(sys.getrecursionlimit()):
        complete(models)
    assert ddl_on("mysql+pymysql", CreateTable(antom.Payment.__table__)).endswith(
        "COLLATE utf8mb4_bin"
    )


def test_a_host_keeps_its_own_options() -> None:
    db = SQLAlchemy()

    class Payment(PaymentMixin, db.Model):  # type: ignore[name-defined, misc]
        __table_args__ = {  # noqa: RUF012
            "mysql_collate": "utf8mb4_0900_bin",
            "sqlite_with_rowid": False,
        }

    FlaskAntom(db=db, payment_model=Payment)
    table: Any = Payment.__table__
    assert dict(table.kwargs) == {
        "mysql_collate": "utf8mb4_0900_bin",
        "mariadb_collate": "utf8mb4_bin",
        "sqlite_with_rowid": False,
    }

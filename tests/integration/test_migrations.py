"""The migrations that Flask-Migrate writes for the four tables, on each database."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.databases import KINDS, empty_database, new_database
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.offline import open_offline
from tests.support.paths import ROOT
from tests.support.shop import shop_settings

TABLES = {"antom_payment", "antom_refund", "antom_notification", "antom_event"}


@pytest.fixture(params=[kind for kind in KINDS if kind != "sqlite-wal"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, request, tmp_path) as url:
        yield url


MIGRATED_APP = """
import json, os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_antom import FlaskAntom

app = Flask(__name__)
app.config.update(json.loads(os.environ["SHOP_SETTINGS"]))
db = SQLAlchemy(app)
migrate = Migrate(app, db)

class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)

antom = FlaskAntom(app, db=db)
"""


def flask_db(
    folder: Path, url: str, *arguments: str, settings: dict[str, Any] | None = None
) -> str:
    """Run ``flask db`` in the host's folder, on a database; gives what it prints."""
    if settings is None:
        settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    settings = settings | {"SQLALCHEMY_DATABASE_URI": url}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "db", *arguments],
        cwd=folder,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "SHOP_SETTINGS": json.dumps(settings)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def migrate(folder: Path, url: str) -> Path:
    """Write the first migration with Flask-Migrate, for an empty database."""
    (folder / "app.py").write_text(MIGRATED_APP)
    flask_db(folder, url, "init")
    flask_db(folder, url, "migrate")
    (script,) = (folder / "migrations" / "versions").glob("*.py")
    return script


def check_migration(folder: Path, url: str) -> None:
    """Apply the migration, find nothing left to change, pay, and undo it."""
    flask_db(folder, url, "upgrade")
    assert "No new upgrade operations detected" in flask_db(folder, url, "check")
    with open_offline(SQLALCHEMY_DATABASE_URI=url) as offline:
        offline.add_payment()
        assert offline.notify().status_code == 200
        assert offline.signals == [("payment_succeeded", "paymentRequestId01")]
    flask_db(folder, url, "downgrade")
    engine = sa.create_engine(url)
    assert not TABLES & set(sa.inspect(engine).get_table_names())
    engine.dispose()


@pytest.mark.slow
def test_migrations_need_no_keys(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(MIGRATED_APP)
    url = f"sqlite:///{tmp_path / 'shop.sqlite'}"
    for command in ("init", "migrate", "upgrade"):
        flask_db(tmp_path, url, command, settings={})
    engine = sa.create_engine(url)
    assert set(sa.inspect(engine).get_table_names()) >= TABLES
    engine.dispose()


@pytest.mark.slow
def test_flask_migrate_sees_the_tables_and_never_drops_them(
    database_url: str, tmp_path: Path
) -> None:
    script = migrate(tmp_path, database_url)
    upgrade = script.read_text().partition("def upgrade")[2].partition("def down")[0]
    created = set(re.findall(r"op\.create_table\(\s*'(\w+)'", upgrade))
    assert created == {*TABLES, "order"}
    check_migration(tmp_path, database_url)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_migration_that_was_written_on_sqlite_serves_a_server(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    migrate(tmp_path, f"sqlite:///{tmp_path / 'developer.sqlite'}")
    with empty_database(kind, request, tmp_path) as url:
        check_migration(tmp_path, url)


@pytest.mark.slow
def test_a_database_in_latin1_needs_no_second_migration(
    mariadb_url: str, tmp_path: Path
) -> None:
    with new_database(mariadb_url) as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            name = sa.make_url(url).database
            connection.execute(sa.text(f"ALTER DATABASE {name} CHARACTER SET latin1"))
        migrate(tmp_path, url)
        check_migration(tmp_path, url)

"""The tables of Flask-Antom and of the floor, filled with old rows.

For tables that it knows as empty, the database plans to read every row.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask

from benchmarks import floor
from benchmarks.shop import AMOUNT, db, make_shop, payment_row
from flask_antom import FlaskAntom

PAST = 10_000

_FILL = (
    "INSERT INTO shop_order (reference, status)"
    " SELECT 'past-' || n, 'paid' FROM generate_series(1, %s) AS n",
    "INSERT INTO orders (request_id, amount, currency, status)"
    " SELECT 'past-' || n, 4200, 'MYR', 'paid' FROM generate_series(1, %s) AS n",
    "INSERT INTO inbox (key, body)"
    " SELECT 'past-' || n, repeat('{}', 300) FROM generate_series(1, %s) AS n",
)


@dataclass(frozen=True)
class Tables:
    """The tables of both sides."""

    app: Flask
    antom: FlaskAntom
    database: str


def open_tables(database: str) -> Tables:
    """Create the tables of both sides, with paid orders in them."""
    tables = Tables(*make_shop(database), database)
    with tables.app.app_context():
        fill(tables.antom, PAST)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(floor.TABLES)
        for statement in _FILL:
            connection.execute(statement, (PAST,))
        connection.execute("VACUUM ANALYZE")
    return tables


def expect(tables: Tables, count: int) -> list[str]:
    """Add open payments on both sides and return their request ids."""
    ids = [uuid.uuid4().hex for _ in range(count)]
    with tables.app.app_context():
        rows = [payment_row(request_id) for request_id in ids]
        db.session.execute(sa.insert(tables.antom.Payment), rows)
        db.session.commit()
    with psycopg.connect(tables.database) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO orders (request_id, amount, currency, status)"
            " VALUES (%s, 4200, 'MYR', 'open')",
            [(request_id,) for request_id in ids],
        )
        cursor.executemany(
            "INSERT INTO shop_order (reference, status) VALUES (%s, 'open')",
            [(request_id,) for request_id in ids],
        )
    return ids


def fill(antom: FlaskAntom, size: int) -> None:
    """Create the tables: one row of each by hand, the others as copies of it."""
    db.create_all()
    paid = payment_row("model") | {
        "status": "succeeded",
        "payment_id": "model",
        "captured_value": AMOUNT.value,
        "session_data": None,
        "open_key": None,
        "_inquire_at": None,
    }
    db.session.add(antom.Payment(**paid))
    db.session.flush()
    delivered = {"payment_ref": 1, "_delivered_at": sa.func.now()}
    db.session.add(antom.Event(name="payment_succeeded", about="", **delivered))
    db.session.add(
        antom.Notification(
            key="model",
            notify_type="PAYMENT_RESULT",
            request_id="model",
            payment_id="model",
            body="{}" * 300,
            body_hash="0" * 64,
            outcome="applied",
        )
    )
    db.session.commit()
    names = {"request_id", "payment_id", "order_reference", "key"}
    number: Callable[[str], str] = lambda name: f"'copy-' || n AS {name}"  # noqa: E731
    for model in (antom.Payment, antom.Event, antom.Notification):
        columns: list[Any] = [c.name for c in model.__table__.columns if c.name != "id"]
        values = [number(name) if name in names else name for name in columns]
        values = ["n" if name == "payment_ref" else name for name in values]
        db.session.execute(
            sa.text(
                f"INSERT INTO {model.__tablename__} ({', '.join(columns)})"  # noqa: S608
                f" SELECT {', '.join(values)} FROM {model.__tablename__},"
                f" generate_series(2, {size}) AS n WHERE id = 1"
            )
        )
        db.session.commit()

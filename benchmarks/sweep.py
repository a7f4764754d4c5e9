"""What a sweep costs for each payment that is due, in shops of four sizes.

1,000 payments are due, spread over the table; all others are paid, and each of them
has its notification and its event. Antom answers in this process, and at once, so that
the database is what is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask

from benchmarks.gateway import RESULT, signed
from benchmarks.measure import Result, micro
from benchmarks.shop import AMOUNT, db, make_shop, payment_row
from flask_antom import FlaskAntom
from flask_antom.wire import Reply

SIZES = (1_000, 10_000, 100_000, 1_000_000)
DUE, ROUNDS = 1_000, 7

_ANSWER = signed(
    "/ams/sandbox/api/v1/payments/inquiryPayment",
    {"result": RESULT, "paymentStatus": "SUCCESS", "paymentAmount": AMOUNT.to_antom()}
    | {"paymentId": "antom", "paymentTime": "2026-11-23T10:00:00+08:00"},
)


def answer(url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
    return Reply(200, *_ANSWER)


def run(database: str) -> Iterator[Result]:
    """Measure the sizes in turn, so that what else goes on disturbs all alike."""
    shops = {size: _open(database, size) for size in SIZES}
    rounds = [
        {size: _sweep(app, antom, size) for size, (app, antom) in shops.items()}
        for _ in range(ROUNDS)
    ]
    first = SIZES[0]
    beside = f"{micro(median(times[first] for times in rounds))} (of {first:,})"
    for size in SIZES[1:]:
        yield Result(
            f"Sweep, for each of {DUE:,} due of {size:,} payments",
            micro(median(times[size] for times in rounds)),
            beside,
            median(times[size] / times[first] for times in rounds),
            "<= 1.3" if size == SIZES[-1] else "",
        )


def _open(database: str, size: int) -> tuple[Flask, FlaskAntom]:
    """Make a shop on a database of its own, with so many payments."""
    name = f"shop_{size}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = database.replace("/postgres?", f"/{name}?", 1)
    app, antom = make_shop(url, send=answer)
    with app.app_context():
        _fill(antom, size)
    return app, antom


def _sweep(app: Flask, antom: FlaskAntom, size: int) -> float:
    """Let the payments be due again, and sweep; gives seconds for each."""
    with app.app_context():
        _make_due(antom, size)
        begin = time.perf_counter()
        summary = antom.sweep()
        seconds = time.perf_counter() - begin
    if (summary.payments, summary.failed) != (DUE, 0):
        raise RuntimeError(f"Not all was done: {summary}")
    return seconds / DUE


def _make_due(antom: FlaskAntom, size: int) -> None:
    payment, event = antom.Payment, antom.Event
    is_due = payment.id % (size // DUE) == 0
    db.session.execute(
        sa.delete(event).where(event.payment_ref % (size // DUE) == 0),
        execution_options={"synchronize_session": False},
    )
    db.session.execute(
        sa.update(payment)
        .where(is_due)
        .values(
            status="created",
            payment_id=None,
            captured_value=0,
            _paid_at=None,
            _inquire_at=sa.func.now() - sa.text("interval '1 second'"),
        ),
        execution_options={"synchronize_session": False},
    )
    db.session.commit()
    for table in (payment, event, antom.Notification):
        _maintain(f"VACUUM ANALYZE {table.__tablename__}")


def _maintain(statement: str) -> None:
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(sa.text(statement))


def _fill(antom: FlaskAntom, size: int) -> None:
    """Make the tables: one row of each by hand, the others as its copies."""
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

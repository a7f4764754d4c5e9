"""The time of a sweep for each due payment, in shops of four sizes.

1,000 payments are due, spread over the table. All others are paid, and each of them has
its notification and its event. Antom answers at once in this process, so the time is
that of the database.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from statistics import median

import psycopg
import sqlalchemy as sa
from flask import Flask

from benchmarks.gateway import RESULT, signed
from benchmarks.measure import Result, micro
from benchmarks.shop import AMOUNT, db, make_shop
from benchmarks.tables import fill
from flask_antom import FlaskAntom
from flask_antom.gateway.http import Reply

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
    """Measure the sizes in turn, so other programs disturb all of them alike."""
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
    """Create a shop with this many payments in its own database."""
    name = f"shop_{size}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = database.replace("/postgres?", f"/{name}?", 1)
    app, antom = make_shop(url, send=answer)
    with app.app_context():
        fill(antom, size)
    return app, antom


def _sweep(app: Flask, antom: FlaskAntom, size: int) -> float:
    """Make the payments due again and sweep; return the seconds for each."""
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

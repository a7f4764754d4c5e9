"""The measured shop: orders in PostgreSQL, and a receiver that marks them.

``gunicorn benchmarks.shop:make_app()`` takes its database from ``BENCHMARK_DATABASE``.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from benchmarks.database import for_sqlalchemy
from flask_antom import FlaskAntom, Money, Order
from flask_antom.gateway.transport import Send
from flask_antom.signals import payment_succeeded
from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY

CLIENT_ID = "SANDBOX_5YBENCHMARK000001"
GATEWAY = "http://127.0.0.1:9"
AMOUNT = Money(4200, "MYR")

db = SQLAlchemy()


class ShopOrder(db.Model):  # type: ignore[name-defined, misc]
    """The host's order. The hand-written floor updates the same columns."""

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(64), unique=True)
    status: Mapped[str] = mapped_column(sa.String(16), default="open")


def mark_paid(app: Flask, payment: Any, **extra: Any) -> None:
    """Mark an order as paid: the least that a shop does."""
    db.session.execute(
        sa.update(ShopOrder)
        .where(ShopOrder.reference == payment.order_reference)
        .values(status="paid")
        .execution_options(synchronize_session=False)
    )


def load_order(reference: str) -> Order:
    return Order(reference, AMOUNT, "A benchmark's order")


def make_shop(
    database: str, gateway: str = GATEWAY, send: Send | None = None
) -> tuple[Flask, FlaskAntom]:
    """Create the app, but not its tables."""
    app = Flask("benchmark")
    app.config.update(
        SECRET_KEY="for benchmarks only",
        SQLALCHEMY_DATABASE_URI=for_sqlalchemy(database),
        ANTOM_CLIENT_ID=CLIENT_ID,
        ANTOM_PRIVATE_KEY=MERCHANT_PRIVATE_KEY,
        ANTOM_PUBLIC_KEY=ANTOM_PUBLIC_KEY,
        ANTOM_GATEWAY_URL=gateway,
        ANTOM_PUBLIC_URL="http://127.0.0.1:5000",
    )
    antom = extension(send)
    antom.order_loader(load_order)
    db.init_app(app)
    antom.init_app(app)
    payment_succeeded.connect(mark_paid, sender=app, weak=False)
    return app, antom


def payment_row(reference: str) -> dict[str, Any]:
    """Return the columns of an attempt with a new session."""
    moment = datetime.now(UTC)
    return {
        "request_id": reference,
        "order_reference": reference,
        "amount_value": AMOUNT.value,
        "currency": AMOUNT.currency,
        "method": "GCASH",
        "mode": "cashier",
        "status": "created",
        "session_data": "opaque",
        "open_key": reference,
        "_session_expires_at": moment + timedelta(hours=1),
        "_inquire_at": moment + timedelta(hours=1),
    }


_made: dict[str, FlaskAntom] = {}


def extension(send: Send | None) -> FlaskAntom:
    """Return the only extension of this process: its models belong to ``db``."""
    if "antom" not in _made:
        _made["antom"] = FlaskAntom(db=db, send=send)
    return _made["antom"]


def make_app() -> Flask:
    logging.getLogger("flask_antom").setLevel(logging.ERROR)  # forged ones
    return make_shop(os.environ["BENCHMARK_DATABASE"])[0]

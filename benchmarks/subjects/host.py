"""The host's app: its order, its receiver, and a route that uses ``db.session``."""

from __future__ import annotations

from time import process_time

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.postgres import for_sqlalchemy

db = SQLAlchemy()


class ShopOrder(db.Model):  # type: ignore[name-defined, misc]
    """The host's order. The floors update the same columns."""

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(64), unique=True)
    status: Mapped[str] = mapped_column(sa.String(16), default="open")


def mark_paid(reference: str) -> None:
    """Mark an order as paid: the least that a shop's receiver does."""
    db.session.execute(
        sa.update(ShopOrder)
        .where(ShopOrder.reference == reference)
        .values(status="paid")
        .execution_options(synchronize_session=False)
    )


def make_host(database: str) -> Flask:
    """Create the app without Flask-Antom."""
    app = Flask("benchmark")
    app.config.update(
        SECRET_KEY="for benchmarks only",
        SQLALCHEMY_DATABASE_URI=for_sqlalchemy(database),
    )
    db.init_app(app)

    @app.post("/orders/<reference>")
    def pack_order(reference: str) -> str:
        orders = sa.select(ShopOrder).where(ShopOrder.reference == reference)
        order = db.session.scalars(orders).one()
        order.status = "packed" if order.status == "open" else "open"
        db.session.commit()
        return order.status

    return app


def time_route(app: Flask, count: int) -> float:
    """Return the CPU seconds of the host's route: read, change, commit, read."""
    environ = EnvironBuilder("/orders/A-1", method="POST").get_environ()
    begin = process_time()
    for _ in range(count):
        body, status, _ = run_wsgi_app(app, dict(environ), buffered=True)
        if status != "200 OK":
            raise RuntimeError(f"{status}: {b''.join(body)!r}")
    return (process_time() - begin) / count


def add_order(app: Flask) -> None:
    """Create the tables, with the order of :func:`time_route`."""
    with app.app_context():
        db.create_all()
        db.session.add(ShopOrder(reference="A-1", status="open"))
        db.session.commit()


class Host:
    """The host alone, as a subject."""

    def open(self, database: str) -> None:
        self._app = make_host(database)
        add_order(self._app)

    def route(self, count: int) -> float:
        return time_route(self._app, count)


make_subject = Host

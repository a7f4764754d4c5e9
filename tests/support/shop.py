"""A small shop as a host would write it, for the tests to sell in."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.test import TestResponse

from flask_antom import FlaskAntom, Goods, Money, Order
from flask_antom.flows.sweep import SweepSummary
from flask_antom.signals import payment_succeeded
from flask_antom.store.host_models import Models
from tests.support.clocks import Stopwatch
from tests.support.keys import MERCHANT_PRIVATE_KEY

CLIENT_ID = "SANDBOX_5YDEMO00000000001"

#: Where Antom posts its notifications.
NOTIFY = "/antom/notify"

db = SQLAlchemy()


class Fulfilment(db.Model):  # type: ignore[name-defined, misc]
    """A row that a receiver has written; ``about`` is for whoever needs more."""

    id: Mapped[int] = mapped_column(primary_key=True)
    order_reference: Mapped[str] = mapped_column(sa.String(64))
    request_id: Mapped[str] = mapped_column(sa.String(64))
    about: Mapped[str] = mapped_column(sa.String(128), default="")


_tables = FlaskAntom(db=db)
#: One set of classes for all shops, for SQLAlchemy takes long to learn one.
MODELS = Models(_tables.Payment, _tables.Refund, _tables.Notification, _tables.Event)
_MODELS: dict[str, Any] = {
    f"{name}_model": model for name, model in MODELS._asdict().items()
}


@dataclass
class Shopfront:
    """An app with its database and extension, and what its receivers have done.

    :ivar settings: what another process of the shop is made of.
    :ivar orders: what the order loader gives, by reference.
    :ivar fulfilment: what the receiver writes.
    :ivar clock: what the shop goes by, unless it was given another one.
    """

    settings: dict[str, Any]
    app: Flask
    db: SQLAlchemy
    antom: FlaskAntom
    orders: dict[str, Order]
    fulfilment: Any
    clock: Stopwatch
    receivers: list[Any] = field(default_factory=list)
    servers: list[BaseWSGIServer] = field(default_factory=list)

    def pay(
        self,
        reference: str = "A-1",
        method: str = "GCASH",
        instead_of: str | None = None,
        **options: Any,
    ) -> TestResponse:
        """Ask for a payment session as the checkout script does.

        :param instead_of: the id of a payment that the buyer gives up.
        """
        client: FlaskClient = self.app.test_client()
        body = {"orderReference": reference, "paymentMethodType": method}
        if instead_of is not None:
            body["insteadOf"] = instead_of
        return client.post("/antom/session", json=body, **options)

    def payments(self, reference: str = "A-1") -> list[Any]:
        """Return fresh copies of an order's payments, oldest first."""
        payment = self.antom.Payment
        with self.app.app_context():
            found = self.db.session.scalars(
                self.db.select(payment)
                .where(payment.order_reference == reference)
                .order_by(payment.id)
            ).all()
            self.db.session.expunge_all()
            return list(found)

    def rows(self, model: Any) -> list[Any]:
        """Return fresh copies of all rows of a table, oldest first."""
        with self.app.app_context():
            found = self.db.session.scalars(
                self.db.select(model).order_by(model.id)
            ).all()
            self.db.session.expunge_all()
            return list(found)

    def fulfilled(self, reference: str = "A-1") -> int:
        """Return how often the receiver has fulfilled an order."""
        rows = self.rows(self.fulfilment)
        return sum(row.order_reference == reference for row in rows)

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the extension with the latest payment of order A-1."""
        payment = self.antom.Payment
        with self.app.app_context():
            latest = self.db.session.scalars(
                self.db.select(payment)
                .where(payment.order_reference == "A-1")
                .order_by(payment.id.desc())
            ).first()
            return getattr(self.antom, method)(latest, *arguments, **options)

    def sweep(self) -> SweepSummary:
        with self.app.app_context():
            return self.antom.sweep()

    def notify(self, body: bytes, headers: Mapping[str, str]) -> TestResponse:
        """Post a notification, or whatever else these bytes are."""
        client = self.app.test_client()
        return client.post(NOTIFY, data=body, headers=dict(headers))

    def serve(self) -> str:
        """Serve on loopback, so that notifications arrive; gives the URL."""
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    def close(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()
        for signal, receiver in self.receivers:
            signal.disconnect(receiver)
        with self.app.app_context():
            self.db.session.remove()
            for engine in self.db.engines.values():
                engine.dispose()

    def connect(self, signal: Any, receiver: Any) -> None:
        """Connect a receiver for this app until the shop closes."""
        signal.connect(receiver, sender=self.app, weak=False)
        self.receivers.append((signal, receiver))


def shop_settings(antom_public_key: str, gateway_url: str) -> dict[str, Any]:
    """Return the settings of a shop in the sandbox."""
    return {
        "SECRET_KEY": "for tests only",
        "TESTING": True,
        "SQLALCHEMY_DATABASE_URI": "sqlite://",
        "ANTOM_CLIENT_ID": CLIENT_ID,
        "ANTOM_PRIVATE_KEY": MERCHANT_PRIVATE_KEY,
        "ANTOM_PUBLIC_KEY": antom_public_key,
        "ANTOM_GATEWAY_URL": gateway_url,
        "ANTOM_PUBLIC_URL": "http://127.0.0.1:5000",
        "ANTOM_TIMEOUT": 10,
    }


def make_order(reference: str, amount: Money) -> Order:
    goods = Goods(reference="mug", name="Blue mug", unit_amount=amount)
    return Order(reference, amount, f"Order {reference}", goods=[goods])


def capture_by_hand(payload: dict[str, Any], order: Order) -> None:
    """Ask for an authorization that Antom does not capture by itself."""
    payload["paymentFactor"] = {"isAuthorization": True, "captureMode": "MANUAL"}


def _do_not_wait_for_the_disk(connection: Any, record: Any) -> None:
    """Processes are killed in these tests, but the power stays on."""
    connection.execute("PRAGMA synchronous = OFF")


def make_shop(settings: dict[str, Any], **options: Any) -> Shopfront:
    """Make the shop, with its tables and a receiver that fulfils."""
    app = Flask("shop")
    app.config.update(settings)
    clock = Stopwatch()
    antom = FlaskAntom(db=db, **{"clock": clock} | _MODELS | options)
    orders = {"A-1": make_order("A-1", Money(4200, "MYR"))}
    antom.order_loader(orders.get)
    db.init_app(app)
    antom.init_app(app)
    front = Shopfront(settings, app, db, antom, orders, Fulfilment, clock)

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        db.session.add(
            Fulfilment(
                order_reference=payment.order_reference, request_id=payment.request_id
            )
        )

    front.connect(payment_succeeded, fulfil)
    with app.app_context():
        if db.engine.name == "sqlite":
            sa.event.listen(db.engine, "connect", _do_not_wait_for_the_disk)
        db.create_all()
    return front

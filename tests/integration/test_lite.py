"""A whole shop on Flask-SQLAlchemy-Lite, with a simulated Antom and no browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from flask_antom import FlaskAntom, Money, Order
from flask_antom.models import (
    EventMixin,
    NotificationMixin,
    PaymentMixin,
    RefundMixin,
)
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Simulator
from flask_antom.testing import Signer

AMOUNT = Money(4200, "MYR")


class Base(DeclarativeBase):
    pass


class Payment(PaymentMixin, Base):
    pass


class Refund(RefundMixin, Base):
    pass


class Notification(NotificationMixin, Base):
    pass


class Event(EventMixin, Base):
    pass


class Parcel(Base):
    """The receiver's write."""

    __tablename__ = "parcel"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_reference: Mapped[str]


@dataclass
class Shop:
    """A shop that is served at its public address.

    :ivar faults: exceptions that the receiver raises, first one first, after its write.
    """

    app: Flask
    db: SQLAlchemy
    antom: FlaskAntom
    faults: list[Exception]

    def open_session(self) -> dict[str, Any]:
        """Ask for a payment session as the checkout script does."""
        wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
        answer = self.app.test_client().post("/antom/session", json=wanted)
        assert answer.status_code == 201, answer.text
        return dict(answer.get_json())

    def notify(self, body: bytes, headers: dict[str, str]) -> TestResponse:
        client = self.app.test_client()
        return client.post("/antom/notify", data=body, headers=headers)

    def payment(self) -> Payment:
        """Return the only payment; needs an app context."""
        return self.db.session.scalars(sa.select(Payment)).one()

    def status(self) -> str:
        with self.app.app_context():
            return self.payment().status

    def parcels(self) -> list[str]:
        """Return the order references of all parcels."""
        with self.app.app_context():
            return list(self.db.session.scalars(sa.select(Parcel.order_reference)))


@pytest.fixture
def shop(antom_settings: dict[str, Any], tmp_path: Path) -> Iterator[Shop]:
    app = Flask("lite")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    app.config.update(
        antom_settings,
        SECRET_KEY="for tests only",
        SQLALCHEMY_ENGINES={"default": f"sqlite:///{tmp_path / 'shop.sqlite'}"},
        ANTOM_PUBLIC_URL=f"http://127.0.0.1:{server.server_port}",
    )
    db = SQLAlchemy(app)
    antom = FlaskAntom(
        app,
        db=db,
        payment_model=Payment,
        refund_model=Refund,
        notification_model=Notification,
        event_model=Event,
    )
    shop = Shop(app, db, antom, [])

    @antom.order_loader
    def load_order(reference: str) -> Order | None:
        return Order(reference, AMOUNT, f"Order {reference}")

    def fulfil(app: Flask, payment: Payment, **extra: Any) -> None:
        db.session.add(Parcel(order_reference=payment.order_reference))
        db.session.flush()
        if shop.faults:
            raise shop.faults.pop(0)

    with app.app_context():
        Base.metadata.create_all(db.engine)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with payment_succeeded.connected_to(fulfil, sender=app):
        yield shop
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


def sell(shop: Shop, antom: Simulator) -> str:
    """Sell the order, up to the notification from Antom, and return the request id."""
    request_id: str = shop.open_session()["paymentRequestId"]
    antom.approve(request_id)
    antom.notifier.drain()
    return request_id


def test_a_signed_notification_pays_the_order(
    shop: Shop, antom_simulator: Simulator
) -> None:
    session = shop.open_session()
    assert shop.status() == "created"
    antom_simulator.approve(session["paymentRequestId"])
    antom_simulator.notifier.drain()
    assert shop.status() == "succeeded"
    assert shop.parcels() == ["A-1"]
    path = session["statusUrl"].removeprefix(shop.app.config["ANTOM_PUBLIC_URL"])
    answer = shop.app.test_client().get(path)
    assert answer.json == {"status": "succeeded", "final": True}


def test_a_repeated_notification_writes_nothing_again(
    shop: Shop, antom_simulator: Simulator
) -> None:
    request_id = sell(shop, antom_simulator)
    antom_simulator.resend(request_id)
    antom_simulator.notifier.drain()
    with shop.app.app_context():
        notification = shop.db.session.scalars(sa.select(Notification)).one()
        assert notification.copies == 2
    assert shop.parcels() == ["A-1"]


def test_the_write_of_a_receiver_that_fails_is_undone_and_made_by_the_repeat(
    shop: Shop, antom_signer: Signer
) -> None:
    shop.faults.append(RuntimeError("no parcels today"))
    request_id = shop.open_session()["paymentRequestId"]
    signed = antom_signer.notification(request_id, AMOUNT)
    assert shop.notify(*signed).status_code == 500
    assert (shop.status(), shop.parcels()) == ("succeeded", [])
    assert shop.notify(*signed).status_code == 200
    assert shop.parcels() == ["A-1"]


def test_an_unsigned_notification_changes_nothing(
    shop: Shop, antom_signer: Signer
) -> None:
    request_id = shop.open_session()["paymentRequestId"]
    body, headers = antom_signer.notification(request_id, AMOUNT)
    assert shop.notify(body + b" ", headers).status_code == 401
    assert (shop.status(), shop.parcels()) == ("created", [])


def test_a_part_is_given_back(shop: Shop, antom_simulator: Simulator) -> None:
    request_id = sell(shop, antom_simulator)
    with shop.app.app_context():
        refund = shop.antom.refund(shop.payment(), Money(1000, "MYR"))
        assert refund.status == "succeeded"
    with shop.app.app_context():
        assert shop.payment().refunded == Money(1000, "MYR")
        assert shop.db.session.scalars(sa.select(Refund)).one().amount.value == 1000
    assert antom_simulator.accounts()[request_id].refunded == Money(1000, "MYR")


def test_a_sweep_makes_up_for_a_lost_notification(
    shop: Shop, antom_simulator: Simulator
) -> None:
    antom_simulator.faults.notifications("drop")
    sell(shop, antom_simulator)
    assert shop.status() == "created"
    with shop.app.app_context():
        shop.payment().inquire_at = datetime.now(UTC) - timedelta(seconds=1)
        shop.db.session.commit()
        assert shop.antom.sweep().payments == 1
    assert shop.status() == "succeeded"
    assert shop.parcels() == ["A-1"]
    with shop.app.app_context():
        assert shop.antom.sweep().payments == 0
    assert shop.parcels() == ["A-1"]

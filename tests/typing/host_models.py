"""A shop with classes of its own for the four tables, on Flask-SQLAlchemy-Lite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_type

import flask_sqlalchemy
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from flask_antom import FlaskAntom, Money, Order
from flask_antom.models import (
    EventMixin,
    NotificationMixin,
    PaymentMixin,
    RefundMixin,
)
from flask_antom.signals import payment_succeeded


class Base(DeclarativeBase):
    """The base of all tables."""


class Customer(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Payment(PaymentMixin, Base):
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id"))
    customer: Mapped[Customer | None] = relationship()


class Refund(RefundMixin, Base):
    approved_by: Mapped[str] = mapped_column(default="nobody")


class Notification(NotificationMixin, Base):
    pass


class Event(EventMixin, Base):
    pass


db = SQLAlchemy()
antom = FlaskAntom(
    db=db,
    payment_model=Payment,
    refund_model=Refund,
    notification_model=Notification,
    event_model=Event,
)

assert_type(antom, FlaskAntom[Payment, Refund, Notification, Event])
assert_type(antom.Payment, type[Payment])
assert_type(antom.Refund, type[Refund])


@antom.order_loader
def load_order(reference: str) -> Order:
    return Order(reference, Money(4200, "MYR"), f"Order {reference}")


@antom.result_view
async def show_result(payment: Payment) -> str | tuple[str, int]:
    name = payment.customer.name if payment.customer else "nobody"
    return f"{name} paid {payment.amount}", 200


def fulfil(app: Flask, payment: Payment, **extra: object) -> None:
    payment.customer = db.session.get(Customer, 1)


def create_app(settings: Mapping[str, object]) -> Flask:
    app = Flask("typed_lite_shop")
    app.config.from_mapping(settings)
    db.init_app(app)
    antom.init_app(app)
    payment_succeeded.connect(fulfil, sender=app)
    with app.app_context():
        Base.metadata.create_all(db.engine)
    return app


def payments_of(customer: Customer) -> Sequence[Payment]:
    query = (
        sa.select(antom.Payment)
        .where(antom.Payment.customer_id == customer.id)
        .order_by(antom.Payment.created_at)
    )
    payments = db.session.scalars(query).all()
    assert_type(payments, Sequence[Payment])
    return payments


def since(moment: datetime) -> Sequence[datetime]:
    query = sa.select(Payment.created_at).where(Payment.created_at >= moment)
    return db.session.scalars(query).all()


def give_back(payment: Payment) -> str:
    refund = antom.refund(payment)
    assert_type(refund, Refund)
    return refund.approved_by


def make_payment(reference: str, customer: Customer) -> Payment:
    return Payment(
        request_id=f"R-{reference}",
        order_reference=reference,
        amount=Money(4200, "MYR"),
        method="GCASH",
        mode="cashier",
        status="created",
        customer=customer,
    )


def count_payments(extension: FlaskAntom) -> int:
    """Count the payments of any shop, whatever its classes are."""
    assert_type(extension.Payment, type[PaymentMixin])
    return db.session.scalars(sa.select(sa.func.count(extension.Payment.id))).one()


def count_own_payments() -> int:
    return count_payments(antom)


# Flask-SQLAlchemy, and one class of the four

other_db = flask_sqlalchemy.SQLAlchemy()


class NotedPayment(PaymentMixin, other_db.Model):  # type: ignore[name-defined, misc]
    note: Mapped[str | None]


noted: FlaskAntom[NotedPayment] = FlaskAntom(db=other_db, payment_model=NotedPayment)

assert_type(noted.Payment, type[NotedPayment])
assert_type(noted.Refund, type[RefundMixin])


def noted_payments(note: str) -> Sequence[NotedPayment]:
    query = sa.select(noted.Payment).where(noted.Payment.note == note)
    return other_db.session.scalars(query).all()

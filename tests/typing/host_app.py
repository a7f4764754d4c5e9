"""The README's shop, with types: Flask-SQLAlchemy, and models that are made for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type, cast

import sqlalchemy as sa
from flask import Flask, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from flask_antom import (
    Buyer,
    FlaskAntom,
    Goods,
    Money,
    Order,
    Purged,
    SweepSummary,
    merge_csp,
)
from flask_antom.errors import (
    AntomError,
    CheckoutError,
    NotPossible,
    Refused,
    RepeatedCall,
)
from flask_antom.models import (
    EventMixin,
    NotificationMixin,
    PaymentMixin,
    RefundMixin,
    Status,
)
from flask_antom.signals import payment_succeeded, refund_succeeded


class Base(DeclarativeBase):
    """The base of the shop's own tables."""


#: When the shop opened.
OPENED = datetime(2020, 1, 1, tzinfo=UTC)

db = SQLAlchemy(model_class=Base)
antom = FlaskAntom(db=db)

assert_type(antom, FlaskAntom[PaymentMixin, RefundMixin, NotificationMixin, EventMixin])
assert_type(antom.Payment, type[PaymentMixin])
assert_type(antom.Refund, type[RefundMixin])
assert_type(antom.Notification, type[NotificationMixin])
assert_type(antom.Event, type[EventMixin])


class Purchase(db.Model):  # type: ignore[name-defined, misc]
    """An order of the shop."""

    reference: Mapped[str] = mapped_column(primary_key=True)
    total: Mapped[int]
    paid: Mapped[bool] = mapped_column(default=False)


@antom.order_loader
def load_order(reference: str) -> Order | None:
    purchase = db.session.get(Purchase, reference)
    if purchase is None:
        return None
    return Order(
        purchase.reference,
        Money(purchase.total, "MYR"),
        f"Order {purchase.reference}",
        buyer=Buyer(email="buyer@example.com"),
        goods=[Goods(reference="mug", name="Mug", unit_amount=Money(4200, "MYR"))],
        url=url_for("show_order", reference=purchase.reference),
    )


@antom.visitor_may_pay
def owns(order: Order) -> bool:
    return session.get("order") in (None, order.reference)


def follow_the_rate() -> None:
    antom.order_loader(recheck=False)(load_order)


@antom.session_request
def add_fields(fields: dict[str, Any], order: Order) -> None:
    fields["env"] = {"terminalType": "WEB", "orderNote": order.description}


@antom.payment_methods
def choose_methods(order: Order, methods: tuple[str, ...]) -> list[str]:
    return [method for method in methods if order.amount > Money(1000, "MYR")]


@antom.event_dispatcher
def put_into_queue(event_id: int) -> None:
    print(f"A job for event {event_id}.")


def job(event_id: int) -> bool:
    return antom.deliver(event_id)


@antom.result_view
def show_result(payment: PaymentMixin) -> ResponseReturnValue:
    if payment.status == Status.SUCCEEDED:
        return redirect(url_for("show_order", reference=payment.order_reference))
    return f"Payment {payment.request_id} is {payment.status}.", 200


def fulfil(app: Flask, payment: PaymentMixin, **extra: object) -> None:
    purchase = db.session.get(Purchase, payment.order_reference)
    assert purchase is not None
    purchase.paid = True


def note_refund(
    app: Flask, payment: PaymentMixin | None, refund: RefundMixin, **extra: object
) -> None:
    app.logger.info("%s were given back.", refund.amount)


def create_app(settings: Mapping[str, object]) -> Flask:
    app = Flask("typed_shop")
    app.config.from_mapping(settings)
    db.init_app(app)
    antom.init_app(app)
    app.add_url_rule("/orders/<reference>", "show_order", show_order)
    payment_succeeded.connect(fulfil, sender=app)
    refund_succeeded.connect(note_refund, sender=app)
    with app.app_context():
        db.create_all()
    return app


def show_order(reference: str) -> str:
    return f"Order {reference}"


def paid(reference: str) -> PaymentMixin | None:
    query = (
        sa.select(antom.Payment)
        .where(
            antom.Payment.order_reference == reference,
            antom.Payment.status == "succeeded",
            antom.Payment.amount > 0,
            antom.Payment.paid_at.is_not(None),
        )
        .order_by(antom.Payment.created_at.desc(), antom.Payment.id)
    )
    payment = db.session.scalars(query).first()
    assert_type(payment, PaymentMixin | None)
    return payment


def by_page(page: int) -> Iterable[PaymentMixin]:
    pages = db.paginate(db.select(antom.Payment).order_by(antom.Payment.id), page=page)
    first = db.get_or_404(antom.Payment, 1)
    assert_type(first, PaymentMixin)
    return [first, *pages.items]


def total_of(reference: str) -> int:
    payment = antom.Payment
    query = sa.select(sa.func.sum(payment.amount)).where(
        payment.order_reference == reference, payment.updated_at >= OPENED
    )
    return db.session.scalar(query) or 0


def describe(payment: PaymentMixin) -> dict[str, object]:
    assert_type(payment.id, int)
    assert_type(payment.request_id, str)
    assert_type(payment.payment_id, str | None)
    assert_type(payment.amount, Money)
    assert_type(payment.captured, Money)
    assert_type(payment.refunded, Money)
    assert_type(payment.captures, dict[str, int])
    assert_type(payment.status, str)
    assert_type(payment.created_at, datetime)
    assert_type(payment.updated_at, datetime)
    assert_type(payment.paid_at, datetime | None)
    assert_type(payment.authorized_until, datetime | None)
    assert_type(payment.is_final, bool)
    return {
        "amount": str(payment.amount - payment.refunded),
        "age": datetime.now(payment.created_at.tzinfo) - payment.created_at,
        "paid": payment.paid_at and payment.paid_at.isoformat(),
    }


def give_back(payment: PaymentMixin, amount: Money | None = None) -> RefundMixin | None:
    antom.sync(payment)
    try:
        refund = antom.refund(
            payment, amount, reason="A mug is broken.", key="return-1", again=False
        )
    except RepeatedCall as error:
        return cast(RefundMixin, error.earlier)
    except (NotPossible, Refused) as error:
        assert_type(error, NotPossible | Refused)
        return None
    assert_type(refund, RefundMixin)
    assert_type(refund.amount, Money)
    assert_type(refund.payment_ref, int | None)
    assert_type(refund.created_at, datetime)
    return refund


def ship(payment: PaymentMixin) -> None:
    try:
        antom.capture(payment, payment.amount, final=False, key="parcel-1")
        antom.capture(payment, payment.amount, final=False, again=True)
    except AntomError:
        antom.cancel(payment)


def tidy_up() -> tuple[SweepSummary, Purged]:
    kinds: list[str] = []
    summary = antom.sweep(kinds.append)
    assert_type(summary.payments, int)
    assert_type(summary.trouble, str)
    purged = antom.purge(timedelta(days=30), dry_run=True)
    assert_type(purged.events, int)
    return summary, purged


def policy(nonce: str) -> str:
    needed = antom.csp("element", nonce)
    assert_type(needed, dict[str, str])
    merged = merge_csp({"default-src": "'self'", "img-src": ["'self'"]}, needed)
    return "; ".join(f"{name} {sources}" for name, sources in merged.items())


def waiting_events() -> Sequence[tuple[int, str]]:
    event, notification = antom.Event, antom.Notification
    query = (
        sa.select(event.payment_ref, event.name)
        .where(event.delivered_at.is_(None), event.created_at >= OPENED)
        .where(sa.exists().where(notification.received_at >= OPENED))
    )
    return [(ref, name) for ref, name in db.session.execute(query) if ref is not None]


def status_of(error: CheckoutError) -> int:
    assert_type(error.result_code, str | None)
    return error.status


def call_what_was_decorated(order: Order) -> None:
    """A decorated function keeps its type, and the names of its parameters."""
    assert_type(load_order(reference="A-1"), Order | None)
    assert_type(choose_methods(order=order, methods=("GCASH",)), list[str])
    add_fields(fields={}, order=order)

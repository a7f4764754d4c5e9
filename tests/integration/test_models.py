"""The four tables: on the host's base and by mixins, on two databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from flask_antom import FlaskAntom, Money
from flask_antom.errors import ConfigError
from flask_antom.gateway.http import Reply
from flask_antom.signals import payment_succeeded
from flask_antom.store.models import (
    EventMixin,
    NotificationMixin,
    PaymentMixin,
    RefundMixin,
)
from tests.support.databases import new_database
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.offline import (
    SESSION,
    SIGNER,
    OfflineShop,
    failed,
    open_offline,
    signed_reply,
)
from tests.support.shop import make_order, shop_settings

TABLES = {"antom_payment", "antom_refund", "antom_notification", "antom_event"}
WANTED = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
AMOUNT = Money(4200, "MYR")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shop.sqlite'}"
        return
    with new_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def offline(database_url: str) -> Iterator[OfflineShop]:
    with open_offline(SQLALCHEMY_DATABASE_URI=database_url) as offline:
        yield offline


def test_create_all_makes_the_four_tables(offline: OfflineShop) -> None:
    with offline.shop.app.app_context():
        names = set(sa.inspect(offline.shop.db.engine).get_table_names())
    assert names >= TABLES


def test_a_payment_flows_from_the_session_to_the_receiver(offline: OfflineShop) -> None:
    offline.answers["createPaymentSession"] = SESSION
    fields = offline.shop.pay().json or {}
    assert offline.shop.pay().status_code == 200
    request_id = fields["paymentRequestId"]
    for _ in range(2):
        assert offline.notify(paymentRequestId=request_id).status_code == 200
    assert offline.tables.payments[0][1] == "succeeded"
    assert offline.shop.fulfilled() == 1
    assert offline.signals == [("payment_succeeded", request_id)]


def test_times_are_aware_and_utc_whatever_the_database_keeps(
    offline: OfflineShop,
) -> None:
    moment = datetime(2026, 3, 1, 9, 30, 15, 123456, timezone(timedelta(hours=8)))
    offline.add_payment(paid_at=moment, session_expires_at=moment)
    (payment,) = offline.shop.payments()
    assert payment.paid_at.isoformat() == "2026-03-01T01:30:15.123456+00:00"
    assert payment.session_expires_at == moment
    for time in (payment.created_at, payment.updated_at):
        assert time.tzinfo is UTC
        assert abs(time - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_largest_amount_is_kept_to_the_last_unit(offline: OfflineShop) -> None:
    largest = Money(10**16 - 1, "IDR")
    offline.add_payment(amount=largest, captured=largest)
    (payment,) = offline.shop.payments()
    assert (payment.amount, payment.captured) == (largest, largest)
    assert payment.refunded == Money(0, "IDR")


def test_the_columns_can_be_queried_by_their_names(offline: OfflineShop) -> None:
    payment, db = offline.shop.antom.Payment, offline.shop.db
    offline.add_payment()
    moment = datetime.now(UTC)
    with offline.shop.app.app_context():
        found = db.session.scalars(
            db.select(payment)
            .where(payment.amount == 4200, payment.created_at <= moment)
            .order_by(payment.created_at.desc())
        ).all()
        assert [row.request_id for row in found] == ["paymentRequestId01"]


def test_a_copy_of_an_open_attempt_is_refused_by_the_database(
    offline: OfflineShop,
) -> None:
    offline.add_payment("one", open_key="same")
    with pytest.raises(sa.exc.IntegrityError):
        offline.add_payment("two", open_key="same")
    with pytest.raises(sa.exc.IntegrityError):
        offline.add_payment("one")


def test_a_row_shows_only_what_may_be_shown() -> None:
    antom = FlaskAntom(db=SQLAlchemy())
    payment = antom.Payment(request_id="R", status="created", session_data="secret")
    payment.order_reference = "A-1"
    assert repr(payment) == (
        "<AntomPayment id=? request_id=R order_reference=A-1 status=created>"
    )
    refund = antom.Refund(request_id="R", status="pending", payment_ref=1, key="secret")
    assert repr(refund) == (
        "<AntomRefund id=? request_id=R payment_ref=1 status=pending>"
    )
    notice = antom.Notification(notify_type="T", outcome="orphan", body="secret")
    assert repr(notice) == (
        "<AntomNotification id=? notify_type=T request_id=? payment_id=?"
        " outcome=orphan>"
    )
    event = antom.Event(name="payment_failed", payment_ref=1, last_error="secret")
    assert repr(event) == (
        "<AntomEvent id=? name=payment_failed payment_ref=1 refund_ref=?>"
    )


def test_an_expired_row_without_a_session_can_be_shown(offline: OfflineShop) -> None:
    antom, db = offline.shop.antom, offline.shop.db
    offline.add_payment()
    offline.notify()
    values: dict[str, Any] = {"amount": AMOUNT, "status": "pending"}
    with offline.shop.app.app_context():
        db.session.add(antom.Refund(request_id="R", **values))
        db.session.commit()
        models = (antom.Payment, antom.Refund, antom.Event, antom.Notification)
        rows = [db.session.scalars(sa.select(model)).one() for model in models]
        db.session.expire_all()
        db.session.expunge_all()
        assert [repr(row) for row in rows] == [
            "<AntomPayment id=1 request_id=? order_reference=? status=?>",
            "<AntomRefund id=1 request_id=? payment_ref=? status=?>",
            "<AntomEvent id=1 name=? payment_ref=? refund_ref=?>",
            "<AntomNotification id=1 notify_type=? request_id=? payment_id=?"
            " outcome=?>",
        ]


def test_an_expired_row_is_shown_without_a_query(offline: OfflineShop) -> None:
    db, statements = offline.shop.db, []
    offline.add_payment()

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        statements.append(statement)

    with offline.shop.app.app_context():
        payment = db.session.scalars(sa.select(offline.shop.antom.Payment)).one()
        db.session.expire_all()
        sa.event.listen(db.engine, "before_cursor_execute", note)
        shown = repr(payment)
        sa.event.remove(db.engine, "before_cursor_execute", note)
        assert statements == []
        assert shown.startswith("<AntomPayment id=1 request_id=?")
        assert payment.status == "created"


def test_a_time_without_a_zone_is_refused() -> None:
    payment = FlaskAntom(db=SQLAlchemy()).Payment()
    with pytest.raises(ValueError, match="needs its time zone"):
        payment.paid_at = datetime(2026, 1, 1)


def test_a_payment_has_one_currency() -> None:
    payment = FlaskAntom(db=SQLAlchemy()).Payment(amount=AMOUNT)
    with pytest.raises(ValueError, match="in MYR, not PHP"):
        payment.captured = Money(1, "PHP")


# The host's own classes


def test_a_second_extension_on_one_db_is_refused() -> None:
    db = SQLAlchemy()
    FlaskAntom(db=db)
    with pytest.raises(ConfigError, match="one FlaskAntom for each db"):
        FlaskAntom(db=db)


def test_a_db_without_a_model_needs_the_hosts_classes() -> None:
    with pytest.raises(ConfigError, match=r"pass payment_model=, a subclass of Paym"):
        FlaskAntom(db=Lite())


@pytest.mark.parametrize("wrong", [PaymentMixin(), dict, RefundMixin, "Payment"])
def test_a_class_of_another_kind_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="subclass of PaymentMixin"):
        FlaskAntom(db=SQLAlchemy(), payment_model=wrong)


@pytest.mark.parametrize("name", ["is_final", "is_taken", "is_given_back"])
def test_a_host_does_not_decide_in_our_place_by_accident(name: str) -> None:
    db: Any = SQLAlchemy()
    column = db.Column(db.Boolean, default=False)
    model = type("Payment", (PaymentMixin, db.Model), {name: column})
    with pytest.raises(ConfigError, match=f"payment_model redefines {name}"):
        FlaskAntom(db=db, payment_model=model)


def test_a_host_adds_columns_and_foreign_keys_of_its_own(database_url: str) -> None:
    app = Flask("own")
    app.config.update(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    db = SQLAlchemy(app)

    class Customer(db.Model):  # type: ignore[name-defined, misc]
        id: Mapped[int] = mapped_column(primary_key=True)

    class Payment(PaymentMixin, db.Model):  # type: ignore[name-defined, misc]
        customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id"))
        customer = relationship(Customer)
        note: Mapped[str] = mapped_column(default="none")

    antom = FlaskAntom(app, db=db, payment_model=Payment)
    assert antom.Payment is Payment
    with app.app_context():
        db.create_all()
        row = Payment(
            request_id="R-1",
            order_reference="A-1",
            amount=AMOUNT,
            method="GCASH",
            mode="cashier",
            status="created",
            customer=Customer(),
        )
        db.session.add(row)
        db.session.commit()
    body, headers = SIGNER.notification("R-1", AMOUNT)
    answer = app.test_client().post("/antom/notify", data=body, headers=headers)
    assert answer.status_code == 200
    with app.app_context():
        row = db.session.scalars(db.select(Payment)).one()
        assert (row.status, row.note, row.customer.id) == ("succeeded", "none", 1)
        db.session.remove()
        db.engine.dispose()


# Flask-SQLAlchemy-Lite


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
    __tablename__ = "parcel"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_reference: Mapped[str]


def test_flask_sqlalchemy_lite_does_as_well(database_url: str) -> None:
    answers = {
        "createPaymentSession": SESSION,
        "inquiryPayment": {"result": failed("ORDER_NOT_EXIST")},
    }

    def send(url: str, *rest: Any) -> Reply:
        return signed_reply(url, answers[url.rpartition("/")[2]])

    app = Flask("lite")
    app.config.update(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
    app.config["SQLALCHEMY_ENGINES"] = {"default": database_url}
    db = Lite(app)
    antom = FlaskAntom(
        app,
        db=db,
        payment_model=Payment,
        refund_model=Refund,
        notification_model=Notification,
        event_model=Event,
        send=send,
    )
    antom.order_loader(lambda reference: make_order(reference, AMOUNT))

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        db.session.add(Parcel(order_reference=payment.order_reference))

    with app.app_context():
        Base.metadata.create_all(db.engine)
    client = app.test_client()
    fields = client.post("/antom/session", json=WANTED).json or {}
    assert client.post("/antom/session", json=WANTED).status_code == 200
    body, headers = SIGNER.notification(fields["paymentRequestId"], AMOUNT)
    with payment_succeeded.connected_to(fulfil, sender=app):
        for _ in range(2):
            answer = client.post("/antom/notify", data=body, headers=headers)
            assert answer.status_code == 200
    path = fields["statusUrl"].removeprefix("http://127.0.0.1:5000")
    assert client.get(path).json == {"status": "succeeded", "final": True}
    with app.app_context():
        parcels = db.session.scalars(sa.select(Parcel)).all()
        assert [parcel.order_reference for parcel in parcels] == ["A-1"]
        db.session.close()
        db.engine.dispose()

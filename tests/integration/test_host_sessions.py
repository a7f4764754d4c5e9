"""Do our books depend on the settings of the host's session? Not on one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom import Money
from flask_antom.signals import payment_pending, payment_succeeded
from tests.integration.actions import make_due, refund_notice
from tests.support.offline import GUIDE, SESSION, OfflineShop, open_offline
from tests.support.receivers import DONE, Switch, is_delivered

pytestmark = pytest.mark.every_database

FORTY_TWO, TEN = Money(4200, "MYR"), Money(1000, "MYR")

#: What an inquiry finds: paid, and a part of it given back.
PAID_AND_REFUNDED: dict[str, Any] = GUIDE | {
    "paymentStatus": "SUCCESS",
    "transactions": [
        {
            "transactionType": "REFUND",
            "transactionRequestId": "fromDashboard",
            "transactionId": "R-9",
            "transactionAmount": {"value": "1000", "currency": "MYR"},
            "transactionResult": {"resultStatus": "S", "resultCode": "SUCCESS"},
        }
    ],
}


@pytest.fixture(
    params=[{"autoflush": False}, {"expire_on_commit": False}, {"autobegin": True}],
    ids=["autoflush", "expire_on_commit", "default"],
)
def options(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    offline: OfflineShop,
) -> dict[str, bool]:
    """The options of the host's sessions."""
    factory = offline.shop.db.session.session_factory
    for name, value in request.param.items():
        monkeypatch.setitem(factory.kw, name, value)
    chosen: dict[str, bool] = request.param
    return chosen


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    offline.answers |= {"inquiryPayment": PAID_AND_REFUNDED, "refund": DONE}
    return offline


def assert_books_are_right(offline: OfflineShop) -> None:
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.captured) == ("succeeded", FORTY_TWO)
    assert payment.refunded == TEN
    assert payment.paid_at is not None
    assert offline.shop.fulfilled() == 1
    assert {delivered for *_, delivered in offline.tables.events} == {True}


@contextmanager
def no_autoflush(offline: OfflineShop, is_wanted: bool) -> Iterator[None]:
    with offline.shop.app.app_context(), ExitStack() as stack:
        if is_wanted:
            stack.enter_context(offline.shop.db.session.no_autoflush)
        yield


@pytest.mark.parametrize("inside", [False, True], ids=["", "no_autoflush"])
def test_an_inquiry_books_a_success_and_its_refund(
    options: dict[str, bool], offline: OfflineShop, inside: bool
) -> None:
    pending = {"notifyType": "PAYMENT_PENDING", "paymentTime": None}
    assert offline.notify(**pending).status_code == 200
    model = offline.shop.antom.Payment
    with no_autoflush(offline, inside):
        payment = offline.shop.db.session.scalars(offline.shop.db.select(model)).one()
        assert payment.status == "pending"
        offline.shop.antom.sync(payment)
        assert (payment.status, payment.captured) == ("succeeded", FORTY_TWO)
        assert payment.refunded == TEN
    assert_books_are_right(offline)


def test_a_sweep_books_a_success_and_its_refund(
    options: dict[str, bool], offline: OfflineShop
) -> None:
    offline.notify(notifyType="PAYMENT_PENDING", paymentTime=None)
    make_due(offline.shop)
    offline.shop.sweep()
    assert_books_are_right(offline)


def test_a_paid_order_is_not_sold_again(
    options: dict[str, bool], offline: OfflineShop
) -> None:
    offline.answers |= {"createPaymentSession": SESSION, "cancel": DONE}
    offline.notify(notifyType="PAYMENT_PENDING", paymentTime=None)
    with no_autoflush(offline, True):
        model = offline.shop.antom.Payment
        payment = offline.shop.db.session.scalars(offline.shop.db.select(model)).one()
        offline.shop.antom.sync(payment)
    answer = offline.shop.pay()
    assert (answer.status_code, (answer.json or {})["code"]) == (
        409,
        "order_already_paid",
    )
    assert {operation for operation, _ in offline.calls} == {"inquiryPayment"}


def test_notifications_are_booked_and_delivered(
    options: dict[str, bool], offline: OfflineShop
) -> None:
    statuses: list[str] = []

    def look(app: Flask, payment: Any, **extra: Any) -> None:
        statuses.append(payment.status)

    offline.shop.connect(payment_pending, look)
    offline.shop.connect(payment_succeeded, look)
    offline.notify(notifyType="PAYMENT_PENDING", paymentTime=None)
    assert [offline.notify().status_code for _ in range(2)] == [200, 200]
    notice = refund_notice("fromDashboard", 1000, paymentId=GUIDE["paymentId"])
    assert offline.notify(notice).status_code == 200
    assert statuses == ["pending", "succeeded"]
    assert_books_are_right(offline)


def test_what_a_receiver_only_changes_is_written(
    options: dict[str, bool], offline: OfflineShop
) -> None:
    """Without a flush of its own, and after a first try that failed."""
    shop, switch = offline.shop, Switch()
    with shop.app.app_context():
        shop.db.session.add(shop.fulfilment(order_reference="stock", request_id="2"))
        shop.db.session.commit()

    def take_one(app: Flask, payment: Any, **extra: Any) -> None:
        query = shop.db.select(shop.fulfilment).filter_by(order_reference="stock")
        row = shop.db.session.scalars(query).one()
        row.request_id = str(int(row.request_id) - 1)
        switch(app)

    shop.connect(payment_succeeded, take_one)
    assert offline.notify().status_code == 500
    switch.is_broken = False
    assert [offline.notify().status_code for _ in range(2)] == [200, 200]
    (left,) = (
        row.request_id
        for row in shop.rows(shop.fulfilment)
        if row.order_reference == "stock"
    )
    assert left == "1"
    assert is_delivered(offline)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_receivers_run_at_the_hosts_own_isolation_level(
    shop_url: str, database_kind: str, level: str
) -> None:
    if database_kind.startswith("sqlite"):
        pytest.skip("SQLite has one level.")
    levels: list[str] = []
    engine = {"SQLALCHEMY_ENGINE_OPTIONS": {"isolation_level": level}}
    with open_offline(SQLALCHEMY_DATABASE_URI=shop_url, **engine) as offline:
        offline.add_payment()

        def look(app: Flask, payment: Any, **extra: Any) -> None:
            levels.append(isolation_level(offline))

        offline.shop.connect(payment_succeeded, look)
        assert offline.notify().status_code == 200
        assert is_delivered(offline)
    assert levels == [level]


def isolation_level(offline: OfflineShop) -> str:
    """Return the level of the transaction that is open in the host's session."""
    session = offline.shop.db.session
    if session.get_bind().dialect.name == "postgresql":
        return str(session.scalar(sa.text("SHOW transaction_isolation"))).upper()
    # No variable of MariaDB's tells what SET TRANSACTION has changed.
    count = sa.select(sa.func.count()).select_from(offline.shop.fulfilment)
    before = session.scalar(count)
    try:
        insert_elsewhere(offline)
    except sa.exc.OperationalError:  # it waits for the end of what was read
        return "SERIALIZABLE"
    is_snapshot = session.scalar(count) == before
    return "REPEATABLE READ" if is_snapshot else "READ COMMITTED"


def insert_elsewhere(offline: OfflineShop) -> None:
    """Add a row over another connection, and wait for no lock."""
    engine = sa.create_engine(
        offline.shop.settings["SQLALCHEMY_DATABASE_URI"], poolclass=sa.NullPool
    )
    row = {"order_reference": "else", "request_id": "", "about": ""}
    with engine.begin() as connection:
        connection.execute(sa.text("SET innodb_lock_wait_timeout = 0"))
        connection.execute(sa.insert(offline.shop.fulfilment).values(row))

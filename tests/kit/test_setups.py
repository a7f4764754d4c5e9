"""The kit in the set-ups of hosts: databases, rollbacks, workers, logins, CSRF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from flask_login import (  # type: ignore[import-untyped]
    FlaskLoginClient,
    LoginManager,
    UserMixin,
    current_user,
)
from flask_sqlalchemy_lite import SQLAlchemy as LiteSQLAlchemy
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]

from flask_antom import FlaskAntom, Money
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Simulator
from flask_antom.testing import AntomKit, SessionRefused, Signer
from tests.integration import test_lite as lite
from tests.support import shop as shops
from tests.support.meters import Scraped
from tests.support.receivers import Switch
from tests.support.shop import Shopfront, make_order, make_shop

SETTINGS: dict[str, Any] = {
    "SECRET_KEY": "for tests only",
    "TESTING": True,
    "SQLALCHEMY_DATABASE_URI": "sqlite://",
}


@contextmanager
def open_kit(**settings: Any) -> Iterator[tuple[Shopfront, AntomKit]]:
    shop = make_shop(SETTINGS | settings)
    try:
        with AntomKit(shop.app) as kit:
            yield shop, kit
    finally:
        shop.close()


def tell_the_whole_story(shop: Shopfront, kit: AntomKit) -> None:
    kit.decline("A-1")
    kit.pending("A-1")
    assert kit.pay("A-1").status == "succeeded"
    assert shop.fulfilled() == 1
    kit.refund("A-1", Money(500, "MYR"), waits=True)
    kit.clock.advance(days=1)
    assert kit.finish_refund("A-1").status == "succeeded"
    kit.notify("dispute-created", "A-1")
    assert kit.payments("A-1")[-1].refunded == Money(500, "MYR")
    assert [told.name for told in kit.signals] == [
        "payment_failed",
        "payment_pending",
        "payment_succeeded",
        "refund_succeeded",
        "notification_unhandled",
    ]


# Databases


@pytest.mark.every_database
def test_each_database(shop: Shopfront, antom_kit: AntomKit) -> None:
    tell_the_whole_story(shop, antom_kit)


def test_a_database_in_memory_with_one_connection() -> None:
    with open_kit() as (shop, kit):
        with shop.app.app_context():
            assert isinstance(shop.db.engine.pool, sa.StaticPool)
        tell_the_whole_story(shop, kit)


def test_flask_sqlalchemy_lite(tmp_path: Path) -> None:
    app = Flask("lite")
    app.config.update(
        SECRET_KEY="for tests only",
        TESTING=True,
        SQLALCHEMY_ENGINES={"default": f"sqlite:///{tmp_path / 'lite.sqlite'}"},
    )
    db = LiteSQLAlchemy(app)
    antom = FlaskAntom(
        app,
        db=db,
        payment_model=lite.Payment,
        refund_model=lite.Refund,
        notification_model=lite.Notification,
        event_model=lite.Event,
    )
    antom.order_loader(lambda reference: make_order(reference, lite.AMOUNT))

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        db.session.add(lite.Parcel(order_reference=payment.order_reference))

    with app.app_context():
        lite.Base.metadata.create_all(db.engine)
    with AntomKit(app) as kit, payment_succeeded.connected_to(fulfil, sender=app):
        kit.pay("A-1", "CARD")
        kit.refund("A-1")
        with app.app_context():
            parcels = db.session.scalars(sa.select(lite.Parcel)).all()
            assert [parcel.order_reference for parcel in parcels] == ["A-1"]
            db.engine.dispose()


# Test suites that roll back


@contextmanager
def rolled_back(shop: Shopfront) -> Iterator[None]:
    """Undo what the block commits, as the documentation of testing shows it."""
    engines = shops.db._app_engines[shop.app]
    engine: Any = engines[None]
    if engine.name == "sqlite":
        engine.dispose()
        sa.event.listen(engine, "connect", leave_begin_to_us)
        sa.event.listen(engine, "begin", begin)
    with engine.connect() as connection:
        transaction = connection.begin()
        engines[None] = connection
        try:
            yield
        finally:
            engines[None] = engine
            transaction.rollback()


def leave_begin_to_us(connection: Any, record: Any) -> None:
    connection.isolation_level = None


def begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@pytest.mark.every_database
def test_a_suite_that_rolls_back(
    shop: Shopfront, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = shops.db.session.session_factory.kw
    monkeypatch.setitem(options, "join_transaction_mode", "create_savepoint")
    for _ in range(2):
        with rolled_back(shop), AntomKit(shop.app) as kit:
            tell_the_whole_story(shop, kit)
        assert shop.payments() == []
        assert shop.fulfilled() == 0


def test_a_suite_that_rolls_back_inside_of_a_pushed_context(
    shop: Shopfront, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = shops.db.session.session_factory.kw
    monkeypatch.setitem(options, "join_transaction_mode", "create_savepoint")
    with rolled_back(shop), shop.app.test_request_context():
        row: Any = shop.fulfilment(order_reference="A-1", request_id="by hand")
        shop.db.session.add(row)
        shop.db.session.commit()
        with AntomKit(shop.app) as kit:
            kit.pay("A-1")
            assert (row.request_id, shop.fulfilled()) == ("by hand", 2)
    assert shop.fulfilled() == 0


# Contexts that a test has pushed


@pytest.mark.parametrize("expires", [True, False])
def test_a_pushed_context_shows_what_the_app_has_written(
    shop: Shopfront,
    antom_kit: AntomKit,
    monkeypatch: pytest.MonkeyPatch,
    expires: bool,
) -> None:
    options = shops.db.session.session_factory.kw
    monkeypatch.setitem(options, "expire_on_commit", expires)
    with shop.app.test_request_context():
        query = shop.db.select(shop.antom.Payment)
        antom_kit.open("A-1")
        payment = shop.db.session.scalars(query).one()
        assert payment.status == "created"
        antom_kit.pay("A-1")
        assert payment.status == "succeeded"


def test_a_pushed_context_hides_no_missing_commit(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    """A loader that changes a row and forgets the commit changes nothing."""

    def load(reference: str) -> Any:
        row: Any = shop.fulfilment(order_reference=reference, request_id="forgotten")
        shop.db.session.add(row)
        return shop.orders[reference]

    shop.antom.order_loader(load)
    with shop.app.test_request_context():
        antom_kit.open("A-1")
        assert shop.db.session.scalars(shop.db.select(shop.fulfilment)).all() == []


def test_a_client_that_keeps_its_context_goes_on(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    from flask import request

    with shop.app.test_client() as client:
        client.get("/nowhere")
        antom_kit.client = client
        assert antom_kit.pay("A-1").status == "succeeded"
        client.get("/somewhere")
        assert request.path == "/somewhere"


# Workers


def test_a_worker_delivers_at_once() -> None:
    with open_kit(ANTOM_EVENT_DELIVERY="worker") as (shop, kit):
        tell_the_whole_story(shop, kit)


def test_no_queue_of_the_shop_is_used() -> None:
    with open_kit(ANTOM_EVENT_DELIVERY="worker") as (shop, kit):
        queued: list[int] = []
        shop.antom.event_dispatcher(queued.append)
        kit.pay("A-1")
        assert (queued, shop.fulfilled()) == ([], 1)


def test_a_receiver_that_raises_in_the_worker_fails_the_test() -> None:
    with open_kit(ANTOM_EVENT_DELIVERY="worker") as (shop, kit):
        shop.connect(payment_succeeded, Switch())
        with pytest.raises(RuntimeError, match="no stock left"):
            kit.pay("A-1")


# Logins and protection


class User(UserMixin):  # type: ignore[misc]
    def __init__(self, name: str) -> None:
        self.id = name


def test_a_buyer_who_is_logged_in(shop: Shopfront, antom_kit: AntomKit) -> None:
    app = shop.app
    app.test_client_class = FlaskLoginClient
    LoginManager(app).user_loader(User)
    shop.antom.visitor_may_pay(lambda order: current_user.get_id() == "ann")
    with pytest.raises(SessionRefused):
        antom_kit.pay("A-1")
    antom_kit.client = app.test_client(user=User("bob"))
    with pytest.raises(SessionRefused, match="visitor_may_pay refuses"):
        antom_kit.pay("A-1")
    antom_kit.client = app.test_client(user=User("ann"))
    assert antom_kit.pay("A-1").status == "succeeded"


@pytest.mark.parametrize("is_on", [True, False])
def test_a_shop_with_csrf_protection(is_on: bool) -> None:
    with open_kit(WTF_CSRF_ENABLED=is_on) as (shop, kit):
        CSRFProtect(shop.app)
        if is_on:
            assert shop.pay().status_code == 400
        kit.client.set_cookie("theme", "dark")
        assert kit.pay("A-1").status == "succeeded"
        shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
        assert kit.pay("A-2").status == "succeeded"


def test_the_cookies_of_the_buyer_stay(shop: Shopfront, antom_kit: AntomKit) -> None:
    CSRFProtect(shop.app)
    shop.antom.visitor_may_pay(lambda order: _visitor() == "ann")
    client: FlaskClient = shop.app.test_client()
    with client.session_transaction() as cookie:
        cookie["visitor"] = "ann"
    antom_kit.client = client
    assert antom_kit.pay("A-1").status == "succeeded"
    with client.session_transaction() as cookie:
        assert cookie["visitor"] == "ann"


def _visitor() -> Any:
    from flask import session

    return session.get("visitor")


# Pages of the shop


def test_the_checkout_is_drawn_though_the_app_has_no_keys(shop: Shopfront) -> None:
    page = (
        '{% from "antom/checkout.html" import antom_checkout %}'
        '{{ antom_checkout("A-1", methods=["GCASH"]) }}'
    )
    shop.app.add_url_rule("/pay", "pay", lambda: render_template_string(page))
    client = shop.app.test_client()
    assert 'value="GCASH"' not in client.get("/pay").text
    with AntomKit(shop.app) as kit:
        assert 'value="GCASH"' in client.get("/pay").text
        kit.pay("A-1")
        assert 'value="GCASH"' not in client.get("/pay").text


# The kit beside the other parts


def test_the_signer_and_the_simulator_go_with_the_kit(
    shop: Shopfront,
    antom_kit: AntomKit,
    antom_simulator: Simulator,
    antom_signer: Signer,
) -> None:
    payment = antom_kit.open("A-1")
    assert antom_simulator.payment(payment.request_id).amount == payment.amount
    body, headers = antom_signer.notification(payment.request_id, payment.amount)
    client = shop.app.test_client()
    assert client.post("/antom/notify", data=body, headers=headers).status_code == 200
    assert shop.fulfilled() == 1


def test_an_app_that_the_simulator_serves(
    antom_settings: dict[str, Any], antom_simulator: Simulator
) -> None:
    shop = make_shop(SETTINGS | antom_settings)
    with AntomKit(shop.app, antom_simulator) as kit:
        assert not antom_simulator.clock.is_running
        assert kit.pay("A-1").status == "succeeded"
    assert antom_simulator.clock.is_running
    shop.close()


def test_an_app_can_be_played_again_and_again(shop: Shopfront) -> None:
    with AntomKit(shop.app) as first:
        first.pay("A-1")
    shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    with AntomKit(shop.app) as second:
        assert second.pay("A-2").status == "succeeded"
        assert len(second.signals) == len(first.signals) == 1


def test_what_counts_payments_counts_those_of_the_kit(shop: Shopfront) -> None:
    scraped = Scraped(shop.app)
    with AntomKit(shop.app) as kit:
        kit.pay("A-1")
    paid = {"status": "succeeded", "method": "GCASH", "source": "notification"}
    assert scraped.value("antom_payments_total", **paid) == 1

"""The extension: how it is set up, what it says to mistakes, how apps stay apart."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_antom import FlaskAntom, Money, Order
from flask_antom.errors import ConfigError
from flask_antom.gateway.http import Reply, Unreachable
from flask_antom.testing import Signer
from tests.support.keys import (
    ANTOM_PRIVATE_KEY,
    ANTOM_PUBLIC_KEY,
    OTHER_PRIVATE_KEY,
    OTHER_PUBLIC_KEY,
)
from tests.support.offline import SESSION, OfflineShop
from tests.support.shop import CLIENT_ID, make_order, shop_settings

AMOUNT = Money(4200, "MYR")
WANTED = {"orderReference": "A-1", "paymentMethodType": "GCASH"}


def silence(url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
    raise Unreachable("silence")


MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app() -> Iterator[MakeApp]:
    """Make apps whose engines are closed in the end."""
    apps: list[Flask] = []

    def make(db: SQLAlchemy | None = None, **settings: Any) -> Flask:
        app = Flask(f"app{len(apps)}")
        app.config.update(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
        app.config.update(settings)
        if db is not None:
            db.init_app(app)
            apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.answers["createPaymentSession"] = SESSION
    return offline


def rules(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if "antom." in rule.endpoint}


def test_an_app_given_at_once_is_initialised(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(db)
    FlaskAntom(app, db=db)
    assert rules(app) == {
        "/antom/session",
        "/antom/hosted",
        "/antom/report",
        "/antom/notify",
        "/antom/result/<token>",
        "/antom/status/<token>",
        "/antom/static/<path:filename>",
    }
    assert "antom" in app.cli.commands


def test_an_app_can_be_initialised_later(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    antom = FlaskAntom(db=db)
    app = make_app(db)
    assert "antom" not in app.extensions
    antom.init_app(app)
    assert "/antom/notify" in rules(app)


def test_the_database_may_be_initialised_after_us(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    antom = FlaskAntom(db=db)
    app = make_app()
    antom.init_app(app)
    db.init_app(app)
    with app.app_context():
        db.create_all()
        assert db.session.scalars(db.select(antom.Payment)).all() == []
        db.session.remove()
        db.engine.dispose()


def test_a_second_init_app_is_refused(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(db)
    antom = FlaskAntom(app, db=db)
    with pytest.raises(ConfigError, match="init_app was called before for this app"):
        antom.init_app(app)
    with pytest.raises(ConfigError, match="init_app was called before for this app"):
        FlaskAntom(app, db=SQLAlchemy())


def test_a_wrong_key_leaves_the_app_as_it_was(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(db, ANTOM_CLIENT_ID=5)
    antom = FlaskAntom(db=db)
    with pytest.raises(ConfigError, match="ANTOM_CLIENT_ID"):
        antom.init_app(app)
    assert "antom" not in app.extensions
    assert rules(app) == set()
    app.config["ANTOM_CLIENT_ID"] = CLIENT_ID
    antom.init_app(app)
    assert "/antom/notify" in rules(app)


@pytest.mark.parametrize("method", ["sync", "cancel"])
def test_without_a_context_there_is_no_current_app(
    make_app: MakeApp, method: str
) -> None:
    db = SQLAlchemy()
    antom = FlaskAntom(make_app(db), db=db)
    with pytest.raises(ConfigError, match=r"no current app.*app\.app_context\(\)"):
        getattr(antom, method)(antom.Payment())


@pytest.mark.parametrize("method", ["sync", "cancel"])
def test_an_app_that_was_never_initialised_is_named(
    make_app: MakeApp, method: str
) -> None:
    antom = FlaskAntom(db=SQLAlchemy())
    with (
        make_app().app_context(),
        pytest.raises(ConfigError, match="Was init_app forgotten"),
    ):
        getattr(antom, method)(antom.Payment())


def test_another_extension_object_is_found_out(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(db)
    FlaskAntom(app, db=db)
    other = FlaskAntom(db=SQLAlchemy())
    with (
        app.app_context(),
        pytest.raises(ConfigError, match="two FlaskAntom objects"),
    ):
        other.sync(other.Payment())


def test_nothing_is_loaded_or_asked_before_it_is_needed(make_app: MakeApp) -> None:
    calls: list[str] = []

    def send(url: str, *rest: Any) -> Reply:
        calls.append(url)
        raise Unreachable("silence")

    db = SQLAlchemy()
    app = make_app(db)
    FlaskAntom(app, db=db, send=send)
    assert vars(app.extensions["antom"].config.keyring)["_loaded"] == {}
    assert calls == []


def test_an_app_that_is_gone_is_not_kept(make_app: MakeApp) -> None:
    antom = FlaskAntom(db=SQLAlchemy())
    app = make_app()
    antom.init_app(app)
    gone = weakref.ref(app)
    del app
    gc.collect()
    assert gone() is None


# Several apps in one process

SECOND_ID = "SANDBOX_5YDEMO00000000002"
FIRST = Signer(ANTOM_PRIVATE_KEY, CLIENT_ID)
SECOND = Signer(OTHER_PRIVATE_KEY, SECOND_ID)


@pytest.fixture(params=["one extension", "an extension each"])
def two_apps(
    request: pytest.FixtureRequest, make_app: MakeApp
) -> tuple[FlaskAntom, Flask, FlaskAntom, Flask]:
    """Two apps of different merchants, with tables each."""
    db = SQLAlchemy()
    antom = FlaskAntom(db=db, send=silence)
    db_too, antom_too = db, antom
    if request.param != "one extension":
        db_too = SQLAlchemy()
        antom_too = FlaskAntom(db=db_too, send=silence)
    first = make_app(db)
    second = make_app(
        db_too,
        ANTOM_CLIENT_ID=SECOND_ID,
        ANTOM_PUBLIC_KEY=OTHER_PUBLIC_KEY,
        ANTOM_PUBLIC_URL="https://second.example",
        ANTOM_URL_PREFIX="/pay",
    )
    for extension, app in ((antom, first), (antom_too, second)):
        extension.init_app(app)
        extension.order_loader(lambda reference: make_order(reference, AMOUNT))
        with app.app_context():
            app.extensions["sqlalchemy"].create_all()
            add_payment(app, extension)
    return antom, first, antom_too, second


def add_payment(app: Flask, antom: FlaskAntom) -> None:
    session = app.extensions["sqlalchemy"].session
    session.add(
        antom.Payment(
            request_id="R-1",
            order_reference="A-1",
            amount=AMOUNT,
            method="GCASH",
            mode="cashier",
            status="created",
        )
    )
    session.commit()


def status(app: Flask, antom: FlaskAntom) -> str:
    with app.app_context():
        session = app.extensions["sqlalchemy"].session
        return str(session.query(antom.Payment).one().status)


def notify(app: Flask, signer: Signer, prefix: str, signed_for: str = "") -> int:
    path = f"{prefix}/notify"
    body, headers = signer.notification("R-1", AMOUNT, path=signed_for or path)
    return app.test_client().post(path, data=body, headers=headers).status_code


def test_two_apps_keep_their_keys_apart(
    two_apps: tuple[FlaskAntom, Flask, FlaskAntom, Flask],
) -> None:
    antom, first, antom_too, second = two_apps
    assert notify(first, SECOND, "/antom") == 401
    assert notify(second, FIRST, "/pay") == 401
    assert notify(second, Signer(ANTOM_PRIVATE_KEY, SECOND_ID), "/pay") == 401
    assert (status(first, antom), status(second, antom_too)) == ("created", "created")
    assert notify(first, FIRST, "/antom") == 200
    assert (status(first, antom), status(second, antom_too)) == ("succeeded", "created")
    assert notify(second, SECOND, "/pay") == 200
    assert status(second, antom_too) == "succeeded"


def test_two_apps_keep_their_addresses_apart(
    two_apps: tuple[FlaskAntom, Flask, FlaskAntom, Flask],
) -> None:
    _, first, _, second = two_apps
    assert first.test_client().post("/pay/notify").status_code == 404
    assert second.test_client().post("/antom/notify").status_code == 404
    assert notify(second, SECOND, "/pay", signed_for="/antom/notify") == 401
    with first.test_request_context(), second.test_request_context():
        assert second.url_for("antom.notify") == "/pay/notify"
    with first.test_request_context():
        assert first.url_for("antom.notify") == "/antom/notify"


def test_two_apps_sign_with_their_own_names(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    seen: list[tuple[str, str]] = []

    def send(url: str, headers: Mapping[str, str], *rest: Any) -> Reply:
        seen.append((url, headers["Client-Id"]))
        raise Unreachable("silence")

    antom = FlaskAntom(db=db, send=send)
    antom.order_loader(lambda reference: make_order(reference, AMOUNT))
    for number in (1, 2):
        app = make_app(
            db,
            ANTOM_CLIENT_ID=f"SANDBOX_{number}",
            ANTOM_GATEWAY_URL=f"https://gateway{number}.example",
            ANTOM_TIMEOUT=0.1,
        )
        antom.init_app(app)
        with app.app_context():
            db.create_all()
        answer = app.test_client().post("/antom/session", json=WANTED)
        assert answer.status_code == 503
    path = "/ams/sandbox/api/v1/payments/createPaymentSession"
    assert set(seen) == {
        (f"https://gateway1.example{path}", "SANDBOX_1"),
        (f"https://gateway2.example{path}", "SANDBOX_2"),
    }


# What the host supplies


def test_a_missing_order_loader_is_named(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(db)
    FlaskAntom(app, db=db)
    with pytest.raises(ConfigError, match=r"@antom\.order_loader"):
        app.test_client().post("/antom/session", json=WANTED)


@pytest.mark.parametrize("nonsense", [{"amount": 4200}, "A-1", 4200, False, object()])
def test_a_loader_that_gives_nonsense_is_named(
    offline: OfflineShop, nonsense: Any
) -> None:
    offline.shop.antom.order_loader(lambda reference: nonsense)
    kind = type(nonsense).__name__
    with pytest.raises(ConfigError, match=f"Order or None, not {kind}"):
        offline.shop.pay()
    assert offline.tables.payments == []


def test_the_loader_is_given_back_by_the_decorator(offline: OfflineShop) -> None:
    def load(reference: str) -> Order | None:
        return None

    assert offline.shop.antom.order_loader(load) is load
    assert offline.shop.pay().status_code == 404


def test_an_order_has_one_reference(offline: OfflineShop) -> None:
    order = make_order("A-77", AMOUNT)
    offline.shop.antom.order_loader(lambda reference: order)
    assert offline.shop.pay("A-77").status_code == 201
    for other in ("a-77", "A-77 ", "cart"):
        answer = offline.shop.pay(other)
        assert (answer.status_code, answer.json and answer.json["code"]) == (
            404,
            "order_not_found",
        )
    assert len(offline.shop.payments("A-77")) == 1


def test_the_host_may_add_any_field_to_the_request(offline: OfflineShop) -> None:
    orders: list[Order] = []

    def add(fields: dict[str, Any], order: Order) -> None:
        orders.append(order)
        fields["paymentMethod"]["paymentMethodMetaData"] = {"is3DSAuthentication": "1"}
        fields["metadata"] = json.dumps({"shop": "north"})
        fields["productCode"] = "CASHIER_PAYMENT_2"
        fields["env"]["colorDepth"] = "24"

    assert offline.shop.antom.session_request(add) is add
    assert offline.shop.pay().status_code == 201
    assert orders == [offline.shop.orders["A-1"]]
    [(_, sent)] = offline.calls
    assert sent["paymentMethod"] == {
        "paymentMethodType": "GCASH",
        "paymentMethodMetaData": {"is3DSAuthentication": "1"},
    }
    assert sent["metadata"] == '{"shop": "north"}'
    assert sent["productCode"] == "CASHIER_PAYMENT_2"
    assert sent["env"] == {
        "terminalType": "WEB",
        "clientIp": "127.0.0.1",
        "colorDepth": "24",
    }


def change_inside(fields: dict[str, Any]) -> None:
    fields["paymentAmount"]["value"] = "1"


FORBIDDEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "paymentRequestId": lambda fields: fields.update(paymentRequestId="mine"),
    "paymentNotifyUrl": lambda fields: fields.update(paymentNotifyUrl="https://a.b/"),
    "paymentRedirectUrl": lambda fields: fields.pop("paymentRedirectUrl"),
    "paymentAmount": lambda fields: fields.update(paymentAmount=None),
    "paymentAmount ": change_inside,
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_host_may_not_change_how_the_payment_is_known(
    offline: OfflineShop, name: str
) -> None:
    def change(fields: dict[str, Any], order: Order) -> None:
        FORBIDDEN[name](fields)

    offline.shop.antom.session_request(change)
    with pytest.raises(ConfigError, match=f"session_request changed {name.strip()},"):
        offline.shop.pay()
    assert offline.calls == []


def test_a_hook_that_asks_for_an_authorization_is_remembered(
    offline: OfflineShop,
) -> None:
    def authorize(fields: dict[str, Any], order: Order) -> None:
        fields["paymentFactor"] = {"isAuthorization": True}

    offline.shop.antom.session_request(authorize)
    request_id = (offline.shop.pay().json or {})["paymentRequestId"]
    offline.notify(paymentRequestId=request_id)
    assert offline.signals == [("payment_authorized", request_id)]

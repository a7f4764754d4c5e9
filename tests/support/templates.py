"""Apps that draw the package's templates, and the values for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from flask_antom.app_state import AppState
from flask_antom.clock import SYSTEM_CLOCK
from flask_antom.config import Config
from flask_antom.domain.money import Money
from flask_antom.gateway.keys import Keyring
from flask_antom.hooks import Hooks
from flask_antom.web.routes import blueprint
from flask_antom.web.templating import init_templating
from tests.support.shop import MODELS, db, make_order

CONFIG = Config(
    client_id="SANDBOX_1",
    keyring=Keyring("private", {"1": "public"}),
    key_version="1",
    agent_token=None,
    environment="sandbox",
    gateway_url="https://gateway.example",
    public_url="https://shop.example",
    url_prefix="/antom",
    settlement_currency=None,
    payment_methods=("GCASH", "ALIPAY_CN"),
    checkout_mode="cashier",
    debug_panel=False,
    sdk_url="/sdk.js",
    sdk_integrity=None,
    timeout=10.0,
    event_delivery="inline",
    csp_nonce=None,
    shop_name=None,
    color_scheme="light",
    time_zone=None,
)

_APPS: list[Flask] = []


def make_app(config: Config = CONFIG, root: Path | None = None) -> Flask:
    """Make an app that draws, whose orders all cost 42.00 MYR.

    A test that calls it uses the fixture :func:`drawing_apps`.

    :param root: the folder of the app's own catalogues.
    """
    app = Flask(__name__, root_path=str(root) if root else None)
    app.secret_key = "secret"
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        db.create_all()
    app.extensions["antom"] = AppState.create(
        app,
        config,
        db=db,
        models=MODELS,
        hooks=Hooks(order_loader=lambda ref: make_order(ref, Money(4200, "MYR"))),
        send=None,
        connect=None,
        clock=SYSTEM_CLOCK,
    )
    app.register_blueprint(blueprint, url_prefix=config.url_prefix)
    init_templating(app, config)
    _APPS.append(app)
    return app


@pytest.fixture
def drawing_apps() -> Iterator[None]:
    """Close the databases of the apps that the test makes."""
    yield
    while _APPS:
        with _APPS.pop().app_context():
            db.engine.dispose()


def is_final(status: str) -> bool:
    return status not in ("created", "pending", "processing", "authorized")


def result_context(status: str) -> dict[str, Any]:
    """Return what the result view hands to ``antom/result.html``."""
    return {
        "payment": SimpleNamespace(
            id=1,
            status=status,
            order_reference="A-1",
            amount=Money(4200, "MYR"),
            method="GCASH",
            result_code=None,
            is_given_back=False,
            paid_at=None,
            created_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        ),
        "final": is_final(status),
        "status_url": "/antom/status/token",
        "order_url": "/orders/A-1",
        "refresh_after": 1,
    }

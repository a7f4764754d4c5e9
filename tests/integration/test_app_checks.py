"""Apps that would never hear of Antom, and how they are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_antom import FlaskAntom
from flask_antom.errors import ConfigError
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.offline import PATH
from tests.support.processes import run_code
from tests.support.shop import MODELS, db, shop_settings

HOST = "shop.example"


def init(app: Flask, **settings: Any) -> Flask:
    app.config.update(
        shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"),
        ANTOM_PUBLIC_URL=f"https://{HOST}",
    )
    app.config.update(settings)
    models: dict[str, Any] = {
        f"{name}_model": model for name, model in MODELS._asdict().items()
    }
    db.init_app(app)
    FlaskAntom(app, db=db, **models)
    return app


def status(app: Flask) -> int:
    """Post an empty notification to the public address."""
    base = app.config["ANTOM_PUBLIC_URL"]
    return app.test_client().post(PATH, base_url=base).status_code


def test_host_matching_is_refused() -> None:
    app = Flask("shop", host_matching=True, static_host=HOST)
    with pytest.raises(ConfigError, match=r"host_matching=True.* 404 .*an app of its"):
        init(app)
    assert "antom" not in app.extensions
    assert "antom" not in app.blueprints


def test_a_blueprint_of_our_name_is_refused() -> None:
    app = Flask("shop")
    app.register_blueprint(Blueprint("antom", "shop"))
    with pytest.raises(ConfigError, match=r'blueprint named "antom".*another name'):
        init(app)
    assert "antom" not in app.extensions


def own_route(app: Flask) -> Flask:
    app.add_url_rule(PATH, "own", view_func=lambda: "mine", methods=["POST"])
    return app


@pytest.mark.parametrize(
    ("make", "settings", "word", "answer"),
    [
        (lambda: Flask("shop"), {"TRUSTED_HOSTS": ["www.shop.example"]}, "TRUST", 400),
        (
            lambda: Flask("shop", subdomain_matching=True),
            {"SERVER_NAME": HOST, "ANTOM_PUBLIC_URL": f"https://www.{HOST}"},
            "subdomain_matching is on, and SERVER_NAME is 'shop.example'",
            404,
        ),
        (lambda: own_route(Flask("shop")), {}, "the route is own's", 200),
    ],
)
def test_an_address_that_flask_does_not_serve_is_a_warning(
    caplog: pytest.LogCaptureFixture,
    make: Callable[[], Flask],
    settings: dict[str, Any],
    word: str,
    answer: int,
) -> None:
    app = init(make(), **settings)
    assert status(app) == answer
    assert f"{app.config['ANTOM_PUBLIC_URL']}{PATH}" in caplog.text
    assert word in caplog.text


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (lambda: Flask("shop"), {}),
        (lambda: Flask("shop"), {"TRUSTED_HOSTS": [HOST]}),
        (
            lambda: Flask("shop"),
            {"TRUSTED_HOSTS": [f".{HOST}"], "ANTOM_PUBLIC_URL": f"https://www.{HOST}"},
        ),
        (lambda: Flask("shop"), {"SERVER_NAME": "other.example"}),
        (lambda: Flask("shop", subdomain_matching=True), {"SERVER_NAME": HOST}),
        (
            lambda: Flask("shop", subdomain_matching=True),
            {"SERVER_NAME": f"{HOST}:8443", "ANTOM_PUBLIC_URL": f"https://{HOST}:8443"},
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Current server name")
def test_an_address_that_flask_serves_is_none(
    caplog: pytest.LogCaptureFixture,
    make: Callable[[], Flask],
    settings: dict[str, Any],
) -> None:
    assert status(init(make(), **settings)) == 401
    assert "does not accept" not in caplog.text


# gevent

GEVENT = """
import sys
import gevent.monkey
when, gateway = sys.argv[1:]
if when == "early":
    gevent.monkey.patch_all()
from flask_antom.errors import ConfigError
from tests.support.shop import make_shop, shop_settings
from tests.support.keys import ANTOM_PUBLIC_KEY
if when == "before the app":
    gevent.monkey.patch_all()
try:
    shop = make_shop(shop_settings(ANTOM_PUBLIC_KEY, gateway))
except ConfigError as error:
    sys.exit(f"at the start: {error}")
if when == "after the app":
    gevent.monkey.patch_all()
shop.app.config["PROPAGATE_EXCEPTIONS"] = False
shop.app.config["TESTING"] = False
try:
    with shop.app.app_context():
        shop.antom.sweep()
except ConfigError as error:
    print(f"at a call: {error}")
shop.pay()
print(len(shop.payments()), "payments")
"""
HTTPS = "https://127.0.0.1:9"


def test_gevent_that_patches_first_is_fine() -> None:
    ran = run_code(GEVENT, "early", HTTPS)
    assert ran.stdout == "1 payments\n", ran.stderr


def test_gevent_that_patches_too_late_is_refused_at_the_start() -> None:
    ran = run_code(GEVENT, "before the app", HTTPS)
    assert "at the start: gevent has patched ssl after urllib3" in ran.stderr
    assert "before anything else is imported" in ran.stderr


def test_gevent_that_patches_in_the_worker_is_refused_before_a_payment() -> None:
    ran = run_code(GEVENT, "after the app", HTTPS)
    assert "at a call: gevent has patched ssl after urllib3" in ran.stdout, ran.stderr
    assert "0 payments" in ran.stdout


LATE = """
import sys
import gevent.monkey
from flask_antom.gateway.late_patches import check_patches
gevent.monkey.patch_all()
check_patches(sys.argv[1])
"""


def test_gevent_does_not_matter_to_a_gateway_without_tls() -> None:
    assert run_code(LATE, "http://127.0.0.1:9").returncode == 0
    assert "ConfigError" in run_code(LATE, HTTPS).stderr

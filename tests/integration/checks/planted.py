"""The mistakes that ``flask antom check`` has to name, numbered.

Each is planted into an app that is well without it. Those of blockers are in
``test_blockers.py``, those of databases on servers in ``test_servers.py``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, Response, redirect, request
from flask_seasurf import SeaSurf  # type: ignore[import-untyped]
from flask_talisman import Talisman  # type: ignore[import-untyped]
from werkzeug.exceptions import ServiceUnavailable

from flask_antom.gateway.keys import load_private_key
from flask_antom.signals import payment_needs_review, payment_succeeded
from tests.integration.checks.hosts import HOST, PROD_ID, Host, fulfil
from tests.support.keys import (
    ANTOM_PUBLIC_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
)


def nothing(host: Host) -> None:
    """Change nothing: the settings are the mistake."""


class Planted(NamedTuple):
    """A mistake in an app.

    :ivar name: the name of the finding; for an app that does not start, a part of the
        error.
    :ivar settings: what differs from an app that is well.
    :ivar change: changes the app.
    :ivar options: of ``flask antom check``.
    :ivar also: further findings that follow from it.
    """

    number: int
    name: str
    settings: Mapping[str, Any] = {}
    change: Callable[[Host], object] = nothing
    options: tuple[str, ...] = ()
    also: frozenset[str] = frozenset()


def _small_key() -> str:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return base64.b64encode(der).decode()


#: Apps that do not start. ``flask antom check`` says why in a few lines.
STOPPED = (
    Planted(1, "this is your own key", {"ANTOM_PUBLIC_KEY": MERCHANT_PUBLIC_KEY}),
    Planted(2, "this key has 1024 bits", {"ANTOM_PRIVATE_KEY": _small_key()}),
    Planted(
        3, "probably cut or quoted", {"ANTOM_PRIVATE_KEY": MERCHANT_PRIVATE_KEY[:-7]}
    ),
    Planted(4, "this is a public key", {"ANTOM_PRIVATE_KEY": ANTOM_PUBLIC_KEY}),
    Planted(5, "One of them belongs to the other", {"ANTOM_ENVIRONMENT": "prod"}),
    Planted(
        6,
        "scheme and host only",
        {"ANTOM_GATEWAY_URL": "https://open-sea-global.alipay.com/ams/sandbox/api"},
    ),
    Planted(
        7,
        "ANTOM_PUBLIC_KEY (or ANTOM_PUBLIC_KEY_FILE) is not set",
        {"ANTOM_PUBLIC_KEY": None, "ANTOM_PUBLIC_URL": None},
    ),
    Planted(
        8,
        '"http://" is not safe',
        {"ANTOM_CLIENT_ID": PROD_ID, "ANTOM_PUBLIC_URL": f"http://{HOST}"},
    ),
    Planted(9, 'has "//" in its path', {"ANTOM_PUBLIC_URL": f"https://{HOST}//pay"}),
    Planted(10, "Did you mean ANTOM_CLIENT_ID?", {"ANTOM_CLIENTID": "x"}),
    Planted(11, "available_timezones()", {"ANTOM_TIME_ZONE": "Asia/Kuala Lumpur"}),
)


def _odd_key() -> str:
    """Return a private key whose numbers do not fit together."""
    good = load_private_key(MERCHANT_PRIVATE_KEY).private_numbers()
    parts = (good.dmp1, good.dmq1, good.iqmp, good.public_numbers)
    bad = rsa.RSAPrivateNumbers(good.p, good.q, good.d + 2, *parts)
    key = bad.private_key(unsafe_skip_rsa_key_validation=True)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode()


LIVE = {"ANTOM_CLIENT_ID": PROD_ID}
AT_HOME = "http://127.0.0.1:9"


def no_secret(host: Host) -> None:
    host.app.secret_key = None


def drop_table(host: Host) -> None:
    host.execute("DROP TABLE antom_event")


def drop_column(host: Host) -> None:
    host.execute("ALTER TABLE antom_payment DROP COLUMN method")


def drop_unique(host: Host) -> None:
    """Make the table anew, as a migration by hand may have done."""
    host.execute("ALTER TABLE antom_notification RENAME TO old")
    host.execute("CREATE TABLE antom_notification AS SELECT * FROM old")
    for column in ("request_id", "payment_id", "outcome"):
        host.execute(f"CREATE INDEX i_{column} ON antom_notification ({column})")


def drop_index(host: Host) -> None:
    host.execute("DROP INDEX ix_antom_payment_order_reference")


def no_loader(host: Host) -> None:
    host.antom._hooks.order_loader = None


def loader(function: Callable[[str], Any]) -> Callable[[Host], None]:
    def plant(host: Host) -> None:
        host.add_payment()
        host.antom.order_loader(function)

    return plant


def looks_at_the_user(reference: str) -> Any:
    raise RuntimeError("Working outside of request context.")


def returns_a_dict(reference: str) -> Any:
    return {"reference": reference}


def finds_nothing(reference: str) -> Any:
    return None


async def loads_later(reference: str) -> Any:
    return None


async def may_pay_later(order: Any) -> bool:
    return False


def ignores_case(host: Host) -> None:
    host.add_payment(order_reference="a-1")
    host.antom.order_loader(lambda reference: host.orders["A-1"])


def async_hook(host: Host) -> None:
    hook: Any = may_pay_later
    host.antom.visitor_may_pay(hook)


def disconnect(signal: Any) -> Callable[[Host], None]:
    return lambda host: signal.disconnect(fulfil, sender=host.app)


def busy(app: Flask) -> None:
    """Serve notifications only."""

    @app.before_request
    def close() -> None:
        if request.endpoint != "antom.notify":
            raise ServiceUnavailable


def login_for_pages(app: Flask) -> None:
    @app.before_request
    def ask() -> Any:
        return redirect("/login") if request.method == "GET" else None


def surf(host: Host) -> None:
    csrf = SeaSurf(host.app)
    csrf.exempt(host.app.view_functions["antom.notify"])


def tell_referrers(host: Host) -> None:
    @host.app.after_request
    def loosen(response: Response) -> Response:
        response.headers["Referrer-Policy"] = "unsafe-url"
        return response


def strict_policy(host: Host) -> None:
    Talisman(host.app, content_security_policy={"default-src": "'self'"})


def serve_sdk(host: Host) -> None:
    host.app.add_url_rule("/sdk.js", "sdk", lambda: Response(b"x", mimetype="text/js"))


def overdue(host: Host) -> None:
    host.add_payment(inquire_at=datetime.now(UTC) - timedelta(hours=2))


def undelivered(host: Host) -> None:
    host.add_payment(status="succeeded")
    with host.app.app_context():
        (payment,) = host.db.session.scalars(host.db.select(host.antom.Payment))
        event = host.antom.Event(
            payment_ref=payment.id,
            name="payment_succeeded",
            next_attempt_at=datetime.now(UTC) - timedelta(hours=2),
        )
        host.db.session.add(event)
        host.db.session.commit()


def untold(host: Host) -> None:
    paid_at = datetime.now(UTC) - timedelta(minutes=10)
    host.add_payment(status="succeeded", paid_at=paid_at)


SDK = base64.b64encode(hashlib.sha384(b"y").digest()).decode()

#: Apps that start.
RUNNING = (
    Planted(12, "environment.live_at_simulator", LIVE | {"ANTOM_GATEWAY_URL": AT_HOME}),
    Planted(13, "environment.simulator_deployed", {"ANTOM_GATEWAY_URL": AT_HOME}),
    Planted(14, "environment.sandbox_is_not_live", options=("--live",)),
    Planted(
        15,
        "environment.unknown_gateway",
        {"ANTOM_GATEWAY_URL": "https://open-sea-global.alipay.com.example"},
    ),
    Planted(17, "url.local", {"ANTOM_PUBLIC_URL": "http://192.168.0.7:5000"}),
    Planted(18, "url.prefix_twice", {"ANTOM_PUBLIC_URL": f"https://{HOST}/antom"}),
    Planted(19, "keys.unreadable", {"ANTOM_PRIVATE_KEY": _odd_key()}),
    Planted(20, "secret_key.missing", change=no_secret),
    Planted(21, "secret_key.weak", {"SECRET_KEY": "change-me-in-production!"}),
    Planted(
        23,
        "database.set_up",
        {"SQLALCHEMY_ENGINE_OPTIONS": {"isolation_level": "AUTOCOMMIT"}},
    ),
    Planted(24, "tables.missing", change=drop_table),
    Planted(25, "tables.columns", change=drop_column),
    Planted(26, "tables.unique", change=drop_unique),
    Planted(27, "tables.index", change=drop_index),
    Planted(28, "loader.missing", change=no_loader),
    Planted(29, "loader.async", change=loader(loads_later)),
    Planted(30, "loader.async", change=async_hook),
    Planted(31, "loader.raises", change=loader(looks_at_the_user)),
    Planted(32, "loader.wrong_type", change=loader(returns_a_dict)),
    Planted(33, "loader.not_found", change=loader(finds_nothing)),
    Planted(34, "loader.another_order", change=ignores_case),
    Planted(35, "receivers.unheard", change=disconnect(payment_succeeded)),
    Planted(36, "receivers.review", LIVE, disconnect(payment_needs_review)),
    Planted(
        37,
        "pages.session",
        change=lambda host: busy(host.app),
        also=frozenset({"pages.result"}),
    ),
    Planted(38, "pages.session", change=surf),
    Planted(39, "pages.result", change=lambda host: login_for_pages(host.app)),
    Planted(40, "pages.result_leaks", change=tell_referrers),
    Planted(41, "pages.csp", change=strict_policy),
    Planted(
        42,
        "sdk.mode",
        {
            "ANTOM_CHECKOUT_MODE": "element",
            "ANTOM_SDK_URL": "https://cdn.example/1.12.0/ams-checkout.min.js",
        },
    ),
    Planted(43, "sdk.local", {"ANTOM_SDK_URL": f"{AT_HOME}/sdk/ams-checkout.js"}),
    Planted(44, "sdk.missing", {"ANTOM_SDK_URL": "/static/ams-checkout-1.47.2.min.js"}),
    Planted(
        45,
        "sdk.integrity",
        {"ANTOM_SDK_URL": "/sdk.js", "ANTOM_SDK_INTEGRITY": f"sha384-{SDK}"},
        serve_sdk,
        also=frozenset({"sdk.untried"}),
    ),
    Planted(46, "sdk.untried", {"ANTOM_SDK_URL": "https://cdn.example/1.0.0/sdk.js"}),
    Planted(47, "workers.no_sweep", change=overdue),
    Planted(48, "workers.no_delivery", {"ANTOM_EVENT_DELIVERY": "worker"}, undelivered),
    Planted(49, "workers.no_notification", change=untold),
)

"""A small shop that takes payments with Flask-Antom, to read and to copy from.

``payments.py`` has everything that concerns Flask-Antom. ``python -m example_app``
starts the shop together with a simulated Antom.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from . import admin, errors, security, turbo, views
from .database import db, migrate
from .payments import antom

DEFAULTS: Mapping[str, Any] = {
    "SQLALCHEMY_DATABASE_URI": "sqlite:///shop.sqlite3",
    "SESSION_COOKIE_NAME": "tanah",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "TRUSTED_PROXIES": 0,
    "DEMO_CLERK": None,
    "TURBO_FILE": None,
    "ANTOM_PAYMENT_METHODS": ["TNG", "GCASH", "ALIPAY_CN", "ONLINEBANKING_FPX", "CARD"],
    "ANTOM_CSP_NONCE": "csp_nonce",
    "ANTOM_SHOP_NAME": "Tanah",
    "ANTOM_TIME_ZONE": "buyer",
}


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Create the shop.

    Settings come from :data:`DEFAULTS`, then from environment variables with the
    prefix ``FLASK_`` (``FLASK_ANTOM_CLIENT_ID`` sets ``ANTOM_CLIENT_ID``), then from
    ``config``. ``TRUSTED_PROXIES`` is the number of proxies in front of the shop; their
    ``X-Forwarded-*`` headers then set the buyer's address, scheme, host and prefix.
    ``DEMO_CLERK`` is a name: whoever opens ``/admin`` on this machine is that clerk.
    ``TURBO_FILE`` is the path of a copy of Hotwired Turbo, which then swaps the pages.

    :param config: settings that override all others.
    :raises flask_antom.errors.ConfigError: for an ``ANTOM_`` key that is missing or
        wrong.
    """
    app = Flask(__name__)
    app.config.from_mapping(DEFAULTS)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    if proxies := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, proxies, proxies, proxies, x_prefix=proxies
        )
    db.init_app(app)
    migrations = Path(__file__).with_name("migrations")
    migrate.init_app(app, db, str(migrations), render_as_batch=True)
    security.init_app(app)
    errors.init_app(app)
    turbo.init_app(app)
    antom.init_app(app)
    admin.init_app(app)
    app.register_blueprint(views.shop)
    return app

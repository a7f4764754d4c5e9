"""Checks in ``init_app`` that requests of Antom and of buyers will reach our views."""

from __future__ import annotations

import warnings
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from ..config import Config
from ..errors import ConfigError
from ..log_lines import Log

log: Log = Log(__name__)


def check_app(app: Flask) -> None:
    """Check what must hold before our blueprint is registered.

    :raises ConfigError: if the app cannot serve our routes.
    """
    if app.url_map.host_matching:
        raise ConfigError(
            "The app has host_matching=True. Flask-Antom's routes name no host, so"
            " Flask would answer 404 to Antom and to buyers. Make the app without"
            " host_matching, or put the checkout into an app of its own."
        )
    if "antom" in app.blueprints:
        raise ConfigError(
            'The app has a blueprint named "antom", which is the name of Flask-Antom\'s'
            " own. Give yours another name."
        )


def check_address(app: Flask, config: Config) -> None:
    """Warn if Flask would not lead requests for the public URL to our views.

    It is no error, because a proxy may put another ``Host`` into requests.
    """
    if not config.public_url:
        return
    host = urlsplit(config.public_url).netloc
    reason = _refusal(app, config)
    if reason:
        log.warning(
            "Flask does not accept notifications at %s: %s Requests with the host %s"
            " get an error, unless a proxy or ProxyFix changes the host.",
            config.notify_url,
            reason,
            host,
        )


def _refusal(app: Flask, config: Config) -> str:
    """Return why the app's routing refuses a notification; empty if it does not."""
    builder = EnvironBuilder(
        f"{config.url_prefix}/notify", base_url=config.public_url, method="POST"
    )
    try:
        with warnings.catch_warnings(action="ignore"):  # Werkzeug says it too
            request = app.request_class(builder.get_environ())
            adapter = app.create_url_adapter(request)
        endpoint = adapter.match()[0] if adapter else ""
    except HTTPException as error:
        if app.config.get("TRUSTED_HOSTS") and error.code == 400:
            return "TRUSTED_HOSTS does not name the host of ANTOM_PUBLIC_URL."
        if app.subdomain_matching:
            return (
                "subdomain_matching is on, and SERVER_NAME is"
                f" {app.config['SERVER_NAME']!r}, which is not the host of"
                " ANTOM_PUBLIC_URL."
            )
        return f"its routing answers {error.code}."
    finally:
        builder.close()
    return "" if endpoint == "antom.notify" else f"the route is {endpoint}'s."

"""What the templates need: addresses, names, the CSP nonce, the CSRF token.

All of it comes by Jinja globals, as an imported macro sees no context processors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, url_for

from .config import METHOD_TYPE, Config
from .errors import ConfigError
from .methods import method_name


@dataclass(frozen=True, slots=True)
class Checkout:
    """What one call of the macro draws.

    :ivar methods: pairs of payment method type and name, in the order to be shown.
    :ivar csrf_token: for the header ``X-CSRFToken``; None if the host has no
        CSRFProtect.
    """

    order_reference: str
    methods: tuple[tuple[str, str], ...]
    session_url: str
    environment: str
    sdk_url: str
    sdk_integrity: str | None
    csrf_token: str | None


def init_templating(app: Flask, config: Config) -> None:
    """Give the app's templates the globals that our macro and result page call."""

    def checkout(
        order_reference: str, methods: Iterable[str] | None = None
    ) -> Checkout:
        return describe_checkout(config, order_reference, methods)

    def nonce() -> str | None:
        return find_nonce(config)

    app.jinja_env.globals.update(
        _antom_checkout=checkout,
        _antom_method_name=method_name,
        _antom_nonce=nonce,
    )


def describe_checkout(
    config: Config, order_reference: str, methods: Iterable[str] | None
) -> Checkout:
    """Collect what the macro draws. Needs a request.

    :param methods: payment method types; None stands for ``ANTOM_PAYMENT_METHODS``.
    :raises ConfigError: without an order reference, or if a method is not one of
        Antom's or not offered here.
    """
    if not order_reference:
        raise ConfigError(
            "antom_checkout() got no order reference. Is the name of the variable"
            " right?"
        )
    return Checkout(
        order_reference=str(order_reference),
        methods=tuple(
            (method, method_name(method)) for method in _offered(config, methods)
        ),
        session_url=url_for("antom.create_session"),
        environment=config.environment,
        sdk_url=config.sdk_url,
        sdk_integrity=config.sdk_integrity,
        csrf_token=_csrf_token(),
    )


def find_nonce(config: Config) -> str | None:
    """Find the request's CSP nonce; None if the host uses none.

    ``ANTOM_CSP_NONCE`` is a function or the name of an attribute of ``g``. Without it,
    a Jinja global ``csp_nonce`` is called, such as Flask-Talisman's.

    :raises ConfigError: if ``g`` lacks the attribute.
    """
    source: Any = config.csp_nonce
    if isinstance(source, str):
        if source not in g:
            raise ConfigError(
                f'ANTOM_CSP_NONCE is "{source}", but g has no such attribute in this'
                " request. Set it before the request, or give a function."
            )
        return g.get(source) or None
    if source is None:
        source = current_app.jinja_env.globals.get("csp_nonce")
    nonce: Any = source() if callable(source) else None
    return nonce or None


def _offered(config: Config, methods: Iterable[Any] | None) -> tuple[str, ...]:
    if methods is None:
        methods = config.payment_methods or ()
    if isinstance(methods, str):
        raise ConfigError(f'antom_checkout() takes a list: methods=["{methods}"].')
    chosen = tuple(dict.fromkeys(methods))
    if not chosen:
        raise ConfigError(
            "antom_checkout() has no payment methods to draw: give it methods=[...],"
            " or set ANTOM_PAYMENT_METHODS."
        )
    for method in chosen:
        if not isinstance(method, str) or not METHOD_TYPE.fullmatch(method):
            raise ConfigError(
                f"antom_checkout() got {method!r}, which is no payment method type of"
                ' Antom\'s, such as "GCASH" (capital letters).'
            )
        if config.payment_methods is not None and method not in config.payment_methods:
            raise ConfigError(
                f"antom_checkout() got {method!r}, which is not among"
                " ANTOM_PAYMENT_METHODS."
            )
    return chosen


def _csrf_token() -> str | None:
    generate: Any = current_app.jinja_env.globals.get("csrf_token")
    return generate() if generate is not None else None

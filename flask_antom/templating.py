"""What the templates need: addresses, names, the CSP nonce, the CSRF token.

All of it comes by Jinja globals, as an imported macro sees no context processors.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g

from . import words
from .codes import CODES, NEW_SESSION, text_for
from .config import METHOD_TYPE, Config
from .english import CHECKOUT
from .errors import CheckoutError, ConfigError
from .methods import method_icon, method_name
from .models import PaymentMixin
from .money import Money
from .sdk import Hints
from .sdk import hints as sdk_hints
from .shop import Hooks
from .states import Status

#: The codes for which a text is shown, as the script looks for them.
CODES_BY_TEXT = {text: " ".join(codes) for text, codes in CODES.items()}


@dataclass(frozen=True, slots=True)
class Checkout:
    """What one call of the macro draws.

    :ivar methods: type, name and icon (or none) of each, in the order to be shown.
    :ivar is_payable: whether the host leaves the buyer any way to pay.
    :ivar csrf: name and value of the field that the host's CSRFProtect wants; None if
        it has none.
    """

    order_reference: str
    mode: str
    methods: tuple[tuple[str, str, str | None], ...]
    is_payable: bool
    csrf: tuple[str, str] | None


def init_templating(app: Flask, config: Config, hooks: Hooks) -> None:
    """Give the app's templates the globals that our macro and result page call."""

    def checkout(
        order_reference: str,
        methods: Iterable[str] | None,
        mode: str | None,
        texts: Iterable[str],
    ) -> Checkout:
        _refuse_misspelt(texts)
        return describe_checkout(config, hooks, order_reference, methods, mode)

    def hints(mode: str | None) -> Hints:
        urls = config.sdk_url, config.sdk_integrity, config.gateway_url
        return sdk_hints(config.mode(mode), *urls)

    def nonce() -> str | None:
        return find_nonce(config)

    app.jinja_env.globals.update(
        _antom_checkout=checkout,
        _antom_codes=CODES_BY_TEXT,
        _antom_config=config,
        _antom_hints=hints,
        _antom_method_name=translated_name,
        _antom_new_session=" ".join(sorted(NEW_SESSION)),
        _antom_nonce=nonce,
        _antom_message=result_message,
        _antom_words=words.current,
    )
    app.jinja_env.filters["antom_money"] = write_money


def describe_checkout(
    config: Config,
    hooks: Hooks,
    order_reference: str,
    methods: Iterable[str] | None,
    mode: str | None,
) -> Checkout:
    """Collect what the macro draws. Needs a request.

    :param methods: payment method types; None stands for ``ANTOM_PAYMENT_METHODS``.
    :param mode: of the checkout; None stands for ``ANTOM_CHECKOUT_MODE``.
    :raises ConfigError: without an order reference, for an unknown mode, or if a method
        is not one of Antom's or not offered here.
    """
    if not order_reference:
        raise ConfigError(
            "antom_checkout() got no order reference. Is the name of the variable"
            " right?"
        )
    mode = config.mode(mode)
    reference = str(order_reference)
    given = _offered(config, methods)
    if not given and (methods is not None or mode == "cashier"):
        raise ConfigError(
            "antom_checkout() has no payment methods to draw: give it methods=[...],"
            " or set ANTOM_PAYMENT_METHODS."
        )
    offered = _for_order(hooks, reference, given)
    return Checkout(
        order_reference=reference,
        mode=mode,
        methods=tuple(
            (method, translated_name(method), method_icon(method)) for method in offered
        ),
        is_payable=bool(offered) or not given,
        csrf=_csrf(),
    )


def translated_name(method: str | None) -> str:
    """Name a payment method type in the buyer's language: ``"CARD"`` is ``"Karte"``."""
    return words.current().text(method_name(method))


def result_message(payment: PaymentMixin) -> str:
    """Say what became of a payment, and why it failed where its code tells."""
    told = words.current()
    reason = text_for(payment.result_code) if payment.status == Status.FAILED else None
    if reason is None or reason == "result":
        return told.outcome(payment.status).message
    return told.checkout[reason]


def write_money(money: Money) -> str:
    """Write an amount as the buyer would: the filter ``antom_money``."""
    return words.current().amount(money)


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


def _refuse_misspelt(texts: Iterable[str]) -> None:
    for name in texts:
        if name not in CHECKOUT:
            close = difflib.get_close_matches(name, CHECKOUT, n=1)
            meant = f' Is "{close[0]}" meant?' if close else ""
            raise ConfigError(
                f'antom_checkout() got a text "{name}", but has no such text.{meant}'
            )


def _offered(config: Config, methods: Iterable[Any] | None) -> tuple[str, ...]:
    if methods is None:
        methods = config.payment_methods or ()
    if isinstance(methods, str):
        raise ConfigError(f'antom_checkout() takes a list: methods=["{methods}"].')
    chosen = tuple(dict.fromkeys(methods))
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


def _for_order(
    hooks: Hooks, reference: str, methods: tuple[str, ...]
) -> tuple[str, ...]:
    """Ask the host which methods this order may be paid by, if it has a say in it."""
    if hooks.payment_methods is None:
        return methods
    try:
        order = hooks.load_order(reference)
    except CheckoutError:  # the session route tells the buyer
        return methods
    return methods if order is None else hooks.order_methods(order, methods)


def _csrf() -> tuple[str, str] | None:
    generate: Any = current_app.jinja_env.globals.get("csrf_token")
    if generate is None:
        return None
    return current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"), generate()

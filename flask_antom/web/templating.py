"""What the templates need: addresses, names, the CSP nonce, the CSRF token.

All of it comes by Jinja globals, as an imported macro sees no context processors.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from ..app_state import Hooks
from ..browser_sdk.releases import Hints
from ..browser_sdk.releases import hints as sdk_hints
from ..config import Config
from ..domain.money import Money
from ..domain.payment_methods import method_icon, method_name
from ..domain.payment_states import Status
from ..errors import ConfigError
from ..flows.method_choice import methods_for_order, methods_to_draw
from ..i18n import translations
from ..i18n.english import CHECKOUT
from ..i18n.failure_texts import CODES, NEW_SESSION, text_for
from ..store.models import PaymentMixin
from .csp import find_nonce

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
        _antom_words=translations.current,
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
    given = methods_to_draw(config, mode, methods)
    offered = methods_for_order(hooks, reference, given)
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
    return translations.current().text(method_name(method))


def result_message(payment: PaymentMixin) -> str:
    """Say what became of a payment, and why it failed where its code tells."""
    told = translations.current()
    reason = text_for(payment.result_code) if payment.status == Status.FAILED else None
    if reason is None or reason == "result":
        return told.outcome(payment.status).message
    return told.checkout[reason]


def write_money(money: Money) -> str:
    """Write an amount as the buyer would: the filter ``antom_money``."""
    return translations.current().amount(money)


def _refuse_misspelt(texts: Iterable[str]) -> None:
    for name in texts:
        if name not in CHECKOUT:
            close = difflib.get_close_matches(name, CHECKOUT, n=1)
            meant = f' Is "{close[0]}" meant?' if close else ""
            raise ConfigError(
                f'antom_checkout() got a text "{name}", but has no such text.{meant}'
            )


def _csrf() -> tuple[str, str] | None:
    generate: Any = current_app.jinja_env.globals.get("csrf_token")
    if generate is None:
        return None
    return current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"), generate()

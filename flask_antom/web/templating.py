"""Values for the templates: URLs, names, the CSP nonce, the CSRF token.

They are Jinja globals, because an imported macro has no context processors.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from flask import Flask, current_app

from ..app_state import AppState
from ..browser_sdk.releases import Hints
from ..browser_sdk.releases import hints as sdk_hints
from ..config import NOT_SET_UP, Config
from ..domain.money import Money
from ..domain.payment_methods import method_icon, method_name
from ..domain.payment_states import Status
from ..errors import ConfigError
from ..flows.method_choice import methods_to_draw
from ..flows.result_links import CANNOT_SIGN
from ..i18n import time_zones, translations
from ..i18n.english import CHECKOUT, Outcome
from ..i18n.failure_texts import CHOOSE, CODES, NEW_SESSION, text_for
from ..log_lines import Log
from ..opaque import HiddenText
from ..store.models import PaymentMixin
from .csp import find_nonce
from .csrf import csrf_field
from .order_notices import Notice, look_at, outcome_of

log: Log = Log(__name__)

#: The codes for which a text is shown, as the script searches them.
CODES_BY_TEXT = {text: " ".join(codes) for text, codes in CODES.items()}


class Checkout(NamedTuple):
    """The values that one call of the macro draws.

    :ivar order_reference: the order's reference.
    :ivar mode: one of :data:`~flask_antom.domain.modes.MODES`.
    :ivar methods: type, name and icon of each method, in the order to show them. The
        icon may be ``None``.
    :ivar notice: what is said about the order, if there is anything to say.
    :ivar is_payable: whether the order can be paid.
    :ivar note: what a developer reads instead of the form; empty for buyers.
    :ivar amount: what is paid with the form; ``None`` if there is no form.
    :ivar csrf: name and value of the field for the host's CSRFProtect; ``None`` if the
        host does not use it.
    """

    order_reference: str
    mode: str
    methods: tuple[tuple[str, str, str | None], ...]
    notice: Notice | None
    is_payable: bool
    csrf: tuple[str, HiddenText] | None
    note: str = ""
    amount: Money | None = None


def init_templating(app: Flask, config: Config) -> None:
    """Register the Jinja globals that our macro and result page use."""
    is_told = False

    def refuse_checkout(order_reference: str, reason: str) -> Checkout:
        """Return what the macro draws for an app that cannot take payments yet."""
        nonlocal is_told
        if not is_told and not app.debug:
            log.error("antom_checkout() draws no form. %s", reason)
        is_told = True
        note = reason if app.debug else ""
        notice = Notice(text="offline")
        return Checkout(order_reference, "hosted", (), notice, False, None, note)

    def checkout(
        order_reference: str,
        methods: Iterable[str] | None,
        mode: str | None,
        texts: Iterable[str],
        again: bool = False,
    ) -> Checkout:
        _refuse_misspelt(texts)
        state: AppState = current_app.extensions["antom"]
        if not state.config.is_set_up:
            return refuse_checkout(str(order_reference), NOT_SET_UP)
        if not app.secret_key:
            return refuse_checkout(str(order_reference), CANNOT_SIGN)
        return describe_checkout(state, order_reference, methods, mode, again=again)

    def hints(mode: str | None) -> Hints:
        urls = config.sdk_url, config.sdk_integrity, config.gateway_url
        return sdk_hints(config.mode(mode), *urls)

    def nonce() -> str | None:
        return find_nonce(config)

    def moment(time: datetime) -> str:
        zone = time_zones.current(config.time_zone)
        return translations.current().moment(time, zone)

    app.jinja_env.globals.update(
        _antom_checkout=checkout,
        _antom_choose=CHOOSE,
        _antom_codes=CODES_BY_TEXT,
        _antom_config=config,
        _antom_hints=hints,
        _antom_method_name=translated_name,
        _antom_new_session=" ".join(sorted(NEW_SESSION)),
        _antom_nonce=nonce,
        _antom_message=result_message,
        _antom_moment=moment,
        _antom_outcome=result_outcome,
        _antom_outcome_name=outcome_of,
        _antom_words=translations.current,
    )
    app.jinja_env.filters["antom_money"] = write_money


def describe_checkout(
    state: AppState,
    order_reference: str,
    methods: Iterable[str] | None,
    mode: str | None,
    *,
    again: bool = False,
) -> Checkout:
    """Return the values that the macro draws. Needs a request.

    :param methods: payment method types; ``None`` stands for ``ANTOM_PAYMENT_METHODS``.
    :param mode: the mode of the checkout; ``None`` stands for ``ANTOM_CHECKOUT_MODE``.
    :param again: whether a refunded order can be paid again.
    :raises ConfigError: without an order reference, for an unknown mode, or for a
        method that Antom or the shop does not have.
    """
    if not order_reference:
        raise ConfigError(
            "antom_checkout() got no order reference. Did you misspell the name of the"
            " variable?"
        )
    mode = state.config.mode(mode)
    reference = str(order_reference)
    offered = methods_to_draw(state.config, mode, methods)
    order, notice = look_at(state, reference, again=again)
    is_payable = order is not None
    if order is not None:
        given, offered = offered, state.hooks.order_methods(order, offered)
        if given and not offered:
            is_payable, notice = False, notice or Notice(text="unpayable")
    return Checkout(
        order_reference=reference,
        mode=mode,
        methods=tuple(
            (method, translated_name(method), method_icon(method)) for method in offered
        ),
        notice=notice,
        is_payable=is_payable,
        csrf=csrf_field() if is_payable else None,
        amount=order.amount if order is not None else None,
    )


def translated_name(method: str | None) -> str:
    """Return a method's name in the buyer's language: ``"Karte"`` for ``"CARD"``."""
    return translations.current().text(method_name(method))


def result_outcome(payment: PaymentMixin) -> Outcome:
    """Return the texts about a payment's result."""
    return translations.current().outcome(outcome_of(payment))


def result_message(payment: PaymentMixin) -> str:
    """Return the text about a payment's result, or about the reason of its failure."""
    reason = text_for(payment.result_code) if payment.status == Status.FAILED else None
    if reason is None or reason == "result":
        return result_outcome(payment).message
    return translations.current().checkout[reason]


def write_money(money: Money) -> str:
    """Return an amount as it is written in the buyer's language.

    This is the filter ``antom_money``.
    """
    return translations.current().amount(money)


def _refuse_misspelt(texts: Iterable[str]) -> None:
    for name in texts:
        if name not in CHECKOUT:
            close = difflib.get_close_matches(name, CHECKOUT, n=1)
            hint = f' Did you mean "{close[0]}"?' if close else ""
            raise ConfigError(
                f'antom_checkout() got a text "{name}", but has no such text.{hint}'
            )

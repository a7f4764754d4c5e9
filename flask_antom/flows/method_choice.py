"""The payment methods of an order: which are drawn, and which are accepted.

``ANTOM_PAYMENT_METHODS`` limits the methods of the shop, the macro those of a page, the
host's hook those of an order. Some methods cannot take some amounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ..app_state import AppState
from ..config import Config
from ..domain.modes import MODES
from ..domain.money import check_chargeable
from ..domain.orders import Order
from ..domain.payment_methods import METHOD_TYPE
from ..errors import (
    ConfigError,
    InvalidMoney,
    InvalidRequest,
    MethodNotOffered,
)


class Choice(NamedTuple):
    """The mode and the methods of a session.

    :ivar methods: one method, or those among which the buyer chooses at Antom, in
        order; empty for all of Antom's methods.
    """

    mode: str
    methods: tuple[str, ...]


def choose(
    state: AppState, order: Order, mode: str | None, methods: tuple[str, ...]
) -> Choice:
    """Check the mode and the methods that the browser asks for.

    :param mode: one of :data:`~flask_antom.domain.modes.MODES`; ``None`` stands for
        the shop's.
    :param methods: payment method types; empty stands for the shop's. Those that are
        not offered are left out.
    :raises InvalidRequest: for a mode or a method that does not exist.
    :raises MethodNotOffered: if no method is left.
    """
    mode = state.config.checkout_mode if mode is None else mode
    if mode not in MODES:
        known = ", ".join(f'"{name}"' for name in MODES)
        raise InvalidRequest(f"mode must be one of {known}.")
    if mode == "cashier" and len(methods) != 1:
        raise InvalidRequest('The mode "cashier" needs exactly one paymentMethodType.')
    for method in methods:
        if not METHOD_TYPE.fullmatch(method):
            raise InvalidRequest(
                "paymentMethodType must be one of Antom's payment method types, such as"
                ' "GCASH" (capital letters).'
            )
    wanted = methods or state.config.payment_methods or ()
    offered = _configured(state, wanted)
    if wanted and not offered:
        raise MethodNotOffered("The shop does not offer this payment method.")
    offered = state.hooks.order_methods(order, offered)
    objections = {method: _objection(order, method) for method in offered}
    usable = tuple(method for method in offered if not objections[method])
    if not usable and (wanted or state.hooks.payment_methods is not None):
        why = next(filter(None, objections.values()), "")
        raise MethodNotOffered(why or "The shop does not offer this payment method.")
    return Choice(mode, usable)


def _configured(state: AppState, methods: tuple[str, ...]) -> tuple[str, ...]:
    known = state.config.payment_methods
    return tuple(
        method for method in dict.fromkeys(methods) if known is None or method in known
    )


def _objection(order: Order, method: str) -> str:
    """Return why a method cannot take the order's amount; empty if it can."""
    try:
        check_chargeable(order.amount, method)
    except InvalidMoney as error:
        return f"{method} cannot take this amount: {error}"
    return ""


def methods_to_draw(
    config: Config, mode: str, methods: Iterable[Any] | None
) -> tuple[str, ...]:
    """Return the methods that a page draws; empty stands for all of Antom's methods.

    :param methods: ``None`` stands for ``ANTOM_PAYMENT_METHODS``.
    :raises ConfigError: for a method that Antom or the shop does not have, or if the
        mode needs methods and there are none.
    """
    is_asked = methods is not None
    if methods is None:
        methods = config.payment_methods or ()
    if isinstance(methods, str):
        raise ConfigError(f'antom_checkout() takes a list: methods=["{methods}"].')
    chosen = tuple(dict.fromkeys(methods))
    for method in chosen:
        if not isinstance(method, str) or not METHOD_TYPE.fullmatch(method):
            raise ConfigError(
                f"antom_checkout() got {method!r}, which is not a payment method type"
                ' such as "GCASH" (capital letters).'
            )
        if config.payment_methods is not None and method not in config.payment_methods:
            raise ConfigError(
                f"antom_checkout() got {method!r}, which is not among"
                " ANTOM_PAYMENT_METHODS."
            )
    if not chosen and (is_asked or mode == "cashier"):
        raise ConfigError(
            "antom_checkout() has no payment methods to draw: pass methods=[...], or"
            " set ANTOM_PAYMENT_METHODS."
        )
    return chosen

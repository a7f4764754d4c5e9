"""How may this buyer pay this order? The mode of the checkout and the methods."""

from __future__ import annotations

from dataclasses import dataclass

from .config import METHOD_TYPE
from .errors import InvalidMoney, InvalidRequest, MethodNotOffered
from .money import check_chargeable
from .orders import Order
from .sdk import MODES
from .shop import Shop


@dataclass(frozen=True, slots=True)
class Choice:
    """What the session is opened for.

    :ivar methods: one, or those among which the buyer chooses at Antom, in order;
        none: all that Antom has.
    """

    mode: str
    methods: tuple[str, ...]


def choose(
    shop: Shop, order: Order, mode: str | None, methods: tuple[str, ...]
) -> Choice:
    """Check what the browser wishes for, and put the shop's own answer in its place.

    :param mode: one of :data:`~flask_antom.sdk.MODES`; None: the shop's.
    :param methods: one, several or none; methods of several that cannot be had are
        left out.
    :raises InvalidRequest: for a mode or a method that does not exist.
    :raises MethodNotOffered: if no method is left.
    """
    mode = shop.config.checkout_mode if mode is None else mode
    if mode not in MODES:
        known = ", ".join(f'"{name}"' for name in MODES)
        raise InvalidRequest(f"mode must be one of {known}.")
    if mode == "cashier" and len(methods) != 1:
        raise InvalidRequest(
            'In the mode "cashier" paymentMethodType must be given, just one.'
        )
    for method in methods:
        if not METHOD_TYPE.fullmatch(method):
            raise InvalidRequest(
                "paymentMethodType must be a payment method type of Antom's, such as"
                ' "GCASH" (capital letters).'
            )
    wanted = methods or shop.config.payment_methods or ()
    offered = _configured(shop, wanted)
    if wanted and not offered:
        raise MethodNotOffered("The shop does not offer this payment method.")
    offered = shop.hooks.order_methods(order, offered)
    objections = {method: _objection(order, method) for method in offered}
    usable = tuple(method for method in offered if not objections[method])
    if not usable and (wanted or shop.hooks.payment_methods is not None):
        why = next(filter(None, objections.values()), "")
        raise MethodNotOffered(why or "The shop does not offer this payment method.")
    return Choice(mode, usable)


def _configured(shop: Shop, methods: tuple[str, ...]) -> tuple[str, ...]:
    known = shop.config.payment_methods
    return tuple(
        method for method in dict.fromkeys(methods) if known is None or method in known
    )


def _objection(order: Order, method: str) -> str:
    """Say why a method cannot take the order's amount; nothing if it can."""
    try:
        check_chargeable(order.amount, method)
    except InvalidMoney as error:
        return f"{method} cannot take this amount: {error}"
    return ""

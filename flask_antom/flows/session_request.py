"""The request of createPaymentSession: the order, the mode, the buyer's browser."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ..app_state import AppState
from ..domain.orders import Order
from ..domain.payment_methods import CARD_LIKE
from ..errors import ConfigError
from ..opaque import Opaque, conceal, reveal
from ..store.rows import PaymentRow
from .method_choice import Choice
from .result_links import result_url_of
from .visitor import Visitor

#: Antom's name of each mode (Antom: createPaymentSession, "productScene"). The mode of
#: the guide, ``cashier``, has no name.
SCENES = {
    "element": "ELEMENT_PAYMENT",
    "page": "CHECKOUT_PAYMENT",
    "hosted": "CHECKOUT_PAYMENT",
}

#: Fields that the host's hook must not change, because they identify the payment.
_FIXED_FIELDS = (
    "paymentRequestId",
    "paymentAmount",
    "paymentNotifyUrl",
    "paymentRedirectUrl",
)


def write_request(
    state: AppState,
    payment: PaymentRow,
    choice: Choice,
    order: Order,
    visitor: Visitor,
) -> Opaque[dict[str, Any]]:
    """Return the request, with the fields that the host's hook adds.

    :raises ConfigError: if the hook changed a field that identifies the payment.
    """
    payload = Opaque(_fields(state, payment, choice, order, visitor))
    fixed = Opaque({name: deepcopy(payload.reveal()[name]) for name in _FIXED_FIELDS})
    state.hooks.change_session(payload, order)
    for name in _FIXED_FIELDS:
        if payload.reveal().get(name) != fixed.reveal()[name]:
            raise ConfigError(
                f"The function given to @antom.session_request changed {name}, which"
                " identifies the payment. It may only change other fields."
            )
    return payload


@conceal
def _fields(
    state: AppState,
    payment: PaymentRow,
    choice: Choice,
    order: Order,
    visitor: Visitor,
) -> dict[str, Any]:
    """Return our own fields of the request."""
    config = state.config
    payload: dict[str, Any] = {
        "productCode": "CASHIER_PAYMENT",
        "paymentRequestId": payment.request_id,
        "paymentAmount": payment.amount.to_antom(),
        "order": order.to_antom(),
        "paymentRedirectUrl": result_url_of(state, payment),
        "paymentNotifyUrl": config.notify_url,
        "env": visitor.to_antom(),
        **_methods(choice),
    }
    if choice.mode in SCENES:
        payload["productScene"] = SCENES[choice.mode]
    if not choice.methods or not CARD_LIKE.isdisjoint(choice.methods):
        payload["paymentFactor"] = {"isAuthorization": True}
    if config.settlement_currency is not None:
        payload["settlementStrategy"] = {
            "settlementCurrency": config.settlement_currency
        }
    return payload


@conceal
def asks_to_authorize(payload: dict[str, Any] | Opaque[dict[str, Any]]) -> bool:
    """Whether a request asks to authorize first and capture later."""
    factor = reveal(payload).get("paymentFactor")
    return isinstance(factor, dict) and factor.get("isAuthorization") in (True, "true")


def _methods(choice: Choice) -> dict[str, Any]:
    """Return the fields of one method or of several (Antom: availablePaymentMethod)."""
    if not choice.methods:
        return {}
    if len(choice.methods) == 1:
        return {"paymentMethod": {"paymentMethodType": choice.methods[0]}}
    listed = [
        {"paymentMethodType": method, "paymentMethodOrder": place}
        for place, method in enumerate(choice.methods, start=1)
    ]
    return {"availablePaymentMethod": {"paymentMethodTypeList": listed}}

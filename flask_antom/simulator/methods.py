"""The payment methods that a session offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The methods of the contract: offered if the merchant names none.
CONTRACTED = ("ALIPAY_CN", "ALIPAY_HK", "GCASH", "KAKAOPAY", "TNG")


def offered(request: Mapping[str, Any]) -> list[str]:
    """Return the methods of a session (Antom: createPaymentSession).

    A single ``paymentMethod`` takes precedence over a list. A list is sorted by
    ``paymentMethodOrder``; methods without it come last. Without both, Antom offers the
    methods of the contract, and cards if authorization is requested.
    """
    if method := request.get("paymentMethod"):
        return [method["paymentMethodType"]]
    listed = (request.get("availablePaymentMethod") or {}).get("paymentMethodTypeList")
    if listed is not None:
        types = [item["paymentMethodType"] for item in sorted(listed, key=_order)]
        return list(dict.fromkeys(types))
    return ["CARD", *CONTRACTED] if asks_to_authorize(request) else list(CONTRACTED)


def asks_to_authorize(request: Mapping[str, Any]) -> bool:
    """Whether the merchant asks for authorization first."""
    return _is_true((request.get("paymentFactor") or {}).get("isAuthorization"))


def asks_for_3d_secure(request: Mapping[str, Any]) -> bool:
    """Whether the merchant asks for 3D Secure (Antom: card)."""
    return any(
        _is_true((place.get("paymentMethodMetaData") or {}).get("is3DSAuthentication"))
        for name in ("paymentMethod", "availablePaymentMethod")
        if (place := request.get(name))
    )


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _order(item: Mapping[str, Any]) -> float:
    order = item.get("paymentMethodOrder")
    return float("inf") if order is None else float(order)

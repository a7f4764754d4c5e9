"""Which payment methods a session offers the buyer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What is offered where the merchant names no method: what his contract might say.
CONTRACTED = ("ALIPAY_CN", "ALIPAY_HK", "GCASH", "KAKAOPAY", "TNG")


def offered(request: Mapping[str, Any]) -> list[str]:
    """List what the buyer may choose from (Antom: createPaymentSession).

    One method that is named wins over a list; a list is in its own order, with
    ``paymentMethodOrder`` first. With neither, Antom offers what the contract allows,
    cards included if they are to be authorized first.
    """
    if method := request.get("paymentMethod"):
        return [method["paymentMethodType"]]
    listed = (request.get("availablePaymentMethod") or {}).get("paymentMethodTypeList")
    if listed is not None:
        types = [item["paymentMethodType"] for item in sorted(listed, key=_order)]
        return list(dict.fromkeys(types))
    return ["CARD", *CONTRACTED] if asks_to_authorize(request) else list(CONTRACTED)


def asks_to_authorize(request: Mapping[str, Any]) -> bool:
    """Tell whether the merchant wants authorization first."""
    return _is_true((request.get("paymentFactor") or {}).get("isAuthorization"))


def asks_for_3d_secure(request: Mapping[str, Any]) -> bool:
    """Tell whether the merchant wants the bank to ask about cards (Antom: card)."""
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

"""Every rule for the parameters of a call, as a table; what breaks one is illegal.

The tables are read from the top. A path names a field; ``[]`` stands for each item of
a list. Where the parent of a field is absent, the field is not asked for. Fields that
no table names are tolerated: Antom has many more.

Sources: the guide (APM payments, Web/WAP) and the pages of createPaymentSession,
inquiryPayment and cancel. Scalars are JSON strings; numbers and booleans are taken as
well where the documented type is one, because Antom's own libraries send them so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..errors import InvalidMoney
from ..money import Money, check_chargeable
from ..signing import parse_time
from .rules import (
    AMOUNT,
    BOOLEAN,
    COUNT,
    OBJECT,
    QUANTITY,
    REGION,
    TIME,
    Rule,
    one_of,
    text,
    url,
)

#: How long a session lives at most, and by default (Antom: createPaymentSession).
SESSION_PERIOD = timedelta(hours=1)


class IllegalParameter(ValueError):
    """A parameter breaks a rule; the message names the field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")


def _address(path: str) -> dict[str, Rule]:
    return {
        path: OBJECT,
        f"{path}.region": REGION,
        f"{path}.state": text(8),
        f"{path}.city": text(32),
        f"{path}.address1": text(256),
        f"{path}.address2": text(256),
        f"{path}.zipCode": text(32),
    }


def _name(path: str) -> dict[str, Rule]:
    return {
        path: OBJECT,
        f"{path}.firstName": text(32),
        f"{path}.middleName": text(32),
        f"{path}.lastName": text(32),
        f"{path}.fullName": text(128),
    }


SESSION: Mapping[str, Rule] = {
    "productCode": one_of("CASHIER_PAYMENT", required=True),
    "productScene": text(32),
    "paymentRequestId": text(64, required=True, is_ascii=True),
    "paymentAmount": Rule("amount", required=True),
    "order": Rule("object", required=True),
    "order.referenceOrderId": text(64, required=True, is_ascii=True),
    "order.orderDescription": text(256, required=True, is_ascii=True),
    "order.orderAmount": Rule("amount", required=True),
    "order.goods": Rule("list", 100),
    "order.goods[]": OBJECT,
    "order.goods[].referenceGoodsId": text(64, required=True, is_ascii=True),
    "order.goods[].goodsName": text(256, required=True, is_ascii=True),
    "order.goods[].goodsCategory": text(64, is_ascii=True),
    "order.goods[].goodsSkuName": text(64, is_ascii=True),
    "order.goods[].goodsUnitAmount": AMOUNT,
    "order.goods[].goodsQuantity": QUANTITY,
    "order.goods[].goodsUrl": url(),
    "order.goods[].goodsImageUrl": url(),
    "order.goods[].deliveryMethodType": one_of("PHYSICAL", "DIGITAL"),
    "order.shipping": OBJECT,
    **_name("order.shipping.shippingName"),
    **_address("order.shipping.shippingAddress"),
    "order.shipping.shippingCarrier": text(128),
    "order.shipping.shippingPhoneNo": text(16),
    "order.shipping.shipToEmail": text(64),
    "order.buyer": OBJECT,
    "order.buyer.referenceBuyerId": text(64),
    **_name("order.buyer.buyerName"),
    "order.buyer.buyerPhoneNo": text(24),
    "order.buyer.buyerEmail": text(64),
    "order.buyer.buyerRegistrationTime": TIME,
    "order.buyer.isAccountVerified": BOOLEAN,
    "order.buyer.successfulOrderCount": COUNT,
    "settlementStrategy": OBJECT,
    "settlementStrategy.settlementCurrency": Rule("currency", required=True),
    "paymentMethod": OBJECT,
    "paymentMethod.paymentMethodType": Rule("method", 64, required=True),
    "paymentMethod.paymentMethodId": text(128),
    "paymentMethod.paymentMethodMetaData": OBJECT,
    "paymentMethod.extendInfo": text(2048),
    "paymentRedirectUrl": url(required=True),
    "paymentNotifyUrl": url(),
    "paymentSessionExpiryTime": TIME,
    "paymentFactor": OBJECT,
    "paymentFactor.isAuthorization": BOOLEAN,
    "paymentFactor.captureMode": one_of("AUTOMATIC", "MANUAL"),
    "paymentFactor.presentmentMode": one_of("BUNDLE", "TILE", "UNIFIED"),
    "locale": text(8),
    "merchantRegion": REGION,
    "userRegion": REGION,
    "merchantAccountId": text(32),
    "metadata": text(64),
    "env": OBJECT,
    "env.terminalType": one_of("WEB", "WAP", "APP", "MINI_APP"),
    "env.osType": one_of("IOS", "ANDROID"),
    "env.clientIp": text(64),
    "env.deviceTokenId": text(64),
    "env.deviceBrand": text(64),
    "env.deviceModel": text(128),
    "env.extendInfo": text(2048),
}

#: inquiryPayment and cancel name a payment alike.
PAYMENT_IDS: Mapping[str, Rule] = {
    "paymentRequestId": text(64),
    "paymentId": text(64),
    "merchantAccountId": text(32),
}


def check(request: Mapping[str, Any], table: Mapping[str, Rule]) -> None:
    """Hold a request against a table.

    :raises IllegalParameter: for the first field that breaks its rule.
    """
    for path, rule in table.items():
        for field, value in _find(request, path.split("."), ""):
            if value is None:
                if rule.required:
                    raise IllegalParameter(field, "is required.")
            elif reason := rule.broken_by(value):
                raise IllegalParameter(field, reason)


def check_session(request: Mapping[str, Any], now: datetime) -> None:
    """Check the parameters of createPaymentSession, each and together.

    :raises IllegalParameter: for the first that is not as documented.
    """
    check(request, SESSION)
    if request.get("productScene"):
        reason = "must be left out: the simulator plays the flow of the guide."
        raise IllegalParameter("productScene", reason)
    if request.get("paymentMethod") is None:
        raise IllegalParameter("paymentMethod", "is required without productScene.")
    method = request["paymentMethod"]["paymentMethodType"]
    try:
        check_chargeable(Money.from_antom(request["paymentAmount"]), method)
    except InvalidMoney as error:
        raise IllegalParameter("paymentAmount.value", f"is illegal: {error}") from None
    factor = request.get("paymentFactor") or {}
    if method == "CARD" and str(factor.get("isAuthorization")).lower() != "true":
        raise IllegalParameter("paymentFactor.isAuthorization", "is true for CARD.")
    expiry = request.get("paymentSessionExpiryTime")
    if expiry and not now < parse_time(expiry) <= now + SESSION_PERIOD:
        reason = "must lie within one hour from now."
        raise IllegalParameter("paymentSessionExpiryTime", reason)


def check_payment_ids(request: Mapping[str, Any]) -> None:
    """Check the parameters of inquiryPayment and of cancel.

    :raises IllegalParameter: if one is illegal or both ids are missing.
    """
    check(request, PAYMENT_IDS)
    if not request.get("paymentId") and not request.get("paymentRequestId"):
        raise IllegalParameter("paymentRequestId", "or paymentId is required.")


def _find(value: Any, path: list[str], field: str) -> Iterator[tuple[str, Any]]:
    """Follow a path; give each field that it leads to, ``None`` for an absent one."""
    if not path:
        yield field, value
        return
    name, rest = path[0], path[1:]
    if not isinstance(value, dict):
        return
    found = value.get(name.removesuffix("[]"))
    here = f"{field}.{name}".lstrip(".")
    if not name.endswith("[]"):
        yield from _find(found, rest, here)
    elif isinstance(found, list):
        for index, item in enumerate(found):
            yield from _find(item, rest, here.replace("[]", f"[{index}]"))

"""The parameters of each call and their rules, as tables.

The tables are read from the top. A path names a field; ``[]`` stands for each item of
a list. A field is not required if its parent is absent. Fields that are not in a table
are accepted: Antom has many more.

Sources: the guide (APM payments, Web/WAP) and the pages of createPaymentSession,
inquiryPayment, cancel, capture, refund, inquiryRefund and Amount. Scalars are JSON
strings. Numbers and booleans are accepted where they are the documented type, because
Antom's own libraries send them.
"""

from __future__ import annotations

from collections.abc import Mapping

from .rules import (
    AMOUNT,
    BOOLEAN,
    COUNT,
    LIST,
    OBJECT,
    POSITIVE,
    REGION,
    TIME,
    Rule,
    one_of,
    text,
    url,
)


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


def _listed_method(path: str) -> dict[str, Rule]:
    return {
        f"{path}.paymentMethodType": Rule("method", 64, required=True),
        f"{path}.paymentMethodOrder": POSITIVE,
        f"{path}.expressCheckout": BOOLEAN,
    }


SESSION: Mapping[str, Rule] = {
    "productCode": one_of("CASHIER_PAYMENT", required=True),
    "productScene": one_of("ELEMENT_PAYMENT", "CHECKOUT_PAYMENT"),
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
    "order.goods[].goodsQuantity": POSITIVE,
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
    "availablePaymentMethod": OBJECT,
    "availablePaymentMethod.paymentMethodMetaData": OBJECT,
    "availablePaymentMethod.paymentMethodTypeList": LIST,
    "availablePaymentMethod.paymentMethodTypeList[]": OBJECT,
    **_listed_method("availablePaymentMethod.paymentMethodTypeList[]"),
    "allowedPaymentMethodRegions": LIST,
    "allowedPaymentMethodRegions[]": Rule("method-region"),
    "savedPaymentMethods": LIST,
    "savedPaymentMethods[]": OBJECT,
    "savedPaymentMethods[].paymentMethodType": one_of("CARD", required=True),
    "savedPaymentMethods[].paymentMethodId": text(128, required=True),
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

#: The parameters of inquiryPayment and of cancel.
PAYMENT_IDS: Mapping[str, Rule] = {
    "paymentRequestId": text(64),
    "paymentId": text(64),
    "merchantAccountId": text(32),
}


CAPTURE: Mapping[str, Rule] = {
    "captureRequestId": text(64, required=True, is_ascii=True),
    "paymentId": text(64, required=True),
    "captureAmount": Rule("amount", required=True),
    "captureType": one_of("FINAL", "NON_FINAL"),
    "isLastCapture": BOOLEAN,
    "merchantAccountId": text(32),
}

REFUND: Mapping[str, Rule] = {
    "refundRequestId": Rule("refund-id", 64, required=True),
    "paymentId": text(64, required=True),
    "refundAmount": Rule("amount", required=True),
    "referenceRefundId": text(64),
    "refundReason": text(256),
    "refundNotifyUrl": url(1024),
    "captureId": text(64),
    "metadata": text(64),
    "isAsyncRefund": BOOLEAN,
    "merchantAccountId": text(32),
}

REFUND_IDS: Mapping[str, Rule] = {
    "refundRequestId": Rule("refund-id", 64),
    "refundId": text(64),
    "merchantAccountId": text(32),
}

#: The smallest refund in minor units, by method and currency (Antom: Amount).
REFUND_MINIMUM: Mapping[tuple[str, str], int] = {
    ("TRUEMONEY", "THB"): 100,
    ("ALIPAY_HK", "HKD"): 1,
    ("TNG", "MYR"): 5,
    ("GCASH", "PHP"): 100,
    ("DANA", "IDR"): 30000,
    ("KAKAOPAY", "KRW"): 50,
    ("JKOPAY", "TWD"): 100,
}

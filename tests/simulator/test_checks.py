"""The requests that the simulated Antom refuses, naming the field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flask_antom.simulator import Simulator
from flask_antom.simulator.checks import (
    IllegalParameter,
    check_payment_ids,
    check_session,
)
from flask_antom.simulator.clock import Clock
from flask_antom.simulator.parameters import SESSION
from tests.simulator.merchant import Json, Merchant, code_of, session_request

NOW = Clock().now()


def with_field(path: str, value: Any) -> Json:
    """Return the sample request with one field set; ``None`` takes it away."""
    request = session_request()
    *parents, name = path.split(".")
    place: Any = request
    for parent in parents:
        key: Any = int(parent) if parent.isdigit() else parent
        if isinstance(place, dict):
            place[key] = dict(place.get(key, {}))
        place = place[key]
    if value is None:
        del place[name]
    else:
        place[name] = value
    return request


def with_goods(**fields: Any) -> Json:
    line = {"referenceGoodsId": "mug", "goodsName": "Mug", "goodsQuantity": "2"}
    return with_field("order.goods", [line | fields])


@pytest.mark.parametrize(
    "field",
    [
        "productCode",
        "paymentRequestId",
        "paymentAmount",
        "paymentMethod",
        "paymentMethod.paymentMethodType",
        "paymentRedirectUrl",
        "order",
        "order.orderAmount",
        "order.referenceOrderId",
        "order.orderDescription",
    ],
)
def test_a_required_field_is_missed(field: str) -> None:
    with pytest.raises(IllegalParameter, match=rf"^{field} is required"):
        check_session(with_field(field, None), NOW)


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        (path, rule.limit)
        for path, rule in SESSION.items()
        if rule.kind == "text" and rule.limit and "[]" not in path
    ],
)
def test_text_may_be_as_long_as_documented(field: str, limit: int) -> None:
    check_session(with_field(field, "x" * limit), NOW)
    with pytest.raises(IllegalParameter, match=rf"^{field} is longer than {limit}"):
        check_session(with_field(field, "x" * (limit + 1)), NOW)
    with pytest.raises(IllegalParameter, match=rf"^{field} must be a string"):
        check_session(with_field(field, 12), NOW)
    with pytest.raises(IllegalParameter, match=rf"^{field} must not be empty"):
        check_session(with_field(field, ""), NOW)


@pytest.mark.parametrize(
    "request_",
    [
        with_field("paymentRequestId", "请求"),
        with_field("order.referenceOrderId", "ordér"),
        with_field("order.orderDescription", "Zwei Becher für Müller"),
        with_goods(goodsName="杯子"),
        with_goods(referenceGoodsId="杯"),
        with_goods(goodsCategory="küche"),
    ],
)
def test_some_fields_take_ascii_only(request_: Json) -> None:
    with pytest.raises(IllegalParameter, match="must hold ASCII characters only"):
        check_session(request_, NOW)


def test_a_name_takes_any_characters() -> None:
    check_session(with_field("order.buyer.buyerName.fullName", "张伟"), NOW)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ({"currency": "MYR", "value": 4200}, "a string of minor units"),
        ({"currency": "MYR", "value": "42.00"}, "16 digits"),
        ({"currency": "MYR", "value": "-1"}, "16 digits"),
        ({"currency": "MYR", "value": "12345678901234567"}, "16 digits"),
        ({"currency": "myr", "value": "4200"}, "ISO 4217"),
        ({"currency": "XXX", "value": "4200"}, "ISO 4217"),
        ({"currency": "MYR"}, "a string of minor units"),
        ({"currency": "MYR", "value": "0"}, "zero"),
        ({"currency": "IDR", "value": "150"}, "multiple of 100"),
        ("4200 MYR", "an object"),
    ],
)
def test_an_amount_is_illegal(amount: object, reason: str) -> None:
    with pytest.raises(IllegalParameter, match=reason) as caught:
        check_session(session_request(paymentAmount=amount), NOW)
    assert str(caught.value).startswith("paymentAmount")


def test_amounts_have_rules_of_their_method() -> None:
    amount = {"currency": "TWD", "value": "150"}
    check_session(session_request(paymentAmount=amount), NOW)
    method = {"paymentMethodType": "JKOPAY"}
    with pytest.raises(IllegalParameter, match=r"JKOPAY: it must be a multiple of 100"):
        check_session(session_request(paymentAmount=amount, paymentMethod=method), NOW)


@pytest.mark.parametrize("field", ["paymentRedirectUrl", "paymentNotifyUrl"])
@pytest.mark.parametrize(
    "url",
    [
        "/result",
        "www.shop.example",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "https://",
        "http://[",
        "https://shop.example/" + "x" * 2048,
        7,
    ],
)
def test_a_url_must_be_absolute(field: str, url: object) -> None:
    with pytest.raises(IllegalParameter, match=f"^{field} "):
        check_session(with_field(field, url), NOW)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("productCode", "AGREEMENT_PAYMENT", "must be CASHIER_PAYMENT"),
        ("productScene", "EASY_PAY", "must be ELEMENT_PAYMENT or CHECKOUT_PAYMENT"),
        ("availablePaymentMethod", [], "must be an object"),
        ("availablePaymentMethod", {"paymentMethodTypeList": {}}, "must be a list"),
        ("allowedPaymentMethodRegions", "GLOBAL", "must be a list"),
        ("allowedPaymentMethodRegions", ["MYS"], "a region or GLOBAL"),
        ("savedPaymentMethods", [{"paymentMethodId": "x"}], "Type is required"),
        (
            "savedPaymentMethods",
            [{"paymentMethodType": "GCASH", "paymentMethodId": "x"}],
            "must be CARD",
        ),
        (
            "savedPaymentMethods",
            [{"paymentMethodType": "CARD"}],
            r"savedPaymentMethods\[0\].paymentMethodId is required",
        ),
        ("userRegion", "my", "two capital letters"),
        ("paymentMethod", "GCASH", "must be an object"),
        ("paymentMethod.paymentMethodType", "gcash", "a type such as GCASH"),
        ("settlementStrategy", {}, "settlementCurrency is required"),
        ("settlementStrategy.settlementCurrency", "EURO", "ISO 4217"),
        ("env.terminalType", "PHONE", "must be WEB or WAP"),
        ("env.osType", "LINUX", "must be IOS or ANDROID"),
        ("order.goods", {}, "must be a list"),
        ("order.goods", [{}] * 101, "more than 100 items"),
        ("order.goods", ["mug"], r"order.goods\[0\] must be an object"),
        ("order.buyer.isAccountVerified", "yes", "must be true or false"),
        ("order.buyer.successfulOrderCount", "-1", "must be a whole number"),
        ("order.shipping.shippingAddress.region", "MYS", "two capital letters"),
        ("order.buyer.buyerRegistrationTime", "2026-01-01", "ISO 8601"),
        ("order.buyer.buyerRegistrationTime", 5, "ISO 8601"),
        ("paymentFactor.captureMode", "NEVER", "must be AUTOMATIC or MANUAL"),
        ("paymentFactor.isAuthorization", 1, "must be true or false"),
    ],
)
def test_a_value_is_illegal(field: str, value: object, reason: str) -> None:
    with pytest.raises(IllegalParameter, match=reason):
        check_session(with_field(field, value), NOW)


@pytest.mark.parametrize("quantity", ["0", "1.5", -1, True, ""])
def test_goods_come_in_whole_numbers(quantity: object) -> None:
    with pytest.raises(IllegalParameter, match=r"order.goods\[0\].goodsQuantity must"):
        check_session(with_goods(goodsQuantity=quantity), NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order.buyer.isAccountVerified", True),
        ("order.buyer.isAccountVerified", "true"),
        ("order.buyer.successfulOrderCount", 3),
        ("order.buyer.successfulOrderCount", "3"),
        ("someNewField", {"anything": [1, None]}),
        ("order.someNewField", 1),
        ("paymentNotifyUrl", "http://127.0.0.1:5000/antom/notify"),
        ("env", {"terminalType": "WEB", "clientIp": "203.0.113.7"}),
        ("productScene", "ELEMENT_PAYMENT"),
        ("productScene", "CHECKOUT_PAYMENT"),
        ("allowedPaymentMethodRegions", ["GLOBAL", "MY"]),
    ],
)
def test_a_value_is_taken(field: str, value: object) -> None:
    check_session(with_field(field, value), NOW)


def with_methods(*items: Json, **changes: Any) -> Json:
    """Return a request that lets the buyer choose."""
    listed = {"paymentMethodTypeList": list(items)}
    return session_request(
        productScene="ELEMENT_PAYMENT",
        paymentMethod=None,
        availablePaymentMethod=listed,
        **changes,
    )


@pytest.mark.parametrize("scene", ["ELEMENT_PAYMENT", "CHECKOUT_PAYMENT"])
def test_with_a_scene_no_method_need_be_named(scene: str) -> None:
    check_session(session_request(productScene=scene, paymentMethod=None), NOW)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("paymentMethodType", None, "is required"),
        ("paymentMethodType", "gcash", "a type such as GCASH"),
        ("paymentMethodType", "X" * 65, "a type such as GCASH"),
        ("paymentMethodOrder", 0, "must be at least 1"),
        ("paymentMethodOrder", "first", "must be a whole number"),
        ("expressCheckout", "yes", "must be true or false"),
    ],
)
def test_a_listed_method_is_illegal(field: str, value: object, reason: str) -> None:
    item = {"paymentMethodType": "GCASH"} | {field: value}
    path = rf"^availablePaymentMethod.paymentMethodTypeList\[0\].{field} .*{reason}"
    with pytest.raises(IllegalParameter, match=path):
        check_session(with_methods(item), NOW)


@pytest.mark.parametrize(("order", "express"), [(1, True), ("2", "false")])
def test_a_listed_method_has_an_order(order: object, express: object) -> None:
    item = {"paymentMethodOrder": order, "expressCheckout": express}
    check_session(with_methods({"paymentMethodType": "GCASH"} | item), NOW)


def test_a_list_of_methods_is_not_empty() -> None:
    with pytest.raises(IllegalParameter, match="TypeList must not be empty"):
        check_session(with_methods(), NOW)


def test_every_listed_method_must_take_the_amount() -> None:
    methods = [{"paymentMethodType": name} for name in ("GCASH", "JKOPAY")]
    amount = {"currency": "TWD", "value": "150"}
    with pytest.raises(IllegalParameter, match=r"JKOPAY: it must be a multiple of 100"):
        check_session(with_methods(*methods, paymentAmount=amount), NOW)


def test_where_cards_are_listed_they_are_authorized_first() -> None:
    methods = [{"paymentMethodType": name} for name in ("GCASH", "CARD")]
    with pytest.raises(IllegalParameter, match=r"^paymentFactor.isAuthorization is"):
        check_session(with_methods(*methods), NOW)
    factor = {"isAuthorization": "true"}
    check_session(with_methods(*methods, paymentFactor=factor), NOW)


@pytest.mark.parametrize("is_authorization", [None, "false", False])
def test_cards_are_authorized_first(is_authorization: object) -> None:
    request = session_request(
        paymentMethod={"paymentMethodType": "CARD"},
        paymentFactor={"isAuthorization": is_authorization},
    )
    with pytest.raises(IllegalParameter, match=r"^paymentFactor.isAuthorization is"):
        check_session(request, NOW)


@pytest.mark.parametrize(
    ("minutes", "is_legal"), [(-1, False), (30, True), (60, True), (61, False)]
)
def test_a_session_lives_for_one_hour_at_most(minutes: int, is_legal: bool) -> None:
    expiry = (NOW + timedelta(minutes=minutes)).isoformat()
    request = session_request(paymentSessionExpiryTime=expiry)
    if is_legal:
        check_session(request, NOW)
    else:
        with pytest.raises(IllegalParameter, match="within one hour"):
            check_session(request, NOW)


@pytest.mark.parametrize(
    "request_",
    [{}, {"paymentId": ""}, {"paymentRequestId": 7}, {"paymentId": "x" * 65}],
)
def test_a_payment_is_named_by_one_of_two_ids(request_: Json) -> None:
    with pytest.raises(IllegalParameter, match="payment"):
        check_payment_ids(request_)


def test_the_answer_names_the_field(merchant: Merchant, simulator: Simulator) -> None:
    answer = merchant.create_session(paymentRedirectUrl="/result")

    assert code_of(answer) == ("PARAM_ILLEGAL", "F")
    assert answer["result"]["resultMessage"] == (
        "paymentRedirectUrl must be an absolute http or https URL."
    )
    assert simulator.payments() == []

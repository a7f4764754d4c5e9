"""The four modes of the checkout, as the server sees them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from flask_antom import Money, Order
from flask_antom.domain.payment_states import Status
from flask_antom.i18n.english import CHECKOUT
from tests.support.offline import SESSION, OfflineShop, failed, open_offline
from tests.support.shop import make_order

PAGE_URL = "https://checkout.example/?a=1&b=2"
HOSTED = SESSION | {"normalUrl": PAGE_URL}
WITH_CARD = ["GCASH", "CARD"]


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.answers["createPaymentSession"] = HOSTED
    offline.answers["inquiryPayment"] = {"result": failed("ORDER_NOT_EXIST")}
    return offline


def start(offline: OfflineShop, **fields: Any) -> TestResponse:
    client = offline.shop.app.test_client()
    return client.post("/antom/session", json={"orderReference": "A-1"} | fields)


def go(offline: OfflineShop, **fields: Any) -> TestResponse:
    """Send the form without any script."""
    client = offline.shop.app.test_client()
    return client.post("/antom/hosted", data={"orderReference": "A-1"} | fields)


def sent(offline: OfflineShop) -> dict[str, Any]:
    """Return the last request for a session that Antom received."""
    asked = [fields for name, fields in offline.calls if name == "createPaymentSession"]
    return asked[-1]


# What Antom is asked


@pytest.mark.parametrize(
    ("mode", "scene"),
    [
        ("cashier", None),
        ("element", "ELEMENT_PAYMENT"),
        ("page", "CHECKOUT_PAYMENT"),
        ("hosted", "CHECKOUT_PAYMENT"),
    ],
)
def test_the_scene_fits_the_mode(
    offline: OfflineShop, mode: str, scene: str | None
) -> None:
    answer = start(offline, mode=mode, paymentMethodType="GCASH")
    assert answer.status_code == 201
    assert sent(offline).get("productScene") == scene
    assert sent(offline)["paymentMethod"] == {"paymentMethodType": "GCASH"}
    assert "paymentFactor" not in sent(offline)
    (payment,) = offline.shop.payments()
    assert (payment.mode, payment.method) == (mode, "GCASH")


def test_the_mode_is_the_shops_unless_the_page_says_another() -> None:
    with open_offline(ANTOM_CHECKOUT_MODE="hosted") as offline:
        offline.answers["createPaymentSession"] = HOSTED
        answer = start(offline, paymentMethodType="GCASH")
        assert (answer.json or {})["normalUrl"] == PAGE_URL
        assert sent(offline)["productScene"] == "CHECKOUT_PAYMENT"


def test_several_methods_are_listed_in_their_order(offline: OfflineShop) -> None:
    start(offline, mode="element", paymentMethodTypes=["TNG", "GCASH", "TNG"])
    assert "paymentMethod" not in sent(offline)
    assert sent(offline)["availablePaymentMethod"] == {
        "paymentMethodTypeList": [
            {"paymentMethodType": "TNG", "paymentMethodOrder": 1},
            {"paymentMethodType": "GCASH", "paymentMethodOrder": 2},
        ]
    }
    (payment,) = offline.shop.payments()
    assert (payment.method, payment.chooses_method) == ("", True)


@pytest.mark.parametrize(
    "methods", [WITH_CARD, ["GCASH", "APPLEPAY"], ["GOOGLEPAY"], []]
)
def test_a_choice_with_cards_authorizes_first(
    offline: OfflineShop, methods: list[str]
) -> None:
    start(offline, mode="page", paymentMethodTypes=methods)
    assert sent(offline)["paymentFactor"] == {"isAuthorization": True}


def test_without_methods_antom_offers_all(offline: OfflineShop) -> None:
    assert start(offline, mode="element").status_code == 201
    assert {"paymentMethod", "availablePaymentMethod"}.isdisjoint(sent(offline))


def test_without_methods_those_of_the_config_are_offered() -> None:
    with open_offline(ANTOM_PAYMENT_METHODS=["GCASH", "TNG"]) as offline:
        offline.answers["createPaymentSession"] = HOSTED
        start(offline, mode="element")
        listed = sent(offline)["availablePaymentMethod"]["paymentMethodTypeList"]
        assert [method["paymentMethodType"] for method in listed] == ["GCASH", "TNG"]


def test_methods_that_cannot_take_the_amount_are_left_out(offline: OfflineShop) -> None:
    offline.shop.orders["A-1"] = make_order("A-1", Money(4250, "TWD"))
    start(offline, mode="element", paymentMethodTypes=["JKOPAY", "LINEPAY"])
    assert sent(offline)["paymentMethod"] == {"paymentMethodType": "LINEPAY"}


# What the browser may not ask


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "popup", "paymentMethodType": "GCASH"},
        {"mode": 7, "paymentMethodType": "GCASH"},
        {"mode": None, "paymentMethodType": "GCASH"},
        {"mode": "cashier"},
        {"mode": "cashier", "paymentMethodTypes": ["GCASH", "TNG"]},
        {"mode": "element", "paymentMethodTypes": "GCASH"},
        {"mode": "element", "paymentMethodTypes": [7]},
        {"mode": "element", "paymentMethodTypes": ["gcash"]},
        {"mode": "element", "paymentMethodType": "GCASH&"},
    ],
)
def test_a_wrong_wish_is_refused(offline: OfflineShop, fields: dict[str, Any]) -> None:
    answer = start(offline, **fields)
    assert answer.status_code == 400
    assert (answer.json or {})["code"] == "invalid_request"
    assert offline.shop.payments() == []


def test_methods_that_are_not_offered_are_left_out() -> None:
    with open_offline(ANTOM_PAYMENT_METHODS=["GCASH"]) as offline:
        offline.answers["createPaymentSession"] = HOSTED
        start(offline, mode="page", paymentMethodTypes=["TNG", "GCASH"])
        assert sent(offline)["paymentMethod"] == {"paymentMethodType": "GCASH"}
        answer = start(offline, mode="page", paymentMethodTypes=["TNG"])
        assert answer.status_code == 422
        assert (answer.json or {})["code"] == "method_not_offered"


def test_the_hosts_choice_binds_the_browser(offline: OfflineShop) -> None:
    def choose(order: Order, methods: tuple[str, ...]) -> list[str]:
        return ["TNG", "GCASH"]

    offline.shop.antom.payment_methods(choose)
    refused = start(offline, paymentMethodType="CARD")
    assert (refused.status_code, (refused.json or {})["code"]) == (
        422,
        "method_not_offered",
    )
    start(offline, mode="element")
    listed = sent(offline)["availablePaymentMethod"]["paymentMethodTypeList"]
    assert [method["paymentMethodType"] for method in listed] == ["TNG", "GCASH"]


def test_an_order_for_which_the_host_chooses_no_method_cannot_be_paid(
    offline: OfflineShop,
) -> None:
    offline.shop.antom.payment_methods(lambda order, methods: [])
    assert start(offline, mode="hosted").status_code == 422


# Sessions


def test_the_same_choice_gets_the_same_session(offline: OfflineShop) -> None:
    first = start(offline, mode="element", paymentMethodTypes=WITH_CARD)
    second = start(offline, mode="element", paymentMethodTypes=WITH_CARD)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json


def test_another_mode_opens_another_session_beside_the_first(
    offline: OfflineShop,
) -> None:
    offline.answers["inquiryPayment"] = {"result": failed("ORDER_NOT_EXIST")}
    start(offline, paymentMethodType="GCASH")
    start(offline, mode="hosted", paymentMethodType="GCASH")
    first, second = offline.shop.payments()
    assert None not in (first.session_data, second.session_data)
    assert first.open_key != second.open_key


# News


def test_the_method_that_the_buyer_chose_is_kept(offline: OfflineShop) -> None:
    start(offline, mode="page", paymentMethodTypes=WITH_CARD)
    (payment,) = offline.shop.payments()
    ids = {"paymentRequestId": payment.request_id}
    assert offline.notify(paymentMethodType="GCASH", **ids).status_code == 200
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.method) == (Status.SUCCEEDED, "GCASH")
    assert payment.captured == payment.amount


def test_a_card_that_the_buyer_chose_is_authorized(offline: OfflineShop) -> None:
    start(offline, mode="page", paymentMethodTypes=WITH_CARD)
    (payment,) = offline.shop.payments()
    ids = {"paymentRequestId": payment.request_id}
    offline.notify(paymentMethodType="CARD", **ids)
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.method) == (Status.AUTHORIZED, "CARD")


# Without a script


def test_the_form_leads_to_the_hosted_page(offline: OfflineShop) -> None:
    answer = go(offline, paymentMethodType=["GCASH", "TNG"])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (
        '<meta http-equiv="refresh" content="0; url=https://checkout.example/'
        '?a=1&amp;b=2">' in answer.text
    )
    assert 'href="https://checkout.example/?a=1&amp;b=2"' in answer.text
    assert sent(offline)["productScene"] == "CHECKOUT_PAYMENT"
    assert len(sent(offline)["availablePaymentMethod"]["paymentMethodTypeList"]) == 2


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"orderReference": "B-2"}, 404, "We cannot find this order"),
        ({"orderReference": ""}, 400, "open for too long"),
        ({"orderReference": "x" * 65}, 400, "open for too long"),
        ({"paymentMethodType": "gcash"}, 400, "open for too long"),
    ],
)
def test_what_is_wrong_is_said_on_a_page(
    offline: OfflineShop, fields: dict[str, str], status: int, words: str
) -> None:
    answer = go(offline, **fields)
    assert answer.status_code == status
    assert words in answer.text
    assert "http-equiv" not in answer.text


def test_antoms_refusal_is_explained_by_its_code(offline: OfflineShop) -> None:
    offline.answers["createPaymentSession"] = {"result": failed("RISK_REJECT")}
    answer = go(offline)
    assert answer.status_code == 422
    assert "cannot be paid here" in answer.text  # there is nothing else to choose


@pytest.mark.parametrize("url", [None, "javascript:alert(1)"])
def test_an_answer_without_a_page_leads_nowhere(
    offline: OfflineShop, url: str | None
) -> None:
    offline.answers["createPaymentSession"] = SESSION | {"normalUrl": url}
    answer = go(offline)
    assert answer.status_code == 422
    assert CHECKOUT["broken"].removesuffix("%(code)s") in answer.text


def test_a_form_of_another_site_opens_nothing(offline: OfflineShop) -> None:
    client = offline.shop.app.test_client()
    answer = client.post(
        "/antom/hosted",
        data={"orderReference": "A-1"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 400
    assert offline.calls == []


# Sessions that end, and payments that have begun


def test_a_spent_session_is_replaced(offline: OfflineShop) -> None:
    offline.answers["cancel"] = {"result": failed("ORDER_NOT_EXIST")}
    first = start(offline, mode="element", paymentMethodType="GCASH")
    spent = (first.json or {})["paymentRequestId"]
    wish = {"mode": "element", "paymentMethodType": "GCASH"}
    assert start(offline, **wish, spentRequestId="another").json == first.json
    second = start(offline, **wish, spentRequestId=spent)
    assert second.status_code == 201
    assert (second.json or {})["paymentRequestId"] != spent


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING"])
def test_a_page_that_is_shown_cancels_nothing_that_has_begun(
    offline: OfflineShop, status: str
) -> None:
    start(offline, paymentMethodType="GCASH")
    (payment,) = offline.shop.payments()
    offline.answers["inquiryPayment"] = {
        "result": SESSION["result"],
        "paymentStatus": status,
        "paymentRequestId": payment.request_id,
        "paymentAmount": {"value": "4200", "currency": "MYR"},
    }
    answer = start(offline, mode="page", paymentMethodType="GCASH")
    assert (answer.status_code, (answer.json or {})["code"]) == (503, "outcome_unknown")
    assert (answer.json or {})["resultUrl"].startswith("http://127.0.0.1:5000/antom/")
    assert "cancel" not in [operation for operation, _ in offline.calls]


def test_the_page_leads_to_a_payment_that_is_on_its_way(offline: OfflineShop) -> None:
    go(offline, paymentMethodType="GCASH")
    (payment,) = offline.shop.payments()
    offline.notify(notifyType="PAYMENT_PENDING", paymentRequestId=payment.request_id)
    answer = go(offline, paymentMethodType="GCASH")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Your payment is on its way" in answer.text
    assert "insteadOf" not in answer.text
    (link,) = re.findall('href="([^"]+)">Check this payment</a>', answer.text)
    result = offline.shop.app.test_client().get(urlsplit(link).path)
    assert result.status_code == 200


def test_too_many_methods_are_refused(offline: OfflineShop) -> None:
    methods = [f"METHOD_{number}" for number in range(101)]
    assert start(offline, mode="page", paymentMethodTypes=methods).status_code == 400

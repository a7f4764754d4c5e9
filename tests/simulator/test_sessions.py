"""Payment sessions: their data, and what comes of the same id again."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from flask_antom.clock import parse_time
from flask_antom.domain.money import Money
from flask_antom.simulator import Simulator
from tests.simulator.merchant import CARD, ELEMENT, PAGE, Json, Merchant, code_of


def test_a_session_is_what_the_browser_sdk_needs(
    merchant: Merchant, simulator: Simulator
) -> None:
    answer = merchant.create_session()

    opaque, region, sequence, packed = answer["paymentSessionData"].split("&&")
    assert (len(opaque), region, sequence.isdigit()) == (64, "SG", True)
    assert json.loads(base64.b64decode(packed))["paymentSessionConfig"] == {
        "productScene": "CASHIER_PAYMENT",
        "paymentMethodCategoryType": "APM",
        "productSceneVersion": "1.0",
    }
    assert len(answer["paymentSessionData"]) <= 4096
    assert len(answer["paymentSessionId"]) == 64
    assert "paymentId" not in answer
    expiry = parse_time(answer["paymentSessionExpiryTime"])
    left = expiry - simulator.clock.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "config"),
    [
        (
            CARD,
            {
                "productScene": "CASHIER_PAYMENT",
                "paymentMethodCategoryType": "CARD",
                "productSceneVersion": "1.0",
            },
        ),
        (
            ELEMENT,
            {
                "productScene": "ELEMENT_PAYMENT",
                "paymentMethodCategoryType": "ALL",
                "productSceneVersion": "1.0",
            },
        ),
        (PAGE, {"productScene": "CHECKOUT_PAYMENT", "productSceneVersion": "1.0.0"}),
    ],
)
def test_a_session_tells_the_browser_sdk_its_scene(
    merchant: Merchant, changes: Json, config: Json
) -> None:
    data = merchant.create_session(**changes)["paymentSessionData"]

    packed = json.loads(base64.b64decode(data.split("&&")[3]))
    assert packed["paymentSessionConfig"] == config


def test_only_a_checkout_page_has_an_address(merchant: Merchant) -> None:
    answers = [
        merchant.create_session(paymentRequestId=f"request-{index}", **changes)
        for index, changes in enumerate(({}, ELEMENT, PAGE))
    ]

    page = f"{merchant.gateway_url}/checkout/{answers[2]['paymentSessionId']}"
    assert [a.get("normalUrl") for a in answers] == [None, None, page]


@pytest.mark.parametrize("scene", ["ELEMENT_PAYMENT", "CHECKOUT_PAYMENT"])
def test_a_session_offers_the_one_method(
    merchant: Merchant, simulator: Simulator, scene: str
) -> None:
    merchant.create_session(productScene=scene)

    payment = simulator.payment("request-1")
    assert (payment.methods, payment.method) == (["GCASH"], "GCASH")


def test_a_session_offers_its_list_in_the_order_that_the_merchant_wants(
    merchant: Merchant, simulator: Simulator
) -> None:
    ranks = {"GCASH": 3, "TNG": None, "ALIPAY_CN": "1", "DANA": None, "KAKAOPAY": 2}
    listed: list[Json] = [
        {"paymentMethodType": name, "paymentMethodOrder": rank}
        for name, rank in ranks.items()
    ]
    listed.append({"paymentMethodType": "GCASH"})
    methods = {"availablePaymentMethod": {"paymentMethodTypeList": listed}}
    merchant.create_session(**ELEMENT | methods)

    payment = simulator.payment("request-1")
    assert payment.methods == ["ALIPAY_CN", "KAKAOPAY", "GCASH", "TNG", "DANA"]


def test_one_named_method_wins_over_a_list(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session(**ELEMENT | {"paymentMethod": {"paymentMethodType": "TNG"}})

    assert simulator.payment("request-1").methods == ["TNG"]


@pytest.mark.parametrize("factor", [None, {"isAuthorization": True}])
def test_without_a_list_a_session_offers_what_the_contract_holds(
    merchant: Merchant, simulator: Simulator, factor: Any
) -> None:
    scene = "CHECKOUT_PAYMENT"
    merchant.create_session(
        productScene=scene, paymentMethod=None, paymentFactor=factor
    )

    methods = simulator.payment("request-1").methods
    assert {"ALIPAY_CN", "GCASH"} < set(methods)
    assert ("CARD" in methods) is (factor is not None)


def test_a_session_can_be_looked_at(merchant: Merchant, simulator: Simulator) -> None:
    merchant.create_session()
    merchant.create_session(paymentRequestId="request-2")

    newest, payment = simulator.payments()
    assert newest.request_id == "request-2"
    assert payment is simulator.payment("request-1")
    assert payment.amount == Money(4200, "MYR")
    assert (payment.method, payment.order_reference) == ("GCASH", "A-1")
    assert (payment.status, payment.payment_id) == ("CREATED", None)
    assert payment.notifications == []


def test_an_unknown_payment_is_a_key_error(simulator: Simulator) -> None:
    with pytest.raises(KeyError, match="nobody"):
        simulator.payment("nobody")


def test_the_merchant_may_shorten_a_session(
    merchant: Merchant, simulator: Simulator
) -> None:
    expiry = simulator.clock.now() + timedelta(minutes=5)
    answer = merchant.create_session(paymentSessionExpiryTime=expiry.isoformat())

    told = parse_time(answer["paymentSessionExpiryTime"])
    assert abs(told - expiry) < timedelta(seconds=1)


def test_the_same_request_gets_the_same_session(merchant: Merchant) -> None:
    assert merchant.create_session() == merchant.create_session()
    assert merchant.create_session() == merchant.create_session(locale="en_US")


@pytest.mark.parametrize(
    "changes",
    [
        {"paymentAmount": {"currency": "MYR", "value": "4300"}},
        {"paymentAmount": {"currency": "SGD", "value": "4200"}},
        {"paymentMethod": {"paymentMethodType": "ALIPAY_CN"}},
        {"productScene": "ELEMENT_PAYMENT"},
        ELEMENT,
    ],
)
def test_another_request_under_the_same_id_is_refused(
    merchant: Merchant, changes: Any
) -> None:
    merchant.create_session()

    answer = merchant.create_session(**changes)

    assert code_of(answer) == ("REPEAT_REQ_INCONSISTENT", "F")


def test_a_paid_session_is_given_again_but_can_be_seen_to_be_paid(
    merchant: Merchant, simulator: Simulator
) -> None:
    first = merchant.create_session()
    simulator.approve("request-1")

    assert merchant.create_session() == first


def test_a_closed_id_is_not_opened_again(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.close("request-1")

    assert code_of(merchant.create_session()) == ("ORDER_IS_CLOSED", "F")


def test_a_cancelled_id_is_not_opened_again(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.process("request-1")
    merchant.cancel()

    assert code_of(merchant.create_session()) == ("ORDER_IS_CANCELED", "F")


def test_a_session_is_over_after_an_hour(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.clock.advance(hours=1)

    assert code_of(merchant.create_session()) == ("ORDER_IS_CLOSED", "F")
    with pytest.raises(ValueError, match="the session is over"):
        simulator.approve("request-1")
    assert simulator.payment("request-1").status == "CREATED"


def test_an_expired_session_can_not_be_paid(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.expire("request-1")

    with pytest.raises(ValueError, match="the session is over"):
        simulator.decline("request-1")


def test_an_attempt_under_way_survives_its_session(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.process("request-1")
    simulator.expire("request-1")
    simulator.approve("request-1")

    assert simulator.payment("request-1").status == "SUCCESS"

"""A payment that a buyer has begun in a wallet is cancelled only if they say so."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from flask_antom.simulator import Simulator
from tests.support.shop import Shopfront

pytestmark = pytest.mark.every_database

CHOICES: list[dict[str, Any]] = [
    {"paymentMethodType": "ALIPAY_CN"},
    {"paymentMethodTypes": ["GCASH", "TNG"], "mode": "element"},
    {"paymentMethodTypes": ["GCASH", "TNG"], "mode": "page"},
    {"paymentMethodTypes": ["GCASH", "TNG"], "mode": "hosted"},
]


def click(shop: Shopfront, **fields: Any) -> TestResponse:
    body = {"orderReference": "A-1", **fields}
    return shop.app.test_client().post("/antom/session", json=body)


def go(shop: Shopfront, **fields: Any) -> TestResponse:
    """Send the form without a script."""
    form = {"orderReference": "A-1", "paymentMethodType": ["ALIPAY_CN"], **fields}
    return shop.app.test_client().post("/antom/hosted", data=form)


def begin(shop: Shopfront, simulator: Simulator, action: str = "process") -> str:
    """Open a session with GCash, begin to pay in it, and return its id."""
    request_id = str((shop.pay().json or {})["paymentRequestId"])
    getattr(simulator, action)(request_id)
    return request_id


def cancels(simulator: Simulator) -> int:
    return sum(call.operation == "cancel" for call in simulator.calls)


@pytest.mark.parametrize("choice", CHOICES)
def test_another_choice_is_told_of_the_payment_that_was_begun(
    shop: Shopfront, simulator: Simulator, choice: dict[str, Any]
) -> None:
    begun = begin(shop, simulator)
    answer = click(shop, **choice)
    problem = answer.json or {}
    assert (answer.status_code, problem["code"]) == (503, "outcome_unknown")
    assert answer.headers["Retry-After"] == "5"
    assert problem["paymentStatus"] == "processing"
    assert problem["paymentRequestId"] == begun
    page = shop.app.test_client().get(urlsplit(problem["resultUrl"]).path)
    assert page.status_code == 200
    assert cancels(simulator) == 0
    assert simulator.payment(begun).status == "PROCESSING"


@pytest.mark.parametrize("choice", CHOICES)
def test_a_payment_that_the_buyer_gives_up_is_cancelled_first(
    shop: Shopfront, simulator: Simulator, choice: dict[str, Any]
) -> None:
    begun = begin(shop, simulator)
    told = (click(shop, **choice).json or {})["paymentRequestId"]
    answer = click(shop, **choice, insteadOf=told)
    assert answer.status_code == 201
    assert simulator.payment(begun).status == "CANCELLED"
    assert [row.status for row in shop.payments()] == ["cancelled", "created"]


def test_the_same_choice_gets_its_session_again_and_nothing_is_cancelled(
    shop: Shopfront, simulator: Simulator
) -> None:
    begun = begin(shop, simulator)
    for more in ({}, {"insteadOf": begun}):
        answer = click(shop, paymentMethodType="GCASH", **more)
        assert answer.status_code == 200
        assert (answer.json or {})["paymentRequestId"] == begun
    assert cancels(simulator) == 0
    assert len(shop.payments()) == 1


def test_a_session_that_cannot_be_used_any_more_is_not_cancelled_by_itself(
    shop: Shopfront, simulator: Simulator
) -> None:
    begun = begin(shop, simulator)
    wish = {"paymentMethodType": "GCASH", "spentRequestId": begun}
    assert click(shop, **wish).status_code == 503
    assert cancels(simulator) == 0
    assert click(shop, **wish, insteadOf=begun).status_code == 201
    assert simulator.payment(begun).status == "CANCELLED"


@pytest.mark.parametrize("other", ["another", "A-1", "x" * 64])
def test_another_id_gives_up_nothing(
    shop: Shopfront, simulator: Simulator, other: str
) -> None:
    begun = begin(shop, simulator)
    answer = click(shop, paymentMethodType="ALIPAY_CN", insteadOf=other)
    assert answer.status_code == 503
    assert (answer.json or {})["paymentRequestId"] == begun
    assert cancels(simulator) == 0


@pytest.mark.parametrize("wrong", ["", "x" * 65, 5, None, ["id"]])
def test_an_id_that_is_none_is_refused(shop: Shopfront, wrong: Any) -> None:
    answer = click(shop, paymentMethodType="GCASH", insteadOf=wrong)
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("choice", [*CHOICES, {"paymentMethodType": "GCASH"}])
def test_a_pending_payment_is_never_cancelled(
    shop: Shopfront, simulator: Simulator, choice: dict[str, Any]
) -> None:
    begun = begin(shop, simulator, "pend")
    for more in ({}, {"insteadOf": begun}):
        answer = click(shop, **choice, **more)
        problem = answer.json or {}
        assert (answer.status_code, problem["paymentStatus"]) == (503, "pending")
        assert "paymentRequestId" not in problem
        assert "/antom/result/" in problem["resultUrl"]
    assert cancels(simulator) == 0


@pytest.mark.parametrize("more", [{}, {"insteadOf": "begun"}])
def test_a_payment_that_was_completed_meanwhile_is_found_and_linked(
    shop: Shopfront, simulator: Simulator, more: dict[str, str]
) -> None:
    begun = begin(shop, simulator)
    simulator.approve(begun)
    answer = click(
        shop, paymentMethodType="ALIPAY_CN", **({"insteadOf": begun} if more else {})
    )
    problem = answer.json or {}
    assert (answer.status_code, problem["code"]) == (409, "order_already_paid")
    page = shop.app.test_client().get(urlsplit(problem["resultUrl"]).path)
    assert "Payment received" in page.text
    assert cancels(simulator) == 0
    assert shop.fulfilled() == 1


def test_a_payment_that_becomes_pending_before_the_cancel_is_left_alone(
    shop: Shopfront, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begin(shop, simulator)
    attempts = shop.app.extensions["antom"].attempts
    ask_to_cancel = attempts.ask_to_cancel

    def be_late(*arguments: Any, **options: Any) -> Any:
        simulator.pend(begun)  # after Antom has been asked
        shop.call("sync")
        return ask_to_cancel(*arguments, **options)

    monkeypatch.setattr(attempts, "ask_to_cancel", be_late)
    answer = click(shop, paymentMethodType="ALIPAY_CN", insteadOf=begun)
    problem = answer.json or {}
    assert (answer.status_code, problem["paymentStatus"]) == (503, "pending")
    assert cancels(simulator) == 0
    assert [row.status for row in shop.payments()] == ["pending"]


def test_a_cancel_that_antom_refuses_leaves_the_buyer_with_the_payment(
    shop: Shopfront, simulator: Simulator
) -> None:
    begun = begin(shop, simulator)
    simulator.faults.next("cancel", ("result", "PROCESS_FAIL", "F"))
    answer = click(shop, paymentMethodType="ALIPAY_CN", insteadOf=begun)
    problem = answer.json or {}
    assert answer.status_code == 503
    assert problem["paymentRequestId"] == begun
    assert "/antom/result/" in problem["resultUrl"]


def test_without_an_answer_the_buyer_still_has_the_link(
    shop: Shopfront, simulator: Simulator
) -> None:
    shop.pay()
    simulator.faults.next("inquiryPayment", "http-500", times=99)
    problem = click(shop, paymentMethodType="ALIPAY_CN").json or {}
    assert problem["code"] == "outcome_unknown"
    assert "/antom/result/" in problem["resultUrl"]
    assert "paymentStatus" not in problem


# Without a script


def fields_of(page: str) -> dict[str, list[str]]:
    """Return the hidden fields of the form on a page."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page):
        fields.setdefault(name, []).append(value)
    return fields


def test_the_hosted_page_offers_the_payment_and_a_way_on(
    shop: Shopfront, simulator: Simulator
) -> None:
    begun = begin(shop, simulator)
    answer = go(shop, paymentMethodType=["ALIPAY_CN", "TNG"])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Check this payment" in answer.text
    fields = fields_of(answer.text)
    assert fields == {
        "orderReference": ["A-1"],
        "paymentMethodType": ["ALIPAY_CN", "TNG"],
        "insteadOf": [begun],
    }
    assert cancels(simulator) == 0
    again = go(shop, **fields)
    assert again.status_code == 200
    assert 'http-equiv="refresh"' in again.text
    assert simulator.payment(begun).status == "CANCELLED"


def test_the_hosted_page_offers_no_way_past_a_pending_payment(
    shop: Shopfront, simulator: Simulator
) -> None:
    begin(shop, simulator, "pend")
    answer = go(shop)
    assert answer.status_code == 503
    assert "Your payment is on its way" in answer.text
    assert "<form" not in answer.text


def test_the_hosted_page_links_to_the_payment_that_paid(
    shop: Shopfront, simulator: Simulator
) -> None:
    begin(shop, simulator, "approve")
    answer = go(shop)
    assert answer.status_code == 409
    (link,) = re.findall(r'href="([^"]+)">View payment</a>', answer.text)
    page = shop.app.test_client().get(urlsplit(link).path)
    assert "Payment received" in page.text

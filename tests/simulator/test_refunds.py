"""Refunds: limits, codes, idempotency, notifications."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from flask_antom.domain.money import Money
from flask_antom.simulator import Simulator
from tests.simulator.merchant import (
    CARD,
    MANUAL,
    Json,
    Letterbox,
    Merchant,
    code_of,
)

SUCCESS = ("SUCCESS", "S")


@pytest.fixture
def payment_id(merchant: Merchant, simulator: Simulator, letterbox: Letterbox) -> str:
    """A wallet payment of 42 ringgit, paid and notified."""
    return pay(merchant, simulator, letterbox)


def pay(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, **changes: Any
) -> str:
    merchant.create_session(paymentNotifyUrl=letterbox.url, **changes)
    simulator.approve("request-1")
    simulator.clock.advance(seconds=2)
    letterbox.received.clear()
    return str(simulator.payment("request-1").payment_id)


def test_a_refund_is_answered_as_documented(
    merchant: Merchant, payment_id: str
) -> None:
    answer = merchant.refund(payment_id, 1000)

    assert code_of(answer) == SUCCESS
    assert set(answer) == {
        "result",
        "refundRequestId",
        "refundId",
        "paymentId",
        "refundAmount",
        "refundTime",
    }
    assert answer["refundRequestId"] == "refund1"
    assert answer["paymentId"] == payment_id
    assert answer["refundAmount"] == {"currency": "MYR", "value": "1000"}
    assert datetime.fromisoformat(answer["refundTime"]).utcoffset() is not None


def test_a_refund_that_succeeds_is_notified(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, payment_id: str
) -> None:
    answer = merchant.refund(payment_id, 1000, refundNotifyUrl=letterbox.url)
    simulator.notifier.drain()

    assert letterbox.bodies == [
        {
            "notifyType": "REFUND_RESULT",
            "result": answer["result"],
            "refundStatus": "SUCCESS",
            "refundRequestId": "refund1",
            "refundId": answer["refundId"],
            "refundAmount": {"currency": "MYR", "value": "1000"},
            "refundTime": answer["refundTime"],
        }
    ]


def test_without_a_url_a_refund_is_not_notified(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, payment_id: str
) -> None:
    merchant.refund(payment_id, 1000)
    simulator.notifier.drain()

    assert letterbox.received == []
    assert "no refundNotifyUrl" in simulator.deliveries[-1].error


def test_a_refund_notification_is_repeated(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, payment_id: str
) -> None:
    letterbox.answers = [(500, {})] * 2
    merchant.refund(payment_id, 1000, refundNotifyUrl=letterbox.url)
    simulator.clock.advance(days=1)

    assert letterbox.results == [("REFUND_RESULT", "S")] * 3


def test_several_refunds_give_everything_back_and_no_more(
    merchant: Merchant, payment_id: str
) -> None:
    first = merchant.refund(payment_id, 1000)
    too_much = merchant.refund(payment_id, 3201, refundRequestId="refund2")
    rest = merchant.refund(payment_id, 3200, refundRequestId="refund3")
    nothing = merchant.refund(payment_id, 1, refundRequestId="refund4")

    assert code_of(first) == code_of(rest) == SUCCESS
    assert code_of(too_much) == code_of(nothing) == ("REFUND_AMOUNT_EXCEED", "F")
    assert first["refundId"] != rest["refundId"]


@pytest.mark.parametrize("value", [1000, 9999])
def test_the_same_refund_has_the_same_answer(
    merchant: Merchant, simulator: Simulator, payment_id: str, value: int
) -> None:
    first = merchant.refund(payment_id, value)
    simulator.clock.advance(days=2)

    assert merchant.refund(payment_id, value, refundReason="again") == first
    assert len(simulator.accounts()["request-1"].refunds) == 1


def test_an_id_that_was_refused_stays_used_up(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.pend("request-1")
    payment_id = simulator.payment("request-1").payment_id
    early = merchant.refund(payment_id, 1000)
    simulator.approve("request-1")

    assert code_of(early) == ("ORDER_STATUS_INVALID", "F")
    assert merchant.refund(payment_id, 1000) == early
    new = merchant.refund(payment_id, 1000, refundRequestId="refund2")
    assert code_of(new) == SUCCESS


@pytest.mark.parametrize("other", ["amount", "payment"])
def test_an_id_is_for_one_refund_only(
    merchant: Merchant, simulator: Simulator, payment_id: str, other: str
) -> None:
    merchant.create_session(paymentRequestId="request-2")
    simulator.approve("request-2")
    other_id = simulator.payment("request-2").payment_id
    merchant.refund(payment_id, 1000)

    answer = (
        merchant.refund(payment_id, 1001)
        if other == "amount"
        else merchant.refund(other_id, 1000)
    )

    assert code_of(answer) == ("REPEAT_REQ_INCONSISTENT", "F")


def test_the_payment_must_exist(merchant: Merchant) -> None:
    assert code_of(merchant.refund("nobody", 1)) == ("ORDER_NOT_EXIST", "F")


@pytest.mark.parametrize("verb", ["decline", "process", "pend", "close"])
def test_what_is_not_paid_is_not_refunded(
    merchant: Merchant, simulator: Simulator, verb: str
) -> None:
    merchant.create_session()
    getattr(simulator, verb)("request-1")

    answer = merchant.refund(simulator.payment("request-1").payment_id, 1)

    assert code_of(answer) == ("ORDER_STATUS_INVALID", "F")


def test_what_is_authorized_only_is_not_refunded(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    payment_id = pay(merchant, simulator, letterbox, **MANUAL)

    assert code_of(merchant.refund(payment_id, 1)) == ("ORDER_STATUS_INVALID", "F")
    merchant.capture(payment_id, 3000)
    captured = merchant.refund(payment_id, 3001, refundRequestId="refund2")
    assert code_of(captured) == ("REFUND_AMOUNT_EXCEED", "F")
    whole = merchant.refund(payment_id, 3000, refundRequestId="refund3")
    assert code_of(whole) == SUCCESS


def test_a_cancelled_payment_is_not_refunded(
    merchant: Merchant, payment_id: str
) -> None:
    merchant.cancel()

    assert code_of(merchant.refund(payment_id, 1)) == ("ORDER_IS_CANCELED", "F")


@pytest.mark.parametrize(
    ("window", "days", "code"),
    [
        (timedelta(days=365), 364.9, "SUCCESS"),
        (timedelta(days=365), 365.1, "REFUND_WINDOW_EXCEED"),
        (timedelta(days=30), 31, "REFUND_WINDOW_EXCEED"),
    ],
)
def test_the_period_for_refunds_ends(
    merchant: Merchant,
    simulator: Simulator,
    payment_id: str,
    window: timedelta,
    days: float,
    code: str,
) -> None:
    if simulator.refund_window != window:
        simulator.refund_window = window
    simulator.clock.advance(days=days)

    assert code_of(merchant.refund(payment_id, 1))[0] == code


def test_each_of_several_captures_is_refunded_by_itself(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    payment_id = pay(merchant, simulator, letterbox, **MANUAL)
    merchant.capture(payment_id, 3000, captureType="NON_FINAL")
    early = merchant.refund(payment_id, 500, refundRequestId="early")
    second = merchant.capture(payment_id, 1200, captureRequestId="capture2")
    named = {"captureId": second["captureId"]}

    unnamed = merchant.refund(payment_id, 100, refundRequestId="unnamed")
    wrong = merchant.refund(
        payment_id, 100, refundRequestId="wrong", captureId="nobody"
    )
    exceeding = merchant.refund(payment_id, 1201, refundRequestId="more", **named)
    fitting = merchant.refund(payment_id, 1200, refundRequestId="all", **named)

    assert code_of(unnamed) == code_of(wrong) == ("PARAM_ILLEGAL", "F")
    assert "captureId" in unnamed["result"]["resultMessage"]
    assert code_of(exceeding) == ("REFUND_AMOUNT_EXCEED", "F")
    assert code_of(fitting) == SUCCESS
    assert merchant.refund(payment_id, 500, refundRequestId="early") == early


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"refundRequestId": None}, "refundRequestId"),
        ({"refundRequestId": "a" * 65}, "refundRequestId"),
        ({"refundRequestId": "refund 1"}, "refundRequestId"),
        ({"refundRequestId": "refund#1"}, "refundRequestId"),
        ({"paymentId": None, "paymentRequestId": "request-1"}, "paymentId"),
        ({"paymentId": "1" * 65}, "paymentId"),
        ({"refundAmount": None}, "refundAmount"),
        ({"refundAmount": {"currency": "MYR", "value": 100}}, "refundAmount"),
        ({"refundAmount": {"currency": "MYR", "value": "0"}}, "refundAmount.value"),
        ({"refundAmount": {"currency": "PHP", "value": "1"}}, "refundAmount.currency"),
        ({"referenceRefundId": "a" * 65}, "referenceRefundId"),
        ({"refundReason": "a" * 257}, "refundReason"),
        ({"refundNotifyUrl": "http://127.0.0.1/" + "a" * 1008}, "refundNotifyUrl"),
        ({"refundNotifyUrl": "/notify"}, "refundNotifyUrl"),
        ({"captureId": "a" * 65}, "captureId"),
        ({"captureId": "a"}, "captureId"),
        ({"metadata": "a" * 65}, "metadata"),
        ({"isAsyncRefund": "maybe"}, "isAsyncRefund"),
    ],
)
def test_an_illegal_refund_is_refused_and_not_kept(
    merchant: Merchant,
    simulator: Simulator,
    payment_id: str,
    changes: Json,
    field: str,
) -> None:
    answer = merchant.refund(payment_id, 100, **changes)

    assert code_of(answer) == ("PARAM_ILLEGAL", "F")
    assert answer["result"]["resultMessage"].startswith(field)
    assert simulator.accounts()["request-1"].refunds == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("refundRequestId", "a" * 64),
        ("refundRequestId", "REFUND_20261128-1"),
        ("refundReason", "é" * 256),
        ("refundNotifyUrl", "http://127.0.0.1:1/" + "a" * 1005),
        ("referenceRefundId", "a" * 64),
        ("metadata", "a" * 64),
        ("isAsyncRefund", "false"),
        ("captureId", None),
    ],
)
def test_a_refund_within_the_limits_is_taken(
    merchant: Merchant, payment_id: str, field: str, value: Any
) -> None:
    assert code_of(merchant.refund(payment_id, 100, **{field: value})) == SUCCESS


@pytest.mark.parametrize(
    ("method", "currency", "value", "code"),
    [
        ("GCASH", "PHP", 99, "PARAM_ILLEGAL"),
        ("GCASH", "PHP", 100, "SUCCESS"),
        ("TNG", "MYR", 4, "PARAM_ILLEGAL"),
        ("DANA", "IDR", 29900, "PARAM_ILLEGAL"),
        ("DANA", "IDR", 30050, "PARAM_ILLEGAL"),
        ("DANA", "IDR", 30000, "SUCCESS"),
        ("JKOPAY", "TWD", 150, "PARAM_ILLEGAL"),
    ],
)
def test_methods_have_a_smallest_refund_and_steps(
    merchant: Merchant,
    simulator: Simulator,
    method: str,
    currency: str,
    value: int,
    code: str,
) -> None:
    merchant.create_session(
        paymentMethod={"paymentMethodType": method},
        paymentAmount={"currency": currency, "value": "100000"},
    )
    simulator.approve("request-1")
    amount = {"currency": currency, "value": str(value)}

    answer = merchant.refund(
        simulator.payment("request-1").payment_id, 0, refundAmount=amount
    )

    assert code_of(answer)[0] == code


def test_a_refund_in_process_ends_later(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, payment_id: str
) -> None:
    simulator.refunds_in_process = True
    request = {"refundNotifyUrl": letterbox.url}
    accepted = merchant.refund(payment_id, 4200, **request)
    again = merchant.refund(payment_id, 4200, **request)
    more = merchant.refund(payment_id, 1, refundRequestId="refund2")
    waiting = merchant.inquire_refund()
    simulator.notifier.drain()
    assert letterbox.received == []
    simulator.finish_refund("refund1")
    simulator.notifier.drain()

    assert code_of(accepted) == code_of(again) == ("REFUND_IN_PROCESS", "U")
    assert code_of(more) == ("REFUND_AMOUNT_EXCEED", "F")
    assert (code_of(waiting), waiting["refundStatus"]) == (SUCCESS, "PROCESSING")
    assert "refundTime" not in waiting
    assert merchant.inquire_refund()["refundStatus"] == "SUCCESS"
    assert code_of(merchant.refund(payment_id, 4200, **request)) == SUCCESS
    assert letterbox.results == [("REFUND_RESULT", "S")]


def test_a_refund_that_fails_leaves_its_money_to_others(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, payment_id: str
) -> None:
    simulator.refunds_in_process = True
    merchant.refund(payment_id, 4200, refundNotifyUrl=letterbox.url)
    simulator.fail_refund("refund1", "MERCHANT_BALANCE_NOT_ENOUGH")
    simulator.notifier.drain()
    simulator.refunds_in_process = False

    (notice,) = letterbox.bodies
    assert notice["refundStatus"] == "FAIL"
    assert code_of(notice) == ("MERCHANT_BALANCE_NOT_ENOUGH", "F")
    assert "refundTime" not in notice
    assert merchant.inquire_refund()["refundStatus"] == "FAIL"
    again = merchant.refund(payment_id, 4200)
    assert code_of(again) == ("MERCHANT_BALANCE_NOT_ENOUGH", "F")
    new = merchant.refund(payment_id, 4200, refundRequestId="refund2")
    assert code_of(new) == SUCCESS


def test_only_a_refund_in_process_can_be_ended(
    merchant: Merchant, simulator: Simulator, payment_id: str
) -> None:
    merchant.refund(payment_id, 1000)

    with pytest.raises(ValueError, match="has ended already"):
        simulator.fail_refund("refund1")
    with pytest.raises(KeyError, match="was ever made here"):
        simulator.finish_refund("nobody")


def test_a_refund_is_found_by_either_id_and_antoms_wins(
    merchant: Merchant, payment_id: str
) -> None:
    refund_id = merchant.refund(payment_id, 1000)["refundId"]
    merchant.refund(payment_id, 2000, refundRequestId="refund2")

    ids = {"refundId": refund_id, "refundRequestId": "refund2"}
    found = merchant.call("inquiryRefund", ids)

    assert found == merchant.inquire_refund("refund1")
    assert set(found) == {
        "result",
        "refundStatus",
        "refundRequestId",
        "refundId",
        "refundAmount",
        "refundTime",
    }
    nobody = merchant.call("inquiryRefund", ids | {"refundId": "nobody"})
    assert code_of(nobody) == ("REFUND_NOT_EXIST", "F")


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"refundRequestId": 7},
        {"refundRequestId": "a" * 65},
        {"refundRequestId": "refund 1"},
        {"refundRequestId": "refund#1"},
        {"refundId": ""},
    ],
)
def test_an_inquiry_needs_an_id(merchant: Merchant, request_: Json) -> None:
    assert code_of(merchant.call("inquiryRefund", request_)) == ("PARAM_ILLEGAL", "F")


def test_a_refund_is_inquired_by_the_id_that_it_was_made_with(
    merchant: Merchant, payment_id: str
) -> None:
    merchant.refund(payment_id, 100, refundRequestId="REFUND_20261128-1")
    assert merchant.inquire_refund("REFUND_20261128-1")["refundStatus"] == "SUCCESS"


@pytest.mark.parametrize(("amount", "value"), [(None, 3200), (Money(5, "MYR"), 5)])
def test_a_refund_in_the_dashboard_is_notified(
    merchant: Merchant,
    simulator: Simulator,
    letterbox: Letterbox,
    payment_id: str,
    amount: Money | None,
    value: int,
) -> None:
    merchant.refund(payment_id, 1000)
    request_id = simulator.refund_in_dashboard("request-1", amount)
    simulator.notifier.drain()

    (notice,) = letterbox.bodies
    assert notice["refundRequestId"] == request_id
    assert notice["refundAmount"]["value"] == str(value)
    _, shown = merchant.inquire()["transactions"]
    assert shown["transactionRequestId"] == request_id
    assert merchant.inquire_refund(request_id)["refundStatus"] == "SUCCESS"


def test_the_dashboard_refunds_what_is_left_only(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    with pytest.raises(ValueError, match="is not paid"):
        simulator.refund_in_dashboard("request-1")
    simulator.approve("request-1")
    with pytest.raises(ValueError, match="REFUND_AMOUNT_EXCEED"):
        simulator.refund_in_dashboard("request-1", Money(4201, "MYR"))
    simulator.refund_in_dashboard("request-1")
    with pytest.raises(ValueError, match="REFUND_AMOUNT_EXCEED"):
        simulator.refund_in_dashboard("request-1")


def test_an_inquiry_shows_refunds_however_they_ended(
    merchant: Merchant, simulator: Simulator, payment_id: str
) -> None:
    done = merchant.refund(payment_id, 1000)
    simulator.refunds_in_process = True
    merchant.refund(payment_id, 200, refundRequestId="refund2")
    merchant.refund(payment_id, 30, refundRequestId="refund3")
    simulator.fail_refund("refund3")

    inquired = merchant.inquire()

    first, *others = inquired["transactions"]
    assert inquired["paymentStatus"] == "SUCCESS"
    assert first == {
        "transactionType": "REFUND",
        "transactionStatus": "SUCCESS",
        "transactionResult": done["result"],
        "transactionId": done["refundId"],
        "transactionRequestId": "refund1",
        "transactionAmount": {"currency": "MYR", "value": "1000"},
        "transactionTime": done["refundTime"],
    }
    told = [(t["transactionStatus"], t["transactionResult"]) for t in others]
    assert [(status, r["resultStatus"]) for status, r in told] == [
        ("PROCESSING", "U"),
        ("FAIL", "F"),
    ]


@pytest.mark.parametrize("in_process", [True, False])
def test_a_payment_with_a_refund_is_not_cancelled(
    merchant: Merchant, simulator: Simulator, payment_id: str, in_process: bool
) -> None:
    simulator.refunds_in_process = in_process
    merchant.refund(payment_id, 1000)

    assert code_of(merchant.cancel()) == ("PROCESS_FAIL", "F")


def test_a_failed_refund_does_not_stand_against_a_cancel(
    merchant: Merchant, payment_id: str
) -> None:
    merchant.refund(payment_id, 9999)

    assert code_of(merchant.cancel()) == SUCCESS


def test_a_captured_card_payment_is_refunded(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    payment_id = pay(merchant, simulator, letterbox, **CARD)
    merchant.refund(payment_id, 4200)

    kinds = [t["transactionType"] for t in merchant.inquire()["transactions"]]
    assert kinds == ["CAPTURE", "REFUND"]

"""Authorizations: captured in whole or in part, lapsed, cancelled, failed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from flask_antom.simulator import Simulator
from tests.simulator.merchant import CARD, MANUAL, Json, Letterbox, Merchant, code_of

SUCCESS = ("SUCCESS", "S")


@pytest.fixture
def payment_id(merchant: Merchant, simulator: Simulator, letterbox: Letterbox) -> str:
    """A card payment of 42 ringgit that waits for the merchant's capture."""
    return authorize(merchant, simulator, letterbox, **MANUAL)


def authorize(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, **changes: Any
) -> str:
    merchant.create_session(paymentNotifyUrl=letterbox.url, **changes)
    simulator.approve("request-1")
    simulator.notifier.drain()
    letterbox.received.clear()
    return str(simulator.payment("request-1").payment_id)


def test_a_capture_is_answered_notified_and_shown_as_documented(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, payment_id: str
) -> None:
    assert "transactions" not in merchant.inquire()

    answer = merchant.capture(payment_id, 4200)
    simulator.notifier.drain()

    assert code_of(answer) == SUCCESS
    assert set(answer) == {
        "result",
        "captureRequestId",
        "captureId",
        "paymentId",
        "captureAmount",
        "captureTime",
    }
    assert answer["captureRequestId"] == "capture1"
    assert answer["paymentId"] == payment_id
    assert datetime.fromisoformat(answer["captureTime"]).utcoffset() is not None
    assert letterbox.bodies == [answer | {"notifyType": "CAPTURE_RESULT"}]
    assert merchant.inquire()["transactions"] == [
        {
            "transactionType": "CAPTURE",
            "transactionStatus": "SUCCESS",
            "transactionResult": answer["result"],
            "transactionId": answer["captureId"],
            "transactionRequestId": "capture1",
            "transactionAmount": {"currency": "MYR", "value": "4200"},
            "transactionTime": answer["captureTime"],
        }
    ]


@pytest.mark.parametrize("more", [{}, {"captureType": "FINAL"}])
def test_a_final_capture_releases_the_rest(
    merchant: Merchant, payment_id: str, more: Json
) -> None:
    first = merchant.capture(payment_id, 3000, **more)
    second = merchant.capture(payment_id, 1000, captureRequestId="capture2")

    assert code_of(first) == SUCCESS
    assert code_of(second) == ("ORDER_STATUS_INVALID", "F")


@pytest.mark.parametrize(
    "more",
    [
        {"captureType": "NON_FINAL"},
        {"isLastCapture": "false"},
        {"isLastCapture": False},
        {"captureType": "NON_FINAL", "isLastCapture": "true"},
    ],
)
def test_other_captures_leave_the_rest_to_be_captured(
    merchant: Merchant, payment_id: str, more: Json
) -> None:
    first = merchant.capture(payment_id, 3000, **more)
    too_much = merchant.capture(payment_id, 1201, captureRequestId="capture2")
    rest = merchant.capture(payment_id, 1200, captureRequestId="capture3", **more)
    nothing = merchant.capture(payment_id, 1, captureRequestId="capture4")

    assert code_of(first) == code_of(rest) == SUCCESS
    assert code_of(too_much) == ("CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "F")
    assert code_of(nothing) == ("ORDER_STATUS_INVALID", "F")


@pytest.mark.parametrize("value", [4200, 4201])
def test_the_same_capture_has_the_same_answer(
    merchant: Merchant,
    simulator: Simulator,
    letterbox: Letterbox,
    payment_id: str,
    value: int,
) -> None:
    first = merchant.capture(payment_id, value)
    simulator.clock.advance(days=9)

    assert merchant.capture(payment_id, value) == first
    assert len(letterbox.received) == (1 if code_of(first) == SUCCESS else 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"captureAmount": {"currency": "MYR", "value": "3001"}},
        {"captureType": "FINAL"},
        {"paymentId": "other"},
    ],
)
def test_an_id_is_for_one_capture_only(
    merchant: Merchant, simulator: Simulator, payment_id: str, changes: Json
) -> None:
    if "paymentId" in changes:
        merchant.create_session(paymentRequestId="request-2", **MANUAL)
        simulator.approve("request-2")
        changes = {"paymentId": simulator.payment("request-2").payment_id}
    same = {"captureType": "NON_FINAL"}
    merchant.capture(payment_id, 3000, **same)

    answer = merchant.capture(payment_id, 3000, **(same | changes))

    assert code_of(answer) == ("REPEAT_REQ_INCONSISTENT", "F")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"captureRequestId": None}, "captureRequestId"),
        ({"captureRequestId": "a" * 65}, "captureRequestId"),
        ({"paymentId": None, "paymentRequestId": "request-1"}, "paymentId"),
        ({"captureAmount": None}, "captureAmount"),
        ({"captureAmount": {"currency": "MYR", "value": "0"}}, "captureAmount.value"),
        ({"captureAmount": {"currency": "MYR", "value": 1}}, "captureAmount"),
        ({"captureType": "LAST"}, "captureType"),
        ({"isLastCapture": "perhaps"}, "isLastCapture"),
    ],
)
def test_an_illegal_capture_is_refused(
    merchant: Merchant, payment_id: str, changes: Json, field: str
) -> None:
    answer = merchant.capture(payment_id, 100, **changes)

    assert code_of(answer) == ("PARAM_ILLEGAL", "F")
    assert answer["result"]["resultMessage"].startswith(field)
    assert "transactions" not in merchant.inquire()


def test_the_payment_must_exist(merchant: Merchant) -> None:
    assert code_of(merchant.capture("nobody", 1)) == ("ORDER_NOT_EXIST", "F")


def test_the_currency_must_be_the_payments(merchant: Merchant, payment_id: str) -> None:
    amount = {"currency": "PHP", "value": "100"}

    answer = merchant.capture(payment_id, 0, captureAmount=amount)

    assert code_of(answer) == ("CURRENCY_NOT_SUPPORT", "F")


@pytest.mark.parametrize("verb", ["decline", "process", "pend", "close"])
def test_what_is_not_authorized_is_not_captured(
    merchant: Merchant, simulator: Simulator, verb: str
) -> None:
    merchant.create_session(**MANUAL)
    getattr(simulator, verb)("request-1")

    answer = merchant.capture(simulator.payment("request-1").payment_id, 1)

    assert code_of(answer) == ("ORDER_STATUS_INVALID", "F")


@pytest.mark.parametrize(
    ("cancelled", "code"), [(False, "AUTH_NOT_FOUND"), (True, "ORDER_IS_CANCELED")]
)
def test_wallets_are_not_captured(
    merchant: Merchant, simulator: Simulator, cancelled: bool, code: str
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    if cancelled:
        merchant.cancel()

    answer = merchant.capture(simulator.payment("request-1").payment_id, 1)

    assert code_of(answer) == (code, "F")


@pytest.mark.parametrize("method", ["APPLEPAY", "GOOGLEPAY", "GCASH"])
def test_other_methods_authorize_first_too(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, method: str
) -> None:
    factor = {"captureMode": "MANUAL", "isAuthorization": "true"}
    payment_id = authorize(
        merchant,
        simulator,
        letterbox,
        paymentMethod={"paymentMethodType": method},
        paymentFactor=factor,
    )

    assert code_of(merchant.capture(payment_id, 4200)) == SUCCESS


def test_the_merchant_may_be_faster_than_the_automatic_capture(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    payment_id = authorize(merchant, simulator, letterbox, **CARD)

    answer = merchant.capture(payment_id, 4200)
    simulator.clock.advance(minutes=1)

    assert code_of(answer) == SUCCESS
    assert letterbox.results == [("CAPTURE_RESULT", "S")]


def test_a_cancel_voids_an_authorization(merchant: Merchant, payment_id: str) -> None:
    assert code_of(merchant.cancel()) == SUCCESS

    inquired = merchant.inquire()
    assert inquired["paymentStatus"] == "CANCELLED"
    (cancel,) = inquired["transactions"]
    assert cancel["transactionType"] == "CANCEL"
    assert cancel["transactionAmount"] == inquired["paymentAmount"]
    assert cancel["transactionId"]
    assert cancel["transactionRequestId"] == "request-1"
    assert code_of(merchant.capture(payment_id, 1)) == ("AUTH_CANCELLED", "F")


def test_a_cancel_before_the_buyer_pays_leaves_nothing_to_capture(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session(**MANUAL)
    simulator.process("request-1")
    merchant.cancel()

    answer = merchant.capture(simulator.payment("request-1").payment_id, 1)

    assert code_of(answer) == ("ORDER_IS_CANCELED", "F")


def test_a_payment_captured_in_part_is_not_cancelled(
    merchant: Merchant, payment_id: str
) -> None:
    merchant.capture(payment_id, 1, captureType="NON_FINAL")

    assert code_of(merchant.cancel()) == ("ORDER_STATUS_INVALID", "F")


def test_an_authorization_lapses_after_seven_days(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, payment_id: str
) -> None:
    simulator.clock.advance(days=6.9)
    assert merchant.inquire()["paymentStatus"] == "SUCCESS"
    simulator.clock.advance(days=0.2)

    inquired = merchant.inquire()
    assert inquired["paymentStatus"] == "CANCELLED"
    assert inquired["paymentResultCode"] == "AUTH_EXPIRED"
    assert code_of(merchant.capture(payment_id, 4200)) == ("AUTH_EXPIRED", "F")
    assert code_of(merchant.refund(payment_id, 1)) == ("ORDER_IS_CANCELED", "F")
    assert code_of(merchant.cancel()) == SUCCESS
    assert letterbox.received == []
    with pytest.raises(ValueError, match="cannot be paid"):
        simulator.approve("request-1")


def test_what_was_captured_of_a_lapsed_authorization_stays_paid(
    merchant: Merchant, simulator: Simulator, payment_id: str
) -> None:
    merchant.capture(payment_id, 3000, captureType="NON_FINAL")
    simulator.clock.advance(days=8)

    late = merchant.capture(payment_id, 1, captureRequestId="capture2")

    assert merchant.inquire()["paymentStatus"] == "SUCCESS"
    assert code_of(late) == ("AUTH_EXPIRED", "F")
    assert code_of(merchant.refund(payment_id, 3000)) == SUCCESS


def test_an_automatic_capture_can_fail(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    payment_id = authorize(merchant, simulator, letterbox, **CARD)

    simulator.capture_fails("request-1", "RISK_REJECT")
    simulator.clock.advance(minutes=1)

    (notice,) = letterbox.bodies
    assert notice["notifyType"] == "CAPTURE_RESULT"
    assert code_of(notice) == ("RISK_REJECT", "F")
    assert notice["paymentId"] == payment_id
    assert {"captureId", "captureRequestId", "captureAmount"} < set(notice)
    assert not {"captureTime", "paymentRequestId"} & set(notice)
    (shown,) = merchant.inquire()["transactions"]
    assert shown["transactionStatus"] == "FAIL"
    assert code_of(merchant.capture(payment_id, 4200)) == SUCCESS


def test_a_failure_of_the_capture_can_be_wished_beforehand(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url, **CARD)
    simulator.capture_fails("request-1")
    simulator.approve("request-1")
    simulator.clock.advance(seconds=2)

    assert letterbox.results == [("PAYMENT_RESULT", "S"), ("CAPTURE_RESULT", "F")]


def test_the_merchants_own_capture_can_fail(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, payment_id: str
) -> None:
    simulator.capture_fails("request-1", "PROCESS_FAIL")

    failed = merchant.capture(payment_id, 4200)
    again = merchant.capture(payment_id, 4200)
    new = merchant.capture(payment_id, 4200, captureRequestId="capture2")
    simulator.notifier.drain()

    assert code_of(failed) == ("PROCESS_FAIL", "F")
    assert again == failed
    assert code_of(new) == SUCCESS
    assert letterbox.results == [("CAPTURE_RESULT", "F"), ("CAPTURE_RESULT", "S")]


def test_some_failures_cost_the_authorization(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    payment_id = authorize(merchant, simulator, letterbox, **CARD)
    simulator.capture_fails("request-1", "AUTH_CANCELLED")

    assert merchant.inquire()["paymentStatus"] == "CANCELLED"
    assert code_of(merchant.capture(payment_id, 1)) == ("AUTH_CANCELLED", "F")


@pytest.mark.parametrize("why", ["wallet", "cancelled", "captured"])
def test_no_capture_fails_where_none_can_come(
    merchant: Merchant, simulator: Simulator, why: str
) -> None:
    merchant.create_session(**({} if why == "wallet" else CARD))
    simulator.approve("request-1")
    if why == "cancelled":
        merchant.cancel()
    simulator.clock.advance(seconds=2)

    with pytest.raises(ValueError, match="nothing left to be captured"):
        simulator.capture_fails("request-1")
    with pytest.raises(KeyError):
        simulator.capture_fails("nobody")


def test_an_earlier_authorization_is_released_when_the_buyer_pays_again(
    merchant: Merchant, simulator: Simulator, payment_id: str
) -> None:
    simulator.approve("request-1")

    earlier = merchant.capture(payment_id, 1)
    later = merchant.capture(
        simulator.payment("request-1").payment_id, 4200, captureRequestId="capture2"
    )

    assert code_of(earlier) == ("AUTH_CANCELLED", "F")
    assert code_of(later) == SUCCESS

"""Payments after buyers' actions, time and cancels, seen through the API."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from flask_antom.simulator import Simulator
from tests.simulator.merchant import CARD, Json, Letterbox, Merchant, code_of


def pay_with(
    merchant: Merchant, simulator: Simulator, method: str, currency: str = "MYR"
) -> None:
    merchant.create_session(
        paymentMethod={"paymentMethodType": method},
        paymentAmount={"currency": currency, "value": "4200"},
    )
    simulator.approve("request-1")


def test_nothing_exists_before_the_buyer_submits(merchant: Merchant) -> None:
    merchant.create_session()

    assert code_of(merchant.inquire()) == ("ORDER_NOT_EXIST", "F")
    assert code_of(merchant.cancel()) == ("ORDER_NOT_EXIST", "F")
    assert code_of(merchant.inquire("nobody")) == ("ORDER_NOT_EXIST", "F")


def test_a_paid_payment_is_notified_as_documented(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")

    answer = merchant.inquire()

    assert code_of(answer) == ("SUCCESS", "S")
    assert answer["paymentStatus"] == "SUCCESS"
    assert answer["paymentRequestId"] == "request-1"
    assert answer["paymentAmount"] == {"currency": "MYR", "value": "4200"}
    assert "transactions" not in answer
    for name in ("paymentCreateTime", "paymentTime"):
        assert datetime.fromisoformat(answer[name]).utcoffset() == timedelta(hours=8)
    assert answer == merchant.call("inquiryPayment", {"paymentId": answer["paymentId"]})


def test_a_payment_id_wins_over_a_request_id(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    merchant.create_session(paymentRequestId="request-2")
    simulator.approve("request-2")
    payment_id = simulator.payment("request-2").payment_id

    answer = merchant.call(
        "inquiryPayment", {"paymentRequestId": "request-1", "paymentId": payment_id}
    )
    nobody = merchant.call(
        "inquiryPayment", {"paymentRequestId": "request-2", "paymentId": "nobody"}
    )

    assert answer["paymentRequestId"] == "request-2"
    assert code_of(nobody) == ("ORDER_NOT_EXIST", "F")


def test_a_hanging_payment_is_processing(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.process("request-1")

    answer = merchant.inquire()

    assert answer["paymentStatus"] == "PROCESSING"
    assert "paymentTime" not in answer
    assert simulator.payment("request-1").notifications == []


def test_a_hanging_payment_ends_under_its_own_id(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.process("request-1")
    payment_id = merchant.inquire()["paymentId"]
    simulator.pend("request-1")
    assert merchant.inquire()["paymentStatus"] == "PENDING"
    simulator.approve("request-1")

    answer = merchant.inquire()

    assert (answer["paymentStatus"], answer["paymentId"]) == ("SUCCESS", payment_id)


def test_a_declined_buyer_may_try_again(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.decline("request-1")
    declined = merchant.inquire()
    simulator.approve("request-1")
    paid = merchant.inquire()

    assert declined["paymentStatus"] == "FAIL"
    assert declined["paymentResultCode"] == "USER_BALANCE_NOT_ENOUGH"
    assert declined["paymentResultMessage"]
    assert paid["paymentStatus"] == "SUCCESS"
    assert paid["paymentId"] != declined["paymentId"]


def test_an_unfinished_order_closes_after_14_minutes(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url)
    simulator.process("request-1")

    simulator.clock.advance(minutes=13)
    assert merchant.inquire()["paymentStatus"] == "PROCESSING"
    simulator.clock.advance(minutes=1)

    answer = merchant.inquire()
    assert answer["paymentStatus"] == "FAIL"
    assert answer["paymentResultCode"] == "ORDER_IS_CLOSED"
    assert letterbox.results == [("PAYMENT_RESULT", "F")]
    with pytest.raises(ValueError, match="the order is closed"):
        simulator.approve("request-1")


def test_a_finished_order_does_not_close(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url)
    simulator.process("request-1")
    simulator.approve("request-1")
    simulator.clock.advance(hours=2)

    assert merchant.inquire()["paymentStatus"] == "SUCCESS"
    assert letterbox.results == [("PAYMENT_RESULT", "S")]


def test_a_session_that_nobody_opened_ends_without_a_word(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url)
    simulator.clock.advance(days=2)

    assert letterbox.received == []
    assert code_of(merchant.inquire()) == ("ORDER_NOT_EXIST", "F")


def test_a_failure_after_a_success_leaves_the_success(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    simulator.close("request-1")

    assert merchant.inquire()["paymentStatus"] == "SUCCESS"


def test_the_last_of_several_successes_wins(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    earlier = merchant.inquire()["paymentId"]
    simulator.approve("request-1")

    answer = merchant.inquire()
    first, second = simulator.payment("request-1").attempts
    assert answer["paymentId"] == second.payment_id != earlier
    assert first.refunded_at is not None
    assert second.refunded_at is None
    told = merchant.call("inquiryPayment", {"paymentId": earlier})
    assert [t["transactionType"] for t in told["transactions"]] == ["REFUND"]


def test_cards_are_authorized_and_captured_two_seconds_later(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url, **CARD)
    simulator.approve("request-1")
    authorized = merchant.inquire()
    simulator.clock.advance(seconds=2)
    captured = merchant.inquire()

    assert authorized["paymentStatus"] == captured["paymentStatus"] == "SUCCESS"
    assert "transactions" not in authorized
    assert "authExpiryTime" in authorized
    (capture,) = captured["transactions"]
    assert (capture["transactionType"], capture["transactionStatus"]) == (
        "CAPTURE",
        "SUCCESS",
    )
    assert letterbox.results == [("PAYMENT_RESULT", "S"), ("CAPTURE_RESULT", "S")]
    paid, notice = letterbox.bodies
    assert "*" in paid["paymentResultInfo"]["cardNo"]
    assert notice["paymentId"] == captured["paymentId"]
    assert notice["captureId"] == capture["transactionId"]
    assert "paymentRequestId" not in notice


def test_manual_capture_waits_for_the_merchant(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    factor = {"isAuthorization": True, "captureMode": "MANUAL"}
    merchant.create_session(paymentNotifyUrl=letterbox.url, paymentFactor=factor)
    simulator.approve("request-1")
    simulator.clock.advance(days=1)

    assert letterbox.results == [("PAYMENT_RESULT", "S")]


def test_a_cancel_closes_an_unfinished_payment(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url)
    simulator.process("request-1")

    answer = merchant.cancel()
    simulator.clock.advance(days=1)

    assert code_of(answer) == ("SUCCESS", "S")
    assert answer["paymentRequestId"] == "request-1"
    assert answer["paymentId"] == simulator.payment("request-1").payment_id
    assert datetime.fromisoformat(answer["cancelTime"]).utcoffset() is not None
    assert merchant.inquire()["paymentStatus"] == "CANCELLED"
    assert letterbox.received == []


def test_a_cancel_may_be_repeated(merchant: Merchant, simulator: Simulator) -> None:
    merchant.create_session()
    simulator.approve("request-1")

    first = merchant.cancel()
    simulator.clock.advance(days=3)

    assert merchant.cancel() == first


def test_a_cancel_gives_the_money_back(
    merchant: Merchant, simulator: Simulator
) -> None:
    pay_with(merchant, simulator, "GCASH")
    merchant.cancel()

    answer = merchant.inquire()
    assert answer["paymentStatus"] == "CANCELLED"
    assert [t["transactionType"] for t in answer["transactions"]] == ["CANCEL"]


def test_a_buyer_may_pay_after_the_cancel_and_gets_the_money_back(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url)
    simulator.process("request-1")
    merchant.cancel()
    simulator.approve("request-1")
    simulator.notifier.drain()

    assert letterbox.results == [("PAYMENT_RESULT", "S")]
    assert merchant.inquire()["paymentStatus"] == "CANCELLED"
    assert simulator.payment("request-1").attempts[-1].refunded_at is not None


def test_a_closed_order_is_not_cancelled(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.close("request-1")

    assert code_of(merchant.cancel()) == ("ORDER_STATUS_INVALID", "F")


def test_a_cancelled_authorization_is_not_captured(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url, **CARD)
    simulator.approve("request-1")
    answer = merchant.cancel()
    simulator.clock.advance(minutes=1)

    assert code_of(answer) == ("SUCCESS", "S")
    assert letterbox.results == [("PAYMENT_RESULT", "S")]


def test_a_captured_card_payment_is_not_cancelled(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session(**CARD)
    simulator.approve("request-1")
    simulator.clock.advance(seconds=2)

    assert code_of(merchant.cancel()) == ("ORDER_STATUS_INVALID", "F")


@pytest.mark.parametrize(
    ("method", "currency"),
    [
        ("DANA", "IDR"),
        ("JKOPAY", "TWD"),
        ("ONLINEBANKING_SCB", "THB"),
        ("BANKTRANSFER_X", "MYR"),
    ],
)
def test_some_methods_are_not_cancelled_after_success(
    merchant: Merchant, simulator: Simulator, method: str, currency: str
) -> None:
    pay_with(merchant, simulator, method, currency)

    assert code_of(merchant.cancel()) == ("CANCEL_WINDOW_EXCEED", "F")


@pytest.mark.parametrize(
    ("method", "currency"), [("GCASH", "PHP"), ("ONLINEBANKING_FPX", "MYR")]
)
def test_others_are_cancelled_until_a_quarter_past_midnight(
    merchant: Merchant, simulator: Simulator, method: str, currency: str
) -> None:
    pay_with(merchant, simulator, method, currency)
    place = timezone(timedelta(hours=8))
    now = simulator.clock.now().astimezone(place)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    simulator.clock.advance(seconds=(midnight - now).total_seconds() + 16 * 60)

    assert code_of(merchant.cancel()) == ("CANCEL_WINDOW_EXCEED", "F")


@pytest.mark.parametrize(
    ("days", "code"), [(6.9, "SUCCESS"), (7.1, "CANCEL_WINDOW_EXCEED")]
)
def test_some_are_cancelled_for_a_week(
    merchant: Merchant, simulator: Simulator, days: float, code: str
) -> None:
    pay_with(merchant, simulator, "MERCADOPAGO_BR", "BRL")
    simulator.clock.advance(days=days)

    assert merchant.cancel()["result"]["resultCode"] == code


@pytest.mark.parametrize("operation", ["inquiryPayment", "cancel"])
@pytest.mark.parametrize("request_", [{}, {"paymentId": 7}])
def test_an_id_is_needed(merchant: Merchant, operation: str, request_: Json) -> None:
    assert code_of(merchant.call(operation, request_)) == ("PARAM_ILLEGAL", "F")

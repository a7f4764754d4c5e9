"""Sessions in which the buyer chooses the method, seen through the API."""

from __future__ import annotations

import pytest

from flask_antom.simulator import Simulator
from tests.simulator.merchant import ELEMENT, MANUAL, Letterbox, Merchant, code_of

MANUAL_ELEMENT = ELEMENT | {"paymentFactor": MANUAL["paymentFactor"]}


@pytest.fixture(autouse=True)
def session(merchant: Merchant, letterbox: Letterbox) -> None:
    merchant.create_session(paymentNotifyUrl=letterbox.url, **ELEMENT)


@pytest.mark.parametrize("method", ["GCASH", "CARD", "ALIPAY_CN"])
def test_the_method_that_was_chosen_is_notified(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox, method: str
) -> None:
    simulator.approve("request-1", method)
    simulator.notifier.drain()

    assert merchant.inquire()["paymentMethodType"] == method
    assert letterbox.bodies[0]["paymentMethodType"] == method
    assert ("paymentResultInfo" in letterbox.bodies[0]) is (method == "CARD")


@pytest.mark.parametrize("verb", ["approve", "decline", "pend", "process"])
def test_the_first_method_is_the_default(simulator: Simulator, verb: str) -> None:
    getattr(simulator, verb)("request-1")

    assert simulator.payment("request-1").attempts[0].method == "GCASH"


def test_a_method_that_is_not_offered_is_refused(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match=r"not offer 'TNG'; it offers GCASH, CARD"):
        simulator.approve("request-1", "TNG")
    assert simulator.payment("request-1").attempts == []


def test_only_cards_are_authorized_first(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.decline("request-1", method="CARD")
    simulator.approve("request-1", "GCASH")
    simulator.clock.advance(seconds=2)

    assert letterbox.results == [("PAYMENT_RESULT", "F"), ("PAYMENT_RESULT", "S")]
    assert "authExpiryTime" not in merchant.inquire()
    assert simulator.accounts()["request-1"].paid.value == 4200


def test_a_card_that_was_chosen_is_captured(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.decline("request-1")
    simulator.approve("request-1", "CARD")
    assert simulator.accounts()["request-1"].paid.value == 0
    simulator.clock.advance(seconds=2)

    assert letterbox.results[1:] == [("PAYMENT_RESULT", "S"), ("CAPTURE_RESULT", "S")]
    assert simulator.accounts()["request-1"].paid.value == 4200


def test_manual_capture_is_for_cards_only(
    merchant: Merchant, simulator: Simulator
) -> None:
    for index, method in enumerate(("CARD", "GCASH")):
        merchant.create_session(paymentRequestId=f"manual-{index}", **MANUAL_ELEMENT)
        simulator.approve(f"manual-{index}", method)
    simulator.clock.advance(minutes=1)

    captured = merchant.capture(simulator.payment("manual-0").payment_id, 4200)
    refused = merchant.capture(
        simulator.payment("manual-1").payment_id, 4200, captureRequestId="capture2"
    )
    assert code_of(captured) == ("SUCCESS", "S")
    assert code_of(refused) == ("AUTH_NOT_FOUND", "F")


def test_the_attempt_that_the_buyer_is_in_goes_on(simulator: Simulator) -> None:
    simulator.process("request-1", "CARD")
    simulator.approve("request-1")

    (attempt,) = simulator.payment("request-1").attempts
    assert (attempt.method, attempt.status) == ("CARD", "SUCCESS")


def test_the_buyer_changes_the_method_while_an_attempt_hangs(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.process("request-1", "ALIPAY_CN")
    simulator.decline("request-1", method="CARD")
    assert merchant.inquire()["paymentStatus"] == "PROCESSING"
    simulator.approve("request-1", "GCASH")
    simulator.clock.advance(minutes=14)

    answer = merchant.inquire()
    assert (answer["paymentStatus"], answer["paymentMethodType"]) == (
        "SUCCESS",
        "GCASH",
    )
    statuses = {a.method: a.status for a in simulator.payment("request-1").attempts}
    assert statuses == {"ALIPAY_CN": "FAIL", "CARD": "FAIL", "GCASH": "SUCCESS"}
    assert [r for _, r in letterbox.results] == ["F", "S", "F"]


def test_an_order_closes_with_its_last_open_attempt(
    merchant: Merchant, simulator: Simulator
) -> None:
    simulator.process("request-1", "ALIPAY_CN")
    simulator.clock.advance(minutes=10)
    simulator.process("request-1", "GCASH")
    simulator.clock.advance(minutes=4)
    assert merchant.inquire()["paymentStatus"] == "PROCESSING"
    simulator.clock.advance(minutes=10)

    assert merchant.inquire()["paymentResultCode"] == "ORDER_IS_CLOSED"
    assert code_of(merchant.create_session(**ELEMENT)) == ("ORDER_IS_CLOSED", "F")


def test_closing_an_order_ends_all_attempts(simulator: Simulator) -> None:
    simulator.process("request-1", "ALIPAY_CN")
    simulator.process("request-1", "GCASH")
    simulator.close("request-1")

    codes = [a.result_code for a in simulator.payment("request-1").attempts]
    assert codes == ["ORDER_IS_CLOSED", "ORDER_IS_CLOSED"]
    with pytest.raises(ValueError, match="the order is closed"):
        simulator.approve("request-1")


def test_a_success_with_another_method_has_the_earlier_one_given_back(
    merchant: Merchant, simulator: Simulator
) -> None:
    simulator.process("request-1", "ALIPAY_CN")
    simulator.approve("request-1", "GCASH")
    simulator.approve("request-1", "ALIPAY_CN")

    hung, paid = simulator.payment("request-1").attempts
    assert merchant.inquire()["paymentId"] == hung.payment_id
    assert (hung.method, hung.refunded_at) == ("ALIPAY_CN", None)
    assert paid.refunded_at is not None
    kinds = [m.kind for m in simulator.accounts()["request-1"].movements]
    assert sorted(kinds) == ["AUTOMATIC_REFUND", "PAYMENT", "PAYMENT"]


def test_an_over_session_lets_the_attempt_end_but_no_other_begin(
    simulator: Simulator,
) -> None:
    simulator.process("request-1", "GCASH")
    simulator.expire("request-1")

    with pytest.raises(ValueError, match="the session is over"):
        simulator.approve("request-1", "CARD")
    simulator.approve("request-1", "GCASH")
    assert simulator.payment("request-1").status == "SUCCESS"


def test_a_cancel_ends_all_attempts(merchant: Merchant, simulator: Simulator) -> None:
    simulator.process("request-1", "ALIPAY_CN")
    simulator.process("request-1", "GCASH")
    assert code_of(merchant.cancel()) == ("SUCCESS", "S")

    simulator.approve("request-1", "ALIPAY_CN")

    payment = simulator.payment("request-1")
    assert [a.status for a in payment.attempts] == ["SUCCESS", "CANCELLED"]
    assert payment.status == "CANCELLED"
    assert payment.attempts[0].refunded_at is not None


def test_the_window_for_cancels_is_that_of_the_chosen_method(
    merchant: Merchant, simulator: Simulator
) -> None:
    listed = [{"paymentMethodType": name} for name in ("GCASH", "BANKTRANSFER_X")]
    methods = {"availablePaymentMethod": {"paymentMethodTypeList": listed}}
    for index, method in enumerate(("GCASH", "BANKTRANSFER_X")):
        request_id = f"window-{index}"
        merchant.create_session(paymentRequestId=request_id, **ELEMENT | methods)
        simulator.approve(request_id, method)

    codes = [code_of(merchant.cancel(f"window-{index}"))[0] for index in range(2)]
    assert codes == ["SUCCESS", "CANCEL_WINDOW_EXCEED"]

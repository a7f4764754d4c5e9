"""Calls that go wrong on purpose, as a merchant sees them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import requests

from flask_antom.errors import SignatureError
from flask_antom.simulator import Simulator
from tests.simulator.merchant import API, Merchant, code_of, session_request

CREATE = API + "createPaymentSession"


def create(merchant: Merchant, timeout: float = 10) -> requests.Response:
    return merchant.post("createPaymentSession", session_request(), timeout=timeout)


def test_a_call_times_out(merchant: Merchant, simulator: Simulator) -> None:
    simulator.faults.next("createPaymentSession", "timeout")

    with pytest.raises(requests.ReadTimeout):
        create(merchant, timeout=0.2)

    assert simulator.payments() == []
    assert simulator.calls[-1].fault == "timeout"
    assert code_of(merchant.create_session()) == ("SUCCESS", "S")


def test_a_connection_is_reset(merchant: Merchant, simulator: Simulator) -> None:
    simulator.faults.next("createPaymentSession", "reset")

    with pytest.raises(requests.ConnectionError):
        create(merchant)

    assert simulator.payments() == []


def test_an_answer_is_lost_but_the_call_counts(
    merchant: Merchant, simulator: Simulator
) -> None:
    simulator.faults.next("createPaymentSession", "lost-answer")

    with pytest.raises(requests.ConnectionError):
        create(merchant)

    assert simulator.payment("request-1").status == "CREATED"


@pytest.mark.parametrize(("fault", "status"), [("http-500", 500), ("http-502", 502)])
def test_a_call_fails_in_http(
    merchant: Merchant, simulator: Simulator, fault: str, status: int
) -> None:
    simulator.faults.next("createPaymentSession", fault)

    answer = create(merchant)

    assert answer.status_code == status
    assert "signature" not in answer.headers
    assert simulator.payments() == []


def test_an_answer_is_garbage(merchant: Merchant, simulator: Simulator) -> None:
    simulator.faults.next("createPaymentSession", "garbage")

    answer = create(merchant)

    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert simulator.payments() == []


def test_an_answer_is_truncated(merchant: Merchant, simulator: Simulator) -> None:
    simulator.faults.next("createPaymentSession", "truncated")

    answer = create(merchant)

    assert answer.content.startswith(b'{"result"')
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    with pytest.raises(SignatureError):
        merchant.has_signed(answer, CREATE)
    assert len(simulator.payments()) == 1


@pytest.mark.parametrize(
    ("fault", "gone"),
    [
        ("unsigned", {"signature", "response-time", "client-id"}),
        ("half-signed", {"response-time"}),
    ],
)
def test_an_answer_lacks_its_signature(
    merchant: Merchant, simulator: Simulator, fault: str, gone: set[str]
) -> None:
    simulator.faults.next("createPaymentSession", fault)

    answer = create(merchant)

    signed = {"signature", "response-time", "client-id"}
    assert signed - {name.lower() for name in answer.headers} == gone
    assert code_of(answer.json()) == ("SUCCESS", "S")


def test_an_answer_is_signed_badly(merchant: Merchant, simulator: Simulator) -> None:
    simulator.faults.next("createPaymentSession", "bad-signature")

    answer = create(merchant)

    with pytest.raises(SignatureError, match="No key") as caught:
        merchant.has_signed(answer, CREATE)
    assert caught.value.reason == "mismatch"


def test_an_outcome_is_unknown(merchant: Merchant, simulator: Simulator) -> None:
    simulator.faults.next("createPaymentSession", "unknown")

    assert code_of(merchant.create_session()) == ("UNKNOWN_EXCEPTION", "U")
    assert simulator.payments() == []


@pytest.mark.parametrize("status", ["F", "U"])
def test_any_result_can_be_had(
    merchant: Merchant, simulator: Simulator, status: str
) -> None:
    fault = ("result", "RISK_REJECT", status)
    simulator.faults.next("createPaymentSession", fault)

    assert code_of(merchant.create_session()) == ("RISK_REJECT", status)


def test_an_answer_comes_byte_by_byte(merchant: Merchant, simulator: Simulator) -> None:
    simulator.faults.next("createPaymentSession", ("slow", 0.3))
    start = time.monotonic()

    answer = create(merchant)

    assert time.monotonic() - start > 0.2
    assert merchant.has_signed(answer, CREATE)
    assert code_of(answer.json()) == ("SUCCESS", "S")


def test_faults_happen_as_often_as_wanted_and_in_order(
    merchant: Merchant, simulator: Simulator
) -> None:
    simulator.faults.next("*", "unknown", times=2)
    simulator.faults.next("inquiryPayment", "http-500")
    assert len(simulator.faults.pending()) == 3

    inquired = merchant.post("inquiryPayment", {"paymentRequestId": "x"})
    codes = [code_of(merchant.inquire("x"))[0] for _ in range(3)]

    assert inquired.status_code == 500
    assert codes == ["UNKNOWN_EXCEPTION", "UNKNOWN_EXCEPTION", "ORDER_NOT_EXIST"]


def test_faults_can_be_forgotten(merchant: Merchant, simulator: Simulator) -> None:
    simulator.faults.next("*", "reset", times=9)
    simulator.faults.notifications("drop", times=9)
    simulator.faults.clear()

    assert simulator.faults.pending() == []
    assert code_of(merchant.create_session()) == ("SUCCESS", "S")


def test_a_scenario_lasts_for_its_time_on_the_simulated_clock(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    payment_id = simulator.payment("request-1").payment_id
    simulator.faults.scenario("refund", "PROCESS_FAIL", "F", minutes=30)

    answers = [merchant.refund(payment_id, 1000) for _ in range(3)]
    (scenario,) = simulator.faults.scenarios()
    simulator.clock.advance(minutes=30)

    assert [code_of(answer) for answer in answers] == [("PROCESS_FAIL", "F")] * 3
    assert (scenario.operation, scenario.fault.code) == ("refund", "PROCESS_FAIL")
    assert simulator.faults.scenarios() == []
    assert code_of(merchant.refund(payment_id, 1000)) == ("SUCCESS", "S")


def test_a_scenario_replaces_the_last_and_waits_for_the_next_calls(
    merchant: Merchant, simulator: Simulator
) -> None:
    faults = simulator.faults
    faults.scenario("inquiryRefund", "PROCESS_FAIL", "F")
    faults.scenario("inquiryRefund", "UNKNOWN_EXCEPTION", "U")
    faults.scenario("*", "ACCESS_DENIED", "F")
    faults.next("inquiryRefund", ("result", "RISK_REJECT", "F"))

    codes = [code_of(merchant.inquire_refund())[0] for _ in range(2)]
    assert codes == ["RISK_REJECT", "UNKNOWN_EXCEPTION"]
    assert code_of(merchant.inquire()) == ("ACCESS_DENIED", "F")
    faults.clear()
    assert code_of(merchant.inquire_refund()) == ("REFUND_NOT_EXIST", "F")


@pytest.mark.parametrize(
    "arguments",
    [
        ("pay", "PROCESS_FAIL", "F", 30),
        ("refund", "", "F", 30),
        ("refund", "SUCCESS", "S", 30),
        ("refund", "PROCESS_FAIL", "F", 0),
    ],
)
def test_a_scenario_that_there_is_not_is_refused(
    simulator: Simulator, arguments: tuple[str, str, str, float]
) -> None:
    with pytest.raises(ValueError, match=r"use one of|more than 0"):
        simulator.faults.scenario(*arguments)


@pytest.mark.parametrize("operation", ["capture", "refund", "inquiryRefund"])
def test_the_next_calls_of_every_operation_can_be_scripted(
    merchant: Merchant, simulator: Simulator, operation: str
) -> None:
    simulator.faults.next(operation, ("result", "UNKNOWN_EXCEPTION", "U"), times=3)

    codes = [merchant.call(operation, {})["result"]["resultCode"] for _ in range(4)]

    assert codes == ["UNKNOWN_EXCEPTION"] * 3 + ["PARAM_ILLEGAL"]


def test_a_refund_whose_answer_is_lost_is_not_made_twice(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    payment_id = simulator.payment("request-1").payment_id
    simulator.faults.next("refund", "lost-answer")

    with pytest.raises(requests.ConnectionError):
        merchant.refund(payment_id, 4200)

    assert code_of(merchant.refund(payment_id, 4200)) == ("SUCCESS", "S")
    assert simulator.accounts()["request-1"].refunded.value == 4200
    assert [call.request_id for call in simulator.calls[-2:]] == ["refund1"] * 2


@pytest.mark.parametrize(
    "add",
    [
        lambda faults: faults.next("pay", "reset"),
        lambda faults: faults.next("cancel", "explode"),
        lambda faults: faults.next("cancel", "result"),
        lambda faults: faults.next("cancel", ("result", "", "F")),
        lambda faults: faults.next("cancel", ("result", "PROCESS_FAIL", "S")),
        lambda faults: faults.next("cancel", ("slow", "long")),
    ],
)
def test_a_fault_that_there_is_not_is_refused(
    simulator: Simulator, add: Callable[[object], None]
) -> None:
    with pytest.raises(ValueError, match="use one of"):
        add(simulator.faults)


def test_without_a_connection_hanging_up_is_an_exception(
    simulator: Simulator,
) -> None:
    simulator.app.testing = True
    simulator.faults.next("cancel", "reset")

    with pytest.raises(ConnectionResetError):
        simulator.app.test_client().post(API + "cancel")

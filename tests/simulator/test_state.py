"""The state that survives a restart."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from flask_antom.domain.money import Money
from flask_antom.simulator import Simulator
from tests.simulator.merchant import (
    CARD,
    MANUAL,
    PAGE,
    Json,
    Letterbox,
    Merchant,
    code_of,
    session_request,
)
from tests.support.keys import MERCHANT_PUBLIC_KEY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


def session(letterbox: Letterbox) -> Json:
    return session_request(paymentNotifyUrl=letterbox.url)


def start(file: Path) -> Simulator:
    return Simulator(MERCHANT_PUBLIC_KEY, state_file=file)


def test_payments_survive_a_restart(file: Path, letterbox: Letterbox) -> None:
    before = start(file)
    with before.serve() as server:
        merchant = Merchant(server.url)
        answer = merchant.post("createPaymentSession", session(letterbox)).json()
        before.approve("request-1")
        before.notifier.drain()

    after = start(file)

    payment = after.payment("request-1")
    assert payment.amount == Money(4200, "MYR")
    assert payment.status == "SUCCESS"
    assert payment.attempts == before.payment("request-1").attempts
    assert payment.session_id == answer["paymentSessionId"]
    assert after.deliveries == before.deliveries
    assert after.public_key == before.public_key


def test_a_repeat_comes_after_a_restart(file: Path, letterbox: Letterbox) -> None:
    before = start(file)
    letterbox.answers = [(500, {})]
    with before.serve() as server:
        Merchant(server.url).post("createPaymentSession", session(letterbox))
        before.approve("request-1")
        before.notifier.drain()

    after = start(file)
    assert len(letterbox.received) == 1
    after.clock.advance(minutes=2)

    assert letterbox.results == [("PAYMENT_RESULT", "S")] * 2
    assert [delivery.attempt for delivery in after.deliveries] == [1, 2]


def test_closing_and_capture_come_after_a_restart(
    file: Path, letterbox: Letterbox
) -> None:
    before = start(file)
    with before.serve() as server:
        merchant = Merchant(server.url)
        merchant.post("createPaymentSession", session(letterbox))
        merchant.post(
            "createPaymentSession",
            session(letterbox) | {"paymentRequestId": "request-2"} | CARD,
        )
        before.faults.notifications("drop", times=9)
        before.process("request-1")
    before.approve("request-2")

    after = start(file)
    after.clock.advance(minutes=14)

    assert after.payment("request-1").status == "FAIL"
    assert after.payment("request-2").attempts[0].captured


def test_captures_and_refunds_survive_a_restart(
    file: Path, letterbox: Letterbox
) -> None:
    before = start(file)
    with before.serve() as server:
        merchant = Merchant(server.url, before.public_key)
        merchant.post("createPaymentSession", session(letterbox) | MANUAL)
        before.approve("request-1")
        payment_id = before.payment("request-1").payment_id
        captured = merchant.capture(payment_id, 3000, captureType="NON_FINAL")
        before.refunds_in_process = True
        merchant.refund(payment_id, 1000, refundNotifyUrl=letterbox.url)
        before.capture_fails("request-1")
        before.notifier.drain()

    after = start(file)
    assert after.accounts() == before.accounts()
    after.finish_refund("refund1")
    after.clock.advance(days=8)

    with after.serve() as server:
        merchant = Merchant(server.url, after.public_key)
        again = merchant.capture(payment_id, 3000, captureType="NON_FINAL")
        assert again == captured
        late = merchant.capture(payment_id, 1, captureRequestId="capture2")
        assert code_of(late) == ("AUTH_EXPIRED", "F")
    assert letterbox.results[-1] == ("REFUND_RESULT", "S")


def test_a_choice_of_methods_survives_a_restart(file: Path) -> None:
    before = start(file)
    with before.serve() as server:
        merchant = Merchant(server.url, before.public_key)
        merchant.create_session(**PAGE)
        before.decline("request-1", method="CARD")
        before.process("request-1", method="ALIPAY_CN")

    payment = start(file).payment("request-1")

    assert payment.scene == "CHECKOUT_PAYMENT"
    assert payment.methods == ["GCASH", "CARD", "ALIPAY_CN"]
    assert payment.attempts == before.payment("request-1").attempts
    assert [a.method for a in payment.attempts] == ["CARD", "ALIPAY_CN"]


def test_a_file_of_the_time_before_choices_is_read(file: Path) -> None:
    before = start(file)
    with before.serve() as server:
        Merchant(server.url).post("createPaymentSession", session_request())
        before.approve("request-1")
    state = json.loads(file.read_text())
    (payment,) = state["payments"]
    payment["method"] = payment.pop("methods")[0]
    del payment["scene"], payment["challenges"], payment["attempts"][0]["method"]
    file.write_text(json.dumps(state))

    after = start(file)

    assert after.payment("request-1").methods == ["GCASH"]
    assert after.payment("request-1").attempts == before.payment("request-1").attempts


def test_the_clock_stays_wound(file: Path) -> None:
    start(file).clock.advance(days=3)

    assert start(file).clock.offset > timedelta(days=2, hours=23)


def test_the_file_is_for_its_owner_only(file: Path) -> None:
    start(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"private_key": null}'])
def test_a_file_that_is_no_state_is_refused(file: Path, text: str) -> None:
    file.write_text(text)

    with pytest.raises(ValueError, match=r"state\.json is not a state file"):
        start(file)

"""The shop cancels, and what came of it is found out, whatever answer is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing

import pytest

from flask_antom.errors import DeliveryFailed, OutcomeUnknown, Refused
from flask_antom.gateway.http import Reply
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Simulator
from tests.integration.actions import act, make_due, refund, refunds, review_reasons
from tests.support.in_process import send_to
from tests.support.shop import Shopfront, make_shop

pytestmark = pytest.mark.every_database


@pytest.fixture
def paid(shop: Shopfront, simulator: Simulator) -> str:
    """A paid payment of 42.00 MYR; gives its request id."""
    request_id = begin(shop)
    simulator.approve(request_id)
    act(shop, "sync")
    return request_id


def begin(shop: Shopfront) -> str:
    return str((shop.pay().json or {})["paymentRequestId"])


def cancel_in_doubt(
    shop: Shopfront, simulator: Simulator, fault: str = "reset"
) -> None:
    """Cancel; whether Antom has received it depends on the fault."""
    simulator.faults.next("cancel", fault, times=99)
    with pytest.raises(OutcomeUnknown):
        act(shop, "cancel")
    simulator.faults.clear()


def test_cancel_of_a_refunded_payment_is_refused(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    refund(shop, 1000)
    with pytest.raises(Refused, match="PROCESS_FAIL"):
        act(shop, "cancel")
    assert shop.payments()[0].status == "succeeded"
    assert shop.payments()[0].cancel_asked_at is None


def test_cancel_too_late_says_refund_instead(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    simulator.clock.advance(minutes=60 * 49)
    with pytest.raises(Refused, match="CANCEL_WINDOW_EXCEED") as caught:
        act(shop, "cancel")
    assert "refund" in " ".join(caught.value.__notes__)
    refund(shop)
    assert refunds(shop) == [("succeeded", 4200)]


def test_a_cancel_in_time_undoes_the_payment(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    act(shop, "cancel")
    assert shop.payments()[0].status == "cancelled"


@pytest.mark.parametrize("fault", ["lost-answer", "reset"])
def test_the_sweep_finds_out_or_does_again_a_cancel_whose_outcome_is_unknown(
    shop: Shopfront, simulator: Simulator, paid: str, fault: str
) -> None:
    cancel_in_doubt(shop, simulator, fault)
    assert shop.payments()[0].status == "succeeded"
    make_due(shop)
    assert shop.sweep().payments == 1
    assert shop.payments()[0].status == "cancelled"
    assert simulator.accounts()[paid].status == "CANCELLED"
    assert review_reasons(shop) == []


def test_a_failing_receiver_does_not_keep_the_sweep_from_cancelling(
    shop: Shopfront, simulator: Simulator
) -> None:
    def fail(app: object, payment: object, **extra: object) -> None:
        raise RuntimeError("This receiver was told to fail.")

    shop.connect(payment_succeeded, fail)
    request_id = begin(shop)
    simulator.approve(request_id)
    with pytest.raises(DeliveryFailed):
        act(shop, "sync")
    cancel_in_doubt(shop, simulator)
    make_due(shop)
    shop.sweep()
    assert shop.payments()[0].status == "cancelled"
    assert simulator.accounts()[request_id].status == "CANCELLED"


def test_a_cancel_is_asked_about_until_its_outcome_is_known(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    cancel_in_doubt(shop, simulator)
    for _ in range(2):
        simulator.faults.next("cancel", "reset", times=99)
        make_due(shop)
        assert shop.sweep().failed == 1
        simulator.faults.clear()
    (payment,) = shop.payments()
    assert payment.cancel_asked_at is not None
    assert payment.inquire_at is not None
    make_due(shop)
    shop.sweep()
    assert shop.payments()[0].status == "cancelled"


def test_a_cancel_that_antom_refuses_when_asked_again_is_for_a_person(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    cancel_in_doubt(shop, simulator)
    simulator.clock.advance(days=2)
    make_due(shop)
    summary = shop.sweep()
    assert (summary.payments, summary.failed) == (1, 0)
    (payment,) = shop.payments()
    assert (payment.status, payment.cancel_asked_at) == ("succeeded", None)
    assert payment.inquire_at is None
    assert review_reasons(shop) == [f"cancel_failed {payment.payment_id}"]


def test_what_was_to_close_a_payment_does_not_undo_it_once_it_is_paid(
    shop: Shopfront, simulator: Simulator
) -> None:
    request_id = begin(shop)
    simulator.process(request_id)
    cancel_in_doubt(shop, simulator)
    simulator.approve(request_id)
    act(shop, "sync")
    for _ in range(2):
        make_due(shop)
        shop.sweep()
    (payment,) = shop.payments()
    assert (payment.status, payment.cancel_asked_at) == ("succeeded", None)
    assert payment.inquire_at is None
    assert simulator.accounts()[request_id].status == "SUCCESS"


def test_what_closed_a_payment_that_was_paid_just_before_is_found_out(
    shop: Shopfront, simulator: Simulator
) -> None:
    request_id = begin(shop)
    simulator.process(request_id)
    simulator.approve(request_id)  # its notification is lost
    cancel_in_doubt(shop, simulator, "lost-answer")
    make_due(shop)
    shop.sweep()
    assert shop.payments()[0].status == "cancelled"
    assert shop.fulfilled() == 0


@pytest.mark.parametrize(
    ("fault", "status"), [("lost-answer", "cancelled"), ("reset", "succeeded")]
)
def test_a_success_is_not_believed_while_nobody_knows_whether_the_cancel_took_effect(
    shop: Shopfront, simulator: Simulator, fault: str, status: str
) -> None:
    request_id = begin(shop)
    simulator.process(request_id)
    cancel_in_doubt(shop, simulator, fault)
    simulator.approve(request_id)
    body = json.dumps(simulator.payment(request_id).notifications[-1].body).encode()
    headers = simulator.signed_notification(body, "/antom/notify")
    client = shop.app.test_client()
    answer = client.post("/antom/notify", data=body, headers=headers)
    assert answer.status_code == 200
    assert (shop.payments()[0].status, shop.fulfilled()) == ("processing", 0)
    make_due(shop)
    shop.sweep()
    assert shop.payments()[0].status == status
    assert shop.fulfilled() == (status == "succeeded")


def test_a_cancel_counts_although_a_twin_of_it_was_refused(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    send = send_to(simulator)

    def send_beside_a_twin(
        url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        reply = send(url, headers, body, seconds)
        simulator.faults.next("cancel", ("result", "PROCESS_FAIL", "F"))
        with pytest.raises(Refused):
            act(shop, "cancel")
        return reply

    with closing(make_shop(shop.settings, send=send_beside_a_twin)) as other:
        act(other, "cancel")
    (payment,) = shop.payments()
    assert payment.status == "cancelled"
    assert payment.cancel_asked_at is not None  # a late success stays cancelled
    assert review_reasons(shop) == []

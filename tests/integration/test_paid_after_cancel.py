"""Money that comes although the shop has cancelled the payment."""

from __future__ import annotations

from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import OutcomeUnknown, Refused
from flask_antom.simulator import Simulator
from tests.integration.actions import act, make_due, refund, refunds, review_reasons
from tests.support.gateways import SUCCESS
from tests.support.offline import GUIDE, SESSION, OfflineShop, failed
from tests.support.shop import Shopfront

pytestmark = pytest.mark.every_database

ID, PAYMENT_ID = GUIDE["paymentRequestId"], GUIDE["paymentId"]
AMOUNT = {"value": "4200", "currency": "MYR"}
REASON = f"paid_after_cancel {PAYMENT_ID}"


def paid(**changes: Any) -> dict[str, Any]:
    """Return an inquiry's answer that says that the payment is paid."""
    return {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentRequestId": ID,
        "paymentId": PAYMENT_ID,
        "paymentAmount": AMOUNT,
    } | changes


@pytest.fixture
def cancelled(offline: OfflineShop) -> OfflineShop:
    """A payment whose cancel Antom has confirmed."""
    offline.add_payment()
    offline.answers["cancel"] = {"result": SUCCESS}
    act(offline.shop, "cancel")
    assert offline.shop.payments()[0].status == "cancelled"
    return offline


def test_a_late_notification_of_success_stays_cancelled(cancelled: OfflineShop) -> None:
    assert cancelled.notify().status_code == 200
    assert cancelled.shop.payments()[0].status == "cancelled"
    assert cancelled.signals == [("payment_cancelled", ID)]


def test_an_inquiry_that_finds_the_money_is_for_a_person(
    cancelled: OfflineShop,
) -> None:
    shop = cancelled.shop
    cancelled.notify()
    cancelled.answers["inquiryPayment"] = paid()
    for _ in range(2):
        act(shop, "sync")
    (payment,) = shop.payments()
    assert (payment.status, payment.captured) == ("review", Money(4200, "MYR"))
    assert review_reasons(shop) == [REASON]
    assert shop.pay().status_code == 409
    cancelled.answers["refund"] = {"result": SUCCESS, "refundId": "D-1"}
    refund(shop)
    assert refunds(shop) == [("succeeded", 4200)]
    assert shop.payments()[0].is_given_back
    assert shop.fulfilled() == 0


def test_the_sweep_does_not_cancel_again_what_a_person_looks_at(
    cancelled: OfflineShop,
) -> None:
    cancelled.answers["inquiryPayment"] = paid()
    act(cancelled.shop, "sync")
    cancelled.calls.clear()
    make_due(cancelled.shop)
    cancelled.shop.sweep()
    assert cancelled.calls == []
    (payment,) = cancelled.shop.payments()
    assert (payment.status, payment.cancel_asked_at) == ("review", None)


def test_money_that_antom_has_returned_by_a_refund_is_not_there(
    cancelled: OfflineShop,
) -> None:
    returned = {
        "transactionType": "REFUND",
        "transactionStatus": "SUCCESS",
        "transactionId": "D-1",
        "transactionAmount": AMOUNT,
    }
    cancelled.answers["inquiryPayment"] = paid(transactions=[returned])
    act(cancelled.shop, "sync")
    assert cancelled.shop.payments()[0].status == "cancelled"
    assert review_reasons(cancelled.shop) == []


def test_an_answer_that_is_older_than_the_cancel_is_not_believed(
    offline: OfflineShop,
) -> None:
    offline.add_payment()
    offline.notify()
    offline.answers["cancel"] = {"result": SUCCESS}

    def cancel_meanwhile() -> dict[str, Any]:
        act(offline.shop, "cancel")
        return paid()

    offline.answers["inquiryPayment"] = cancel_meanwhile
    act(offline.shop, "sync")
    assert offline.shop.payments()[0].status == "cancelled"
    assert review_reasons(offline.shop) == []


def cancel_unknown(offline: OfflineShop, code: str = "ORDER_NOT_EXIST") -> None:
    """Cancel a payment that nobody has begun, which Antom does not know."""
    offline.answers["cancel"] = {"result": failed(code)}
    with pytest.raises(Refused, match=code):
        act(offline.shop, "cancel")


@pytest.mark.parametrize("times", [1, 2])
def test_what_the_shop_cancelled_before_antom_knew_it_is_for_a_person_if_paid(
    offline: OfflineShop, times: int
) -> None:
    offline.add_payment()
    for _ in range(times):
        cancel_unknown(offline)
    assert offline.shop.payments()[0].status == "created"
    offline.notify()
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.captured) == ("review", Money(4200, "MYR"))
    assert review_reasons(offline.shop) == [REASON]
    assert offline.signals == [("payment_needs_review", ID)]
    offline.answers["refund"] = {"result": SUCCESS, "refundId": "D-1"}
    refund(offline.shop)
    assert refunds(offline.shop) == [("succeeded", 4200)]


@pytest.mark.parametrize("status", ["FAIL", "CANCELLED", "PENDING", "PROCESSING"])
def test_it_is_for_a_person_whatever_became_of_the_session_before(
    offline: OfflineShop, status: str
) -> None:
    offline.add_payment()
    cancel_unknown(offline)
    offline.answers["inquiryPayment"] = paid(paymentStatus=status)
    act(offline.shop, "sync")
    offline.notify()
    assert offline.shop.payments()[0].status == "review"
    assert review_reasons(offline.shop) == [REASON]


def test_another_refusal_of_a_cancel_leaves_a_payment_as_it_was(
    offline: OfflineShop,
) -> None:
    offline.add_payment()
    cancel_unknown(offline, "PROCESS_FAIL")
    offline.notify()
    assert offline.signals == [("payment_succeeded", ID)]


def test_another_refusal_later_does_not_take_back_what_the_shop_has_cancelled(
    offline: OfflineShop,
) -> None:
    offline.add_payment()
    cancel_unknown(offline)
    cancel_unknown(offline, "PROCESS_FAIL")
    offline.notify()
    assert review_reasons(offline.shop) == [REASON]


@pytest.mark.parametrize("source", ["notification", "inquiry"])
def test_an_unknown_outcome_later_does_not_take_it_back_either(
    offline: OfflineShop, source: str
) -> None:
    offline.add_payment()
    cancel_unknown(offline)
    del offline.answers["cancel"]
    with pytest.raises(OutcomeUnknown):
        act(offline.shop, "cancel")
    offline.answers["inquiryPayment"] = paid()
    if source == "inquiry":
        act(offline.shop, "sync")
    else:
        offline.notify()
    assert review_reasons(offline.shop) == [REASON]


def test_a_cancel_that_antom_confirms_later_stands(offline: OfflineShop) -> None:
    offline.add_payment()
    cancel_unknown(offline)
    offline.answers["cancel"] = {"result": SUCCESS}
    act(offline.shop, "cancel")
    offline.notify()
    assert offline.shop.payments()[0].status == "cancelled"
    assert review_reasons(offline.shop) == []


def test_the_order_can_still_be_paid_in_another_session(offline: OfflineShop) -> None:
    shop = offline.shop
    offline.answers["createPaymentSession"] = SESSION
    first = (shop.pay().json or {})["paymentRequestId"]
    cancel_unknown(offline)
    offline.answers["inquiryPayment"] = {"result": failed("ORDER_NOT_EXIST")}
    second = shop.pay()
    assert second.status_code == 201
    second_id = (second.json or {})["paymentRequestId"]
    assert second_id != first
    offline.notify(paymentRequestId=second_id)
    assert [row.status for row in shop.payments()] == ["created", "succeeded"]


def test_an_attempt_that_the_checkout_closed_still_pays_its_order(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay(method="GCASH").json or {})["paymentRequestId"]
    shop.pay(method="DANA")
    simulator.approve(first)
    act(shop, "sync")
    assert shop.payments()[0].status == "succeeded"
    assert shop.fulfilled() == 1

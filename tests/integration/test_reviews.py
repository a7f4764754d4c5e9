"""Money that came, but not as it should: a person finds it, and gives it back."""

from __future__ import annotations

from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import NotPossible, OutcomeUnknown
from flask_antom.simulator import Simulator
from tests.integration.actions import act, make_due, refund, refund_notice, refunds
from tests.support.gateways import SUCCESS
from tests.support.offline import OfflineShop, capture_notice
from tests.support.shop import Shopfront

pytestmark = pytest.mark.every_database

NOTHING = Money(0, "MYR")


def begin(shop: Shopfront, method: str = "GCASH") -> str:
    return str((shop.pay(method=method).json or {})["paymentRequestId"])


def sync_all(shop: Shopfront) -> None:
    with shop.app.app_context():
        model = shop.antom.Payment
        oldest_first = shop.db.select(model).order_by(model.id)
        for payment in shop.db.session.scalars(oldest_first).all():
            shop.antom.sync(payment)


@pytest.fixture
def paid_twice(shop: Shopfront, simulator: Simulator) -> str:
    """An order that was paid in two sessions; gives the request id of the second
    payment, which is the older attempt: it had failed once."""
    older = begin(shop)
    simulator.decline(older)
    act(shop, "sync")
    newer = begin(shop)
    simulator.approve(newer)
    sync_all(shop)
    simulator.approve(older)
    sync_all(shop)
    assert [row.status for row in shop.payments()] == ["review", "succeeded"]
    return older


def test_what_was_paid_a_second_time_is_given_back(
    shop: Shopfront, simulator: Simulator, paid_twice: str
) -> None:
    payment = shop.payments()[0]
    assert payment.payment_id == simulator.accounts()[paid_twice].payment_id
    assert payment.captured == Money(4200, "MYR")
    refund(shop)
    assert simulator.accounts()[paid_twice].refunded == Money(4200, "MYR")
    older, newer = shop.payments()
    assert (older.status, older.refunded) == ("review", Money(4200, "MYR"))
    assert (newer.status, newer.refunded) == ("succeeded", NOTHING)
    assert shop.fulfilled() == 1
    with pytest.raises(NotPossible, match=r"0\.00 MYR"):
        refund(shop, again=True)


def test_a_cancel_ends_a_review(
    shop: Shopfront, simulator: Simulator, paid_twice: str
) -> None:
    act(shop, "cancel")
    assert [row.status for row in shop.payments()] == ["cancelled", "succeeded"]
    assert simulator.accounts()[paid_twice].status == "CANCELLED"


@pytest.mark.parametrize("fault", ["lost-answer", "reset"])
def test_a_cancel_of_what_is_in_review_is_finished_by_the_sweep(
    shop: Shopfront, simulator: Simulator, paid_twice: str, fault: str
) -> None:
    simulator.faults.next("cancel", fault, times=99)
    with pytest.raises(OutcomeUnknown):
        act(shop, "cancel")
    simulator.faults.clear()
    make_due(shop)
    shop.sweep()
    assert [row.status for row in shop.payments()] == ["cancelled", "succeeded"]
    assert simulator.accounts()[paid_twice].status == "CANCELLED"


@pytest.mark.parametrize("is_captured", [False, True])
def test_a_card_in_review_shows_what_was_captured(
    shop: Shopfront, simulator: Simulator, is_captured: bool
) -> None:
    older = begin(shop, "CARD")
    simulator.decline(older)
    act(shop, "sync")
    simulator.approve(begin(shop))
    sync_all(shop)
    simulator.approve(older)
    act(shop, "sync")
    assert (shop.payments()[0].status, shop.payments()[0].captured) == (
        "review",
        NOTHING,
    )
    if is_captured:
        simulator.clock.advance(seconds=3)
        act(shop, "sync")
        assert shop.payments()[0].captured == Money(4200, "MYR")
        refund(shop)
        assert simulator.accounts()[older].refunded == Money(4200, "MYR")
    else:
        with pytest.raises(NotPossible, match="cancel the payment"):
            refund(shop)
        act(shop, "cancel")
        assert shop.payments()[0].status == "cancelled"


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.answers["createPaymentSession"] = {
        "result": SUCCESS,
        "paymentSessionData": "data",
        "paymentSessionExpiryTime": "2099-01-01T00:00:00Z",
    }
    return offline


def pay_wrongly(
    offline: OfflineShop, value: str = "4100", currency: str = "MYR"
) -> Any:
    """Pay the order with another amount, and return the payment."""
    offline.add_payment()
    offline.notify(paymentAmount={"value": value, "currency": currency})
    (payment,) = offline.shop.payments()
    assert payment.status == "review"
    assert offline.shop.pay().status_code == 409
    return payment


def test_just_the_amount_that_came_is_given_back_and_the_order_is_free_again(
    offline: OfflineShop,
) -> None:
    assert pay_wrongly(offline).captured == Money(4100, "MYR")
    offline.answers["refund"] = {"result": SUCCESS, "refundId": "D-1"}
    with pytest.raises(NotPossible, match=r"41\.00 MYR"):
        refund(offline.shop, 4200)
    refund(offline.shop)
    assert refunds(offline.shop) == [("succeeded", 4100)]
    assert offline.shop.pay().status_code == 201


def test_a_refund_in_the_dashboard_frees_the_order(offline: OfflineShop) -> None:
    payment = pay_wrongly(offline)
    notice = refund_notice("dashboard1", 4100, paymentId=payment.payment_id)
    assert offline.notify(notice).status_code == 200
    assert offline.shop.payments()[0].refunded == Money(4100, "MYR")
    assert offline.shop.pay().status_code == 201


def test_what_came_in_another_currency_is_cancelled_or_refunded_in_the_dashboard(
    offline: OfflineShop,
) -> None:
    assert pay_wrongly(offline, "4200", "PHP").captured == NOTHING
    with pytest.raises(NotPossible, match="Dashboard"):
        refund(offline.shop)
    offline.answers["cancel"] = {"result": SUCCESS}
    act(offline.shop, "cancel")
    assert offline.shop.payments()[0].status == "cancelled"
    assert offline.shop.pay().status_code == 201


def test_a_review_ends_when_antom_says_that_it_is_cancelled(
    offline: OfflineShop,
) -> None:
    payment = pay_wrongly(offline)
    offline.answers["inquiryPayment"] = {
        "result": SUCCESS,
        "paymentStatus": "CANCELLED",
        "paymentRequestId": payment.request_id,
        "paymentId": payment.payment_id,
    }
    act(offline.shop, "sync")
    assert offline.shop.payments()[0].status == "cancelled"
    assert offline.signals[-1] == ("payment_cancelled", payment.request_id)


def test_too_much_that_was_captured_is_given_back(offline: OfflineShop) -> None:
    offline.add_payment(method="CARD")
    offline.notify()
    (payment,) = offline.shop.payments()
    for number, value in ((1, "4200"), (2, "1000")):
        amount = {"value": value, "currency": "MYR"}
        notice = capture_notice(
            payment.payment_id, captureId=f"C{number}", captureAmount=amount
        )
        assert offline.notify(notice).status_code == 200
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.captured) == ("succeeded", Money(5200, "MYR"))
    assert offline.signals[-1] == ("payment_needs_review", payment.request_id)
    offline.answers["refund"] = {"result": SUCCESS, "refundId": "D-1"}
    refund(offline.shop, 1000)
    assert refunds(offline.shop) == [("succeeded", 1000)]

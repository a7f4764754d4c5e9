"""Buying in the example shop, as buyers do it. Each order is fulfilled once."""

from __future__ import annotations

from playwright.sync_api import expect

from flask_antom.i18n.english import CHECKOUT, RESULT
from tests.browser.example_shop.buyer import Buyer
from tests.browser.example_shop.conftest import with_and_without_turbo
from tests.browser.example_shop.records import Records

pytestmark = with_and_without_turbo


def test_a_payment_in_the_pop_up_fulfils_the_order(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders("teapot", quantity=2)
    buyer.chooses("GCash")
    buyer.pays()
    expect(buyer.cashier.locator("dl")).to_contain_text("258.00")
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    buyer.page.get_by_role("link", name="See your order").click()
    buyer.sees("Paid, being packed")
    records.assert_fulfilled_once(reference, "teapot")
    assert records.session.order_reference == reference
    assert str(records.session.amount) == "258.00 MYR"


def test_a_failure_may_be_followed_by_success_in_the_same_session(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.chooses("Alipay")
    buyer.pays()
    buyer.presses_in_wallet("Decline")
    buyer.sees_result(RESULT["failed"].heading)
    assert records.purchase(reference).fulfilled_at is None

    buyer.page.go_back()
    records.pass_time(minutes=1)
    buyer.presses_in_wallet("Pay")

    buyer.sees_result("Payment received")
    assert [attempt.status for attempt in records.session.attempts] == [
        "FAIL",
        "SUCCESS",
    ]
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_who_left_the_cashier_gets_the_same_session_again(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.pays()
    buyer.leaves_the_cashier()
    buyer.sees(CHECKOUT["cancelled"])

    buyer.pays()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    assert [answer.status for answer in buyer.sessions] == [201, 200]
    assert records.session.status == "SUCCESS"
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_the_cancel_link_of_the_cashier_lets_the_buyer_pay_again(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.pays()
    buyer.presses("Cancel and go back to the shop")
    buyer.sees(CHECKOUT["cancelled"])

    buyer.pays()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    assert len(records.session.attempts) == 1
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_the_result_page_follows_a_payment_that_takes_its_time(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.pays()
    buyer.presses("Hang")
    buyer.sees_result("Waiting for your payment provider")
    assert records.purchase(reference).fulfilled_at is None

    records.simulator.faults.next("inquiryPayment", "http-500", times=50)
    records.simulator.approve(records.session.request_id)
    records.simulator.notifier.drain()

    buyer.sees_result("Payment received")
    assert [notice.outcome for notice in records.notifications()] == ["applied"]
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_a_pending_payment_is_not_a_paid_one(buyer: Buyer, records: Records) -> None:
    reference = buyer.orders()
    buyer.pays()
    buyer.presses("Finish later")
    buyer.sees_result("Your payment is on its way")
    buyer.page.get_by_role("link", name="Back to your order").click()
    buyer.sees("Waiting for payment")
    buyer.page.get_by_role("link", name="See how it stands").click()
    buyer.sees_result("Your payment is on its way")

    records.simulator.approve(records.session.request_id)
    records.simulator.notifier.drain()

    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_a_tab_closed_at_the_bank_loses_nothing(buyer: Buyer, records: Records) -> None:
    reference = buyer.orders()
    buyer.chooses("FPX online banking")
    buyer.pays()
    buyer.presses_in_wallet("Pay and close the tab")
    expect(buyer.page.get_by_role("heading", level=1)).to_have_text("Paid")
    another_tab = buyer.page.context.new_page()
    buyer.page.close()
    records.simulator.notifier.drain()

    assert [notice.outcome for notice in records.notifications()] == ["applied"]
    assert "inquiryPayment" not in [call.operation for call in records.simulator.calls]
    records.assert_fulfilled_once(reference)
    buyer.page = another_tab
    buyer.sees_order_paid(reference)


def test_a_card_is_fulfilled_when_its_money_is_captured(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.chooses("Card")
    buyer.pays()
    buyer.presses("Pay")
    buyer.page.wait_for_url("**/antom/result/*")
    records.simulator.clock.advance(seconds=2)

    buyer.sees_result("Payment received")
    (payment,) = records.payments()
    assert str(payment.captured) == "42.00 MYR"
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)

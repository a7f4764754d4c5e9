"""Buying in the example shop when something goes wrong."""

from __future__ import annotations

from playwright.sync_api import expect

from flask_antom.i18n.english import CHECKOUT, RESULT
from tests.browser.example_shop.buyer import Buyer
from tests.browser.example_shop.conftest import with_and_without_turbo
from tests.browser.example_shop.records import Records
from tests.browser.payment_form import PAY

pytestmark = with_and_without_turbo


def test_a_lost_notification_is_made_up_for_by_asking(
    buyer: Buyer, records: Records
) -> None:
    records.simulator.faults.notifications("drop")
    reference = buyer.orders()
    buyer.pays()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    assert records.notifications() == []
    assert "inquiryPayment" in [call.operation for call in records.simulator.calls]
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)
    assert len(records.notifications()) == 1


def test_a_declined_buyer_pays_by_another_method(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.chooses("Touch 'n Go eWallet")
    buyer.pays()
    buyer.presses("Decline")
    buyer.sees(CHECKOUT["balance"])

    buyer.chooses("GCash")
    buyer.pays()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    paid, declined = records.simulator.payments()
    assert (declined.method, declined.status) == ("TNG", "FAIL")
    assert (paid.method, paid.status) == ("GCASH", "SUCCESS")
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_a_double_click_opens_one_session(buyer: Buyer, records: Records) -> None:
    reference = buyer.orders()
    buyer.page.get_by_role("button", name=PAY).dblclick()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    assert [answer.status for answer in buyer.sessions] == [201]
    assert records.session.status == "SUCCESS"
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_an_order_that_changed_is_paid_at_its_new_price(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.pays()
    buyer.leaves_the_cashier()
    records.change_quantity(reference, 3)
    buyer.page.reload()

    buyer.pays()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    new, old = records.simulator.payments()
    assert (str(old.amount), old.status) == ("42.00 MYR", "CREATED")
    assert (str(new.amount), new.status) == ("126.00 MYR", "SUCCESS")
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_a_session_that_ran_out_is_replaced_by_a_new_one(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.pays()
    buyer.cashier_button("Pay").wait_for()
    records.pass_time(hours=2)
    buyer.presses("Pay")
    buyer.sees_result(RESULT["expired"].heading)

    buyer.page.get_by_role("link", name="Back to your order").click()
    buyer.page.get_by_role("link", name="Pay MYR 42.00").click()
    buyer.pays()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    assert [answer.status for answer in buyer.sessions] == [201, 201]
    assert [row.status for row in records.payments()] == ["expired", "succeeded"]
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_a_cashier_that_closed_meanwhile_can_be_opened_anew(
    buyer: Buyer, records: Records
) -> None:
    reference = buyer.orders()
    buyer.pays()
    buyer.leaves_the_cashier()
    records.pass_time(hours=1)

    buyer.pays()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    assert [answer.status for answer in buyer.sessions] == [201, 201]
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_a_paid_order_is_not_paid_twice(buyer: Buyer, records: Records) -> None:
    reference = buyer.orders()
    late_tab = buyer.page.context.new_page()
    late_tab.goto(buyer.page.url)
    buyer.pays()
    buyer.presses("Pay")
    buyer.sees_result("Payment received")

    late_tab.get_by_role("button", name=PAY).click()

    expect(late_tab.get_by_role("status")).to_have_text(CHECKOUT["paid"])
    assert records.session.status == "SUCCESS"
    records.assert_fulfilled_once(reference)


def test_antom_out_of_order_leaves_the_buyer_with_words(
    buyer: Buyer, records: Records
) -> None:
    refusal = ("result", "MERCHANT_BALANCE_NOT_ENOUGH", "F")
    records.simulator.faults.next("createPaymentSession", refusal)
    reference = buyer.orders()
    buyer.pays()
    buyer.sees(CHECKOUT["refused"])

    buyer.pays()
    buyer.presses("Pay")

    buyer.sees_result("Payment received")
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)

"""Other browsers than a desktop one with everything switched on."""

from __future__ import annotations

from playwright.sync_api import expect

from example_app.demo import Demo
from tests.browser.conftest import OpenContext
from tests.browser.example_shop.buyer import Buyer
from tests.browser.example_shop.conftest import with_and_without_turbo
from tests.browser.example_shop.records import Records
from tests.browser.payment_form import PAY

pytestmark = with_and_without_turbo

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "user_agent": (
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/130.0.0.0 Mobile Safari/537.36"
    ),
}


def test_a_phone_pays_by_touch(
    open_context: OpenContext, demo: Demo, records: Records
) -> None:
    page = open_context(**PHONE).new_page()
    buyer = Buyer(page, demo)
    reference = buyer.orders()
    pay = page.get_by_role("button", name=PAY)
    expect(pay).to_be_enabled()
    expect(pay).to_be_in_viewport(ratio=1)
    page.get_by_text("GCash", exact=True).tap()
    pay.tap()
    buyer.cashier_button("Pay").tap()

    buyer.sees_result("Payment received")
    buyer.sees_order_paid(reference)
    records.assert_fulfilled_once(reference)


def test_no_page_is_wider_than_a_phone(open_context: OpenContext, demo: Demo) -> None:
    page = open_context(**PHONE).new_page()
    buyer = Buyer(page, demo)
    reference = buyer.orders()
    for path in (
        "/",
        "/products/teapot",
        "/products/teapot/order",
        "/orders",
        f"/orders/{reference}",
        f"/orders/{reference}/checkout",
        "/nothing",
    ):
        page.goto(demo.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path


def test_without_javascript_the_result_page_refreshes(
    buyer: Buyer, open_context: OpenContext, demo: Demo, records: Records
) -> None:
    reference = buyer.orders()
    buyer.pays()
    buyer.presses("Hang")
    buyer.sees_result("Waiting for your payment provider")
    result_url = buyer.page.url
    cookies = buyer.page.context.storage_state()
    buyer.page.close()
    plain = open_context(java_script_enabled=False, storage_state=cookies)
    plain_buyer = Buyer(plain.new_page(), demo)
    plain_buyer.page.goto(result_url)
    plain_buyer.sees_result("Waiting for your payment provider")

    records.simulator.approve(records.session.request_id)
    records.simulator.notifier.drain()

    plain_buyer.sees_result("Payment received")
    plain_buyer.page.get_by_role("link", name="See your order").click()
    plain_buyer.sees("Paid, being packed")
    records.assert_fulfilled_once(reference)


def test_a_keyboard_is_enough(buyer: Buyer, records: Records) -> None:
    reference = buyer.orders()
    pay = buyer.page.get_by_role("button", name=PAY)
    expect(pay).to_be_enabled()
    buyer.page.get_by_label("Touch 'n Go eWallet").focus()
    buyer.page.keyboard.press("ArrowDown")
    buyer.page.keyboard.press("Tab")
    expect(pay).to_be_focused()
    buyer.page.keyboard.press("Enter")
    buyer.cashier_button("Pay").press("Enter")

    buyer.sees_result("Payment received")
    assert records.session.method == "GCASH"
    records.assert_fulfilled_once(reference)

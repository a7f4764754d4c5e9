"""The example shop under Hotwired Turbo: pages are swapped until one must be loaded."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from example_app.demo import Demo
from tests.browser.conftest import OpenContext
from tests.browser.example_shop.buyer import Buyer
from tests.browser.example_shop.records import Records
from tests.browser.payment_form import PAY

pytestmark = pytest.mark.parametrize("has_turbo", [True], indirect=True)

#: Notes whether the form has its style sheet at the moment at which it comes.
NOTE_STYLE = """new MutationObserver((_, observer) => {
  if (document.querySelector('form[data-antom-checkout]')) {
    observer.disconnect();
    window.wasStyled = [...document.styleSheets]
      .some(({ href }) => href && href.includes('/antom/static/checkout.css'));
  }
}).observe(document, { childList: true, subtree: true });"""


def mark(buyer: Buyer) -> None:
    buyer.page.evaluate("window.isFirst = true")


def is_marked(buyer: Buyer) -> bool:
    """Whether no page was loaded in full since the mark."""
    return bool(buyer.page.evaluate("window.isFirst === true"))


def test_every_page_up_to_the_result_is_swapped(
    buyer: Buyer, demo: Demo, records: Records
) -> None:
    page = buyer.page
    page.goto(demo.url)
    mark(buyer)
    page.get_by_role("link", name="Your orders").click()
    buyer.sees("You have not ordered anything in this browser yet.")
    page.get_by_role("link", name="Look around").click()
    page.locator('a[href="/products/kopi-cup"]').click()
    page.get_by_role("link", name="Buy now").click()
    page.get_by_label("Your name").fill("Test Buyer")
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Go to payment").click()
    expect(page.locator(".error")).to_contain_text("does not look like")
    page.get_by_label("E-mail").fill("buyer@shop.example")
    page.get_by_role("button", name="Go to payment").click()
    expect(page.locator("[data-antom-place][id]")).to_have_count(1)
    assert is_marked(buyer)
    buyer.pays()
    buyer.presses("Hang")
    buyer.sees_result("Waiting for your payment provider")
    assert not is_marked(buyer)
    mark(buyer)
    result = page.url
    page.get_by_role("link", name="Back to your order").click()
    page.get_by_role("link", name="See how it stands").click()
    expect(page).to_have_url(result)
    assert is_marked(buyer)
    records.simulator.approve(records.session.request_id)
    records.simulator.notifier.drain()
    buyer.sees_result("Payment received")
    page.get_by_role("link", name="See your order").click()
    buyer.sees("Paid, being packed")


def test_the_form_is_never_drawn_without_its_style_sheet(buyer: Buyer) -> None:
    buyer.page.add_init_script(NOTE_STYLE)
    buyer.orders()
    assert buyer.page.evaluate("window.wasStyled") is True


@pytest.mark.parametrize("demo", ["cashier", "element", "page"], indirect=True)
def test_back_at_the_checkout_the_buyer_pays(buyer: Buyer, records: Records) -> None:
    page = buyer.page
    reference = buyer.orders()
    mark(buyer)
    for _ in range(2):
        page.get_by_role("link", name="← Order").click()
        page.get_by_role("heading", name="Order " + reference).wait_for()
        expect(page.locator("html:not([data-turbo-preview])")).to_have_count(1)
        page.go_back(wait_until="commit")
        expect(page.locator("[data-antom-place][id]")).to_have_count(1)
    assert is_marked(buyer)
    form = page.locator("form[data-antom-checkout]")
    if form.get_attribute("data-antom-checkout") == "cashier":
        buyer.pays()
        buyer.presses("Pay")
    else:
        frame = page.frame_locator("form iframe")
        frame.get_by_label("GCASH", exact=True).check()
        if form.get_attribute("data-antom-checkout") == "element":
            buyer.pays()
        else:
            frame.get_by_role("button", name="Pay MYR 42.00").click()
        frame.get_by_role("button", name="Pay", exact=True).click()
    buyer.sees_result("Payment received")
    records.assert_fulfilled_once(reference)
    assert len(records.payments()) == 1


def test_a_phone_pays(open_context: OpenContext, demo: Demo, records: Records) -> None:
    viewport = {"width": 390, "height": 844}
    context = open_context(viewport=viewport, has_touch=True, is_mobile=True)
    buyer = Buyer(context.new_page(), demo)
    reference = buyer.orders()
    buyer.page.get_by_role("button", name=PAY).tap()
    buyer.cashier_button("Pay").tap()
    buyer.sees_result("Payment received")
    records.assert_fulfilled_once(reference)

"""Buying in the example shop in each mode of the checkout, also without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Page

from example_app.demo import Demo
from flask_antom.domain.modes import MODES
from tests.browser.conftest import OpenContext
from tests.browser.example_shop.buyer import Buyer
from tests.browser.example_shop.conftest import with_and_without_turbo
from tests.browser.example_shop.records import Records


def pay_at_antom(place: Page | FrameLocator) -> None:
    """Choose GCash on Antom's Checkout Page, and confirm."""
    place.get_by_label("GCASH", exact=True).check()
    place.get_by_role("button", name="Pay MYR 42.00").click()
    place.get_by_role("button", name="Pay", exact=True).click()


@with_and_without_turbo
@pytest.mark.parametrize("demo", ["element"], indirect=True)
def test_by_the_payment_element(buyer: Buyer, records: Records) -> None:
    reference = buyer.orders()
    frame = buyer.page.frame_locator("form iframe")
    frame.get_by_label("GCASH", exact=True).check()
    buyer.pays()
    frame.get_by_role("button", name="Pay", exact=True).click()
    buyer.sees_result("Payment received")
    assert len(records.session.methods) == 5
    assert records.session.method == "GCASH"
    records.assert_fulfilled_once(reference)


@with_and_without_turbo
@pytest.mark.parametrize("demo", ["page"], indirect=True)
def test_by_the_checkout_page_within_the_shops(buyer: Buyer, records: Records) -> None:
    reference = buyer.orders()
    pay_at_antom(buyer.page.frame_locator("form iframe"))
    buyer.sees_result("Payment received")
    records.assert_fulfilled_once(reference)


@with_and_without_turbo
@pytest.mark.parametrize("demo", ["hosted"], indirect=True)
def test_on_antoms_own_page(buyer: Buyer, records: Records) -> None:
    reference = buyer.orders()
    buyer.pays()
    pay_at_antom(buyer.page)
    buyer.sees_result("Payment received")
    records.assert_fulfilled_once(reference)


@pytest.mark.parametrize("demo", MODES, indirect=True)
def test_without_a_script_every_mode_leads_to_antoms_page(
    open_context: OpenContext, demo: Demo, records: Records
) -> None:
    context = open_context(java_script_enabled=False)
    buyer = Buyer(context.new_page(), demo)
    reference = buyer.orders()
    buyer.pays()
    buyer.page.get_by_role("heading", name="Pay for your order").wait_for()
    if len(records.session.methods) == 1:  # the one that was chosen in the shop
        buyer.page.get_by_role("button", name="Pay MYR 42.00").click()
        buyer.page.get_by_role("button", name="Pay", exact=True).click()
    else:
        pay_at_antom(buyer.page)
    buyer.sees_result("Payment received")
    records.assert_fulfilled_once(reference)

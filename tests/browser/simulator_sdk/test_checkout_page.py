"""The simulator's AMSCheckoutPage in a page with a strict policy, and its own pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from flask_antom.simulator import Server, Simulator
from tests.browser.conftest import OpenContext
from tests.browser.simulator_sdk.frames import DECLINED, choose, fill_card, press
from tests.browser.simulator_sdk.sdk_page import Session, callbacks, wait_for_callback
from tests.simulator.merchant import ELEMENT, PAGE, Merchant


def show_page(shop: Page, data: str) -> FrameLocator:
    """Mount a Checkout Page, with room for it."""
    shop.evaluate(
        """data => { place.style.height = "700px"; window.sdk = makePage();
          return sdk.mountComponent({sessionData: data}, "#place"); }""",
        data,
    )
    return shop.frame_locator("#place iframe")


def test_the_checkout_page_tells_of_a_failure_and_a_success(
    shop: Page, home: str, session: Session, simulator: Simulator
) -> None:
    frame = show_page(shop, session(**PAGE))
    fill_card(frame, DECLINED)
    press(frame, "Pay MYR 42.00")
    wait_for_callback(shop, "SDK_PAYMENT_FAIL")
    choose(frame, "GCASH")
    press(frame, "Pay MYR 42.00")
    press(frame, "Pay")
    wait_for_callback(shop, "SDK_PAYMENT_SUCCESSFUL")
    press(frame, "Back to the shop")
    wait_for_callback(shop, "SDK_PAYMENT_CLICK_BACK_TO_MERCHANT")

    assert [entry[1] for entry in callbacks(shop)] == [
        "SDK_PAYMENT_FAIL",
        "SDK_PAYMENT_SUCCESSFUL",
        "SDK_PAYMENT_CLICK_BACK_TO_MERCHANT",
    ]
    attempts = simulator.payment("request-1").attempts
    assert [a.method for a in attempts] == ["CARD", "GCASH"]
    assert shop.url == home


def test_the_checkout_page_leads_to_the_wallet_and_to_the_shop(
    shop: Page, server: str, session: Session, simulator: Simulator
) -> None:
    frame = show_page(shop, session(**PAGE))
    choose(frame, "ALIPAY_CN")
    press(frame, "Pay MYR 42.00")
    shop.wait_for_url("**/wallet/*")
    press(shop, "Pay")

    shop.wait_for_url(f"{server}/result")
    assert simulator.payment("request-1").status == "SUCCESS"


def test_the_hosted_page_needs_no_script(
    open_context: OpenContext, server: str, merchant: Merchant, simulator: Simulator
) -> None:
    answer = merchant.create_session(paymentRedirectUrl=f"{server}/result", **PAGE)
    page = open_context(java_script_enabled=False).new_page()
    page.goto(answer["normalUrl"])
    fill_card(page, DECLINED)
    press(page, "Pay MYR 42.00")
    expect(page.get_by_role("status")).to_contain_text("This did not work")
    choose(page, "GCASH")
    press(page, "Pay MYR 42.00")
    press(page, "Pay")
    page.wait_for_url(f"{server}/result")

    assert simulator.payment("request-1").status == "SUCCESS"


@pytest.mark.parametrize("path", ["checkout", "element"])
def test_the_pages_fit_every_screen(
    page: Page, merchant: Merchant, gateway: Server, path: str
) -> None:
    scene = PAGE if path == "checkout" else ELEMENT
    session_id = merchant.create_session(**scene)["paymentSessionId"]
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{gateway.url}/{path}/{session_id}")
        choose(page, "CARD")
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_console_is_kept_up_to_date(
    page: Page, gateway: Server, merchant: Merchant, simulator: Simulator
) -> None:
    page.goto(gateway.url)
    expect(page.get_by_text("No payment session was created yet.")).to_be_visible()
    merchant.create_session()
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_text("SUCCESS", exact=True)).to_be_visible()
    assert simulator.payment("request-1").status == "SUCCESS"

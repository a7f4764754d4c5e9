"""Takes the documentation's pictures again: ``.venv/bin/python -m docs.screenshots``.

Run it in the project's directory, after ``make test``, which installs what it needs.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from example_app.demo import Demo, open_shop
from tests.browser.example_shop.client import Client
from tests.browser.payment_form import PAY
from tests.support.browser import quick

IMAGES = Path(__file__).with_name("images")
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
#: What buyers of a day order, how many, and how it ends.
SALES = (
    *[("kopi-cup", 2, "paid"), ("teapot", 1, "paid"), ("tea-towels", 1, "declined")],
    *[("candle", 3, "paid"), ("rice-bowls", 1, "left"), ("teapot", 1, "paid")],
    *[("rattan-basket", 1, "paid"), ("kopi-cup", 4, "declined")],
    *[("chopping-board", 1, "paid"), ("candle", 1, "left"), ("kopi-cup", 1, "paid")],
)

ZONE = "Asia/Kuala_Lumpur"


def main() -> None:
    ArgumentParser(prog="python -m docs.screenshots", description=__doc__).parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            **quick(), args=["--no-sandbox", "--disable-gpu"]
        )
        with a_shop("cashier") as url:
            take_desktop(browser, url)
            take_phone(browser, url)
        with TemporaryDirectory() as folder, open_shop(Path(folder), 0, 0) as demo:
            sell_for_a_day(demo)
            take_support(new_desktop(browser), demo.url)
            take_support(new_phone(browser), demo.url, "-phone")
        for mode in ("element", "page", "hosted"):
            with a_shop(mode) as url:
                take_mode(new_desktop(browser), url, mode)
                take_mode(new_phone(browser), url, f"{mode}-phone")
        browser.close()


@contextmanager
def a_shop(mode: str) -> Iterator[str]:
    """Serve the example shop with its checkout in a mode, and yield its URL."""
    os.environ["FLASK_ANTOM_CHECKOUT_MODE"] = mode
    with TemporaryDirectory() as folder, open_shop(Path(folder), 0, 0) as demo:
        yield demo.url


def sell_for_a_day(demo: Demo) -> None:
    """Let buyers pay or not, as on any day, and a clerk give some money back."""
    simulator: Any = demo.simulator
    for slug, quantity, outcome in SALES:
        buyer = Client(demo.app)
        answer = buyer.send_order_form(slug, quantity=str(quantity))
        page = answer.location
        reference = page.split("/")[-2]
        session = buyer.request_session(reference, page).get_json()
        request_id = session["paymentRequestId"]
        if outcome == "paid":
            simulator.approve(request_id)
        elif outcome == "declined":
            simulator.decline(request_id)


def take_support(page: Page, url: str, suffix: str = "") -> None:
    """Take pictures of the page for the support team."""
    page.goto(f"{url}/admin")
    paid = page.get_by_role("row").filter(has_text="succeeded")
    while paid.count() < sum(outcome == "paid" for *_, outcome in SALES):
        page.reload()  # until Antom's notifications are there
    if not suffix:
        take(page, "support")
    paid.nth(1).get_by_role("link").first.click()
    actions = page.get_by_role("navigation", name="Actions")
    actions.get_by_role("link", name="Refund").click()
    page.get_by_label("A part of it").check()
    page.get_by_label("Amount of the part").fill("12.00")
    page.get_by_label("Reason, for your team").fill("The lid was cracked")
    page.get_by_role("button", name="Continue").click()
    take(page, f"support-confirm{suffix}")
    page.get_by_role("button", name="Refund 12.00 MYR").click()
    expect(page.get_by_role("status")).to_contain_text("done")
    take(page, f"support-payment{suffix}")
    if not suffix:
        page.goto(f"{url}/admin/antom/figures")
        take(page, "support-figures")


def new_phone(browser: Browser) -> Page:
    return browser.new_page(
        viewport=PHONE, has_touch=True, is_mobile=True, timezone_id=ZONE
    )


def new_desktop(browser: Browser) -> Page:
    return browser.new_page(viewport=DESKTOP, timezone_id=ZONE)


def take_desktop(browser: Browser, url: str) -> None:
    page = new_desktop(browser)
    page.goto(url)
    take(page, "shop")
    order(page, url)
    page.get_by_label("GCash").check()
    take(page, "checkout")
    page.get_by_role("button", name=PAY).click()
    cashier = page.frame_locator("#ams-checkout-component")
    pay = cashier.get_by_role("button", name="Pay", exact=True)
    pay.click(trial=True)
    take(page, "cashier")
    pay.click()
    expect(page.get_by_role("heading", name="Payment received")).to_be_visible()
    take(page, "result")


def take_phone(browser: Browser, url: str) -> None:
    page = new_phone(browser)
    order(page, url)
    page.get_by_label("GCash").check()
    take(page, "phone")
    page.get_by_role("button", name=PAY).click()
    cashier = page.frame_locator("#ams-checkout-component")
    cashier.get_by_role("button", name="Decline", exact=True).click()
    expect(page.locator("p[role=alert]")).not_to_be_empty()
    take(page, "declined-phone")
    page.get_by_role("button", name=PAY).click()
    cashier.get_by_role("button", name="Pay", exact=True).click()
    expect(page.get_by_role("heading", name="Payment received")).to_be_visible()
    take(page, "result-phone")


def take_mode(page: Page, url: str, name: str) -> None:
    """Take a picture of the form, with the content of the SDK."""
    order(page, url)
    if not name.startswith("hosted"):
        place = page.locator("[data-antom-place]")
        expect(place).to_have_attribute("aria-busy", "false")
        radio = place.frame_locator("iframe").get_by_role("radio")
        expect(radio.first).to_be_visible()
    take(page, name)


def order(page: Page, url: str) -> None:
    """Order a teapot and open the payment form."""
    page.goto(f"{url}/products/teapot/order")
    page.get_by_label("Your name").fill("Test Buyer")
    page.get_by_label("E-mail").fill("buyer@shop.example")
    page.get_by_role("button", name="Go to payment").click()
    expect(page.get_by_role("heading", name="Payment")).to_be_visible()


def take(page: Page, name: str) -> None:
    """Take a picture of the window when its images are loaded."""
    page.wait_for_load_state("load")
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main()

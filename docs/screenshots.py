"""Takes the pictures of the README anew: ``.venv/bin/python -m docs.screenshots``.

Run it in the project's directory, after ``make test``, which installs what it needs.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from example_app.demo import open_shop
from tests.browser import chromium

IMAGES = Path(__file__).with_name("images")
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


def main() -> None:
    with (
        TemporaryDirectory() as folder,
        open_shop(Path(folder), 0, 0) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        take_desktop(browser, demo.url)
        take_phone(browser, demo.url)
        browser.close()


def take_desktop(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport=DESKTOP)
    page.goto(url)
    take(page, "shop")
    order(page, url)
    take(page, "checkout")
    page.get_by_role("button", name="Pay now").click()
    cashier = page.frame_locator("#ams-checkout-component")
    pay = cashier.get_by_role("button", name="Pay", exact=True)
    pay.click(trial=True)
    take(page, "cashier")
    pay.click()
    expect(page.get_by_role("heading", name="Payment received")).to_be_visible()
    take(page, "result")


def take_phone(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    order(page, url)
    take(page, "phone")


def order(page: Page, url: str) -> None:
    """Order a teapot, choose a method, and stand before the payment form."""
    page.goto(f"{url}/products/teapot/order")
    page.get_by_label("Your name").fill("Test Buyer")
    page.get_by_label("E-mail").fill("buyer@shop.example")
    page.get_by_role("button", name="Go to payment").click()
    expect(page.get_by_role("button", name="Pay now")).to_be_enabled()
    page.get_by_label("GCash").check()


def take(page: Page, name: str) -> None:
    """Photograph what the window shows, once its pictures are there."""
    page.wait_for_load_state("load")
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main()

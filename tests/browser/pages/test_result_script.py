"""The result page in Chromium: how it asks on, and what it does with the news."""

from __future__ import annotations

from itertools import accumulate

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages.clock import (
    answered,
    count_answers,
    pass_until_answered,
    stop_clock,
)
from tests.browser.pages.form import height_of
from tests.browser.pages.shop import Shop

WAITING = "Waiting for your payment provider"


def open_result(page: Page, shop: Shop) -> None:
    stop_clock(page)
    count_answers(page)
    page.goto(shop.result)
    expect(page.get_by_role("heading")).to_have_text(WAITING)


def test_asks_every_two_seconds_for_a_minute_and_then_ever_more_slowly(
    page: Page, shop: Shop
) -> None:
    open_result(page, shop)
    quick, slow = [2_000] * 30, [3_000, 4_500, 6_750]
    for pause in quick + slow:
        pass_until_answered(page, pause)
    assert page.evaluate("askedAfter") == list(accumulate(quick + slow))


def test_never_asks_less_often_than_once_a_minute(page: Page, shop: Shop) -> None:
    open_result(page, shop)
    for asked in range(1, 14):
        page.clock.fast_forward(61_000)
        answered(page, asked)
    asked = len(page.evaluate("askedAfter"))
    page.clock.run_for(59_999)
    assert len(page.evaluate("askedAfter")) == asked
    page.clock.run_for(1)
    assert len(page.evaluate("askedAfter")) == asked + 1


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        ("succeeded", "Payment received"),
        ("failed", "The payment did not go through"),
        ("authorized", "Your payment is approved"),
    ],
)
def test_news_is_shown_by_loading_the_page_anew(
    page: Page, shop: Shop, status: str, heading: str
) -> None:
    open_result(page, shop)
    shop.payment_status = shop.told_status = status
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading")).to_have_text(heading)
    assert shop.results_shown == 2


def test_stops_asking_once_the_status_is_final(page: Page, shop: Shop) -> None:
    shop.payment_status = shop.told_status = "succeeded"
    stop_clock(page)
    page.goto(shop.result)
    page.clock.run_for(120_000)
    expect(page.get_by_role("heading")).to_have_text("Payment received")
    assert page.locator("script").count() == 0
    assert shop.status_asked == 0


def test_a_crash_of_the_shop_does_not_end_the_asking(page: Page, shop: Shop) -> None:
    shop.told_status = None
    open_result(page, shop)
    pass_until_answered(page, 2_000)
    pass_until_answered(page, 2_000)
    shop.payment_status = shop.told_status = "succeeded"
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading")).to_have_text("Payment received")


def test_a_lost_connection_does_not_end_the_asking(page: Page, shop: Shop) -> None:
    open_result(page, shop)
    page.route("**/antom/status/*", lambda route: route.abort())
    pass_until_answered(page, 2_000)
    page.unroute("**/antom/status/*")
    shop.payment_status = shop.told_status = "succeeded"
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading")).to_have_text("Payment received")


def test_a_hidden_tab_does_not_ask_and_asks_at_once_when_shown(
    page: Page, shop: Shop
) -> None:
    hide = """hidden => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    open_result(page, shop)
    page.evaluate(hide, True)
    page.clock.run_for(30_000)
    page.evaluate(hide, False)
    answered(page, 1)
    pass_until_answered(page, 2_000)
    assert shop.status_asked == 2


def test_without_javascript_the_page_is_loaded_anew_until_it_is_final(
    browser: Browser, shop: Shop
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(shop.result)
        expect(page.get_by_role("heading")).to_have_text(WAITING)
        shop.payment_status = "succeeded"
        expect(page.get_by_role("heading")).to_have_text("Payment received")


def test_it_fits_into_320_pixels(page: Page, shop: Shop) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(shop.result)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for link in page.get_by_role("link").all():
        assert height_of(link) >= 44

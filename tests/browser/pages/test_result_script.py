"""The result page in Chromium: how it asks on, and what it does with the news."""

from __future__ import annotations

from itertools import accumulate

import pytest
from playwright.sync_api import Browser, Page, expect

from flask_antom.i18n.english import RESULT
from tests.browser.page_clock import (
    count_answers,
    run_until_answered,
    stop_clock,
    wait_for_answers,
)
from tests.browser.pages.scripted_shop import ScriptedShop
from tests.browser.payment_form import height_of

WAITING = "Waiting for your payment provider"


def open_result(page: Page, shop: ScriptedShop) -> None:
    stop_clock(page)
    count_answers(page)
    page.goto(shop.result)
    expect(page.get_by_role("heading")).to_have_text(WAITING)


def test_asks_every_two_seconds_for_a_minute_and_then_ever_more_slowly(
    page: Page, shop: ScriptedShop
) -> None:
    open_result(page, shop)
    quick, slow = [2_000] * 30, [3_000, 4_500, 6_750]
    for pause in quick + slow:
        run_until_answered(page, pause)
    assert page.evaluate("requestTimes") == list(accumulate(quick + slow))


def test_never_asks_less_often_than_once_a_minute(
    page: Page, shop: ScriptedShop
) -> None:
    open_result(page, shop)
    for asked in range(1, 14):
        page.clock.fast_forward(61_000)
        wait_for_answers(page, asked)
    asked = len(page.evaluate("requestTimes"))
    page.clock.run_for(59_999)
    assert len(page.evaluate("requestTimes")) == asked
    page.clock.run_for(1)
    assert len(page.evaluate("requestTimes")) == asked + 1


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        ("succeeded", "Payment received"),
        ("failed", "Payment not completed"),
        ("authorized", "Your payment is approved"),
    ],
)
def test_news_is_shown_by_loading_the_page_anew(
    page: Page, shop: ScriptedShop, status: str, heading: str
) -> None:
    open_result(page, shop)
    shop.payment_status = shop.status_answer = status
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading")).to_have_text(heading)
    assert shop.result_views == 2


def test_stops_asking_once_the_status_is_final(page: Page, shop: ScriptedShop) -> None:
    shop.payment_status = shop.status_answer = "succeeded"
    stop_clock(page)
    page.goto(shop.result)
    page.clock.run_for(120_000)
    expect(page.get_by_role("heading")).to_have_text("Payment received")
    assert page.locator("script").count() == 0
    assert shop.status_requests == 0


def test_a_failed_payment_that_was_paid_since_is_shown_as_paid(
    page: Page, shop: ScriptedShop
) -> None:
    shop.payment_status = shop.status_answer = "failed"
    stop_clock(page)
    count_answers(page)
    page.goto(shop.result)
    expect(page.get_by_role("heading")).to_have_text(RESULT["failed"].heading)
    run_until_answered(page, 2_000)  # still failed: the page is not loaded anew
    assert shop.result_views == 1
    shop.payment_status = shop.status_answer = "succeeded"
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading")).to_have_text(RESULT["succeeded"].heading)


def test_a_failed_payment_is_asked_about_for_a_minute(
    page: Page, shop: ScriptedShop
) -> None:
    shop.payment_status = shop.status_answer = "failed"
    stop_clock(page)
    count_answers(page)
    page.goto(shop.result)
    for _ in range(30):
        run_until_answered(page, 2_000)
    page.clock.run_for(600_000)
    assert len(page.evaluate("requestTimes")) == 30


def test_a_payment_that_is_lost_meanwhile_is_shown_as_lost(
    page: Page, shop: ScriptedShop
) -> None:
    open_result(page, shop)
    shop.is_lost = True
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading")).to_have_text("We cannot find this payment")
    page.clock.run_for(120_000)
    assert (shop.status_requests, shop.result_views) == (1, 2)


def test_a_crash_of_the_shop_does_not_end_the_asking(
    page: Page, shop: ScriptedShop
) -> None:
    shop.status_answer = None
    open_result(page, shop)
    run_until_answered(page, 2_000)
    run_until_answered(page, 2_000)
    shop.payment_status = shop.status_answer = "succeeded"
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading")).to_have_text("Payment received")


def test_a_lost_connection_does_not_end_the_asking(
    page: Page, shop: ScriptedShop
) -> None:
    open_result(page, shop)
    page.route("**/antom/status/*", lambda route: route.abort())
    run_until_answered(page, 2_000)
    page.unroute("**/antom/status/*")
    shop.payment_status = shop.status_answer = "succeeded"
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading")).to_have_text("Payment received")


def test_a_hidden_tab_does_not_ask_and_asks_at_once_when_shown(
    page: Page, shop: ScriptedShop
) -> None:
    hide = """hidden => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    open_result(page, shop)
    page.evaluate(hide, True)
    page.clock.run_for(30_000)
    page.evaluate(hide, False)
    wait_for_answers(page, 1)
    run_until_answered(page, 2_000)
    assert shop.status_requests == 2


def test_without_javascript_the_page_is_loaded_anew_until_it_is_final(
    browser: Browser, shop: ScriptedShop
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(shop.result)
        expect(page.get_by_role("heading")).to_have_text(WAITING)
        shop.payment_status = "succeeded"
        expect(page.get_by_role("heading")).to_have_text("Payment received")


def test_it_fits_into_320_pixels(page: Page, shop: ScriptedShop) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(shop.result)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for link in page.get_by_role("link").all():
        assert height_of(link) >= 44

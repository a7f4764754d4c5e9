"""``checkout.js`` in all modes: behaviour that does not depend on the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.pages.scripted_form import ScriptedForm


@pytest.mark.whole_chromium
@pytest.mark.parametrize("query", ["?mode=element", "?mode=page"])
def test_back_from_the_result_page_draws_anew(form: ScriptedForm, query: str) -> None:
    form.open(query)
    form.draw()
    form.page.evaluate("window.kept = true")
    form.emit("SDK_PAYMENT_PROCESSING")
    form.page.wait_for_url(form.shop.result)
    form.page.go_back(wait_until="commit")
    form.wait_for_calls(2)
    assert form.page.evaluate("window.kept") is True
    assert form.sdk("living") == 1


def test_one_form_of_a_page_is_drawn_at_once(form: ScriptedForm) -> None:
    form.open("?mode=element&order=A-1&order=A-2")
    form.draw()
    assert form.shop.requested_orders() == ["A-1"]
    form.button.last.click()
    form.wait_for_calls(2)
    assert form.shop.requested_orders() == ["A-1", "A-2"]
    assert form.sdk("living") == 1
    expect(form.button.first).to_be_enabled()


@pytest.mark.parametrize("query", ["?mode=element", "?mode=page"])
def test_an_sdk_without_the_class_is_told(form: ScriptedForm, query: str) -> None:
    form.shop.sdk = "window.AMSCashierPayment = function () {};"  # as 1.12.0 is
    form.open(query)
    expect(form.alert).to_contain_text("could not be loaded")
    expect(form.button).to_be_enabled()
    expect(form.hosted).to_be_visible()


def leave(checkout: ScriptedForm) -> None:
    """Announce as the SDK that it leads away, and stay on the page."""
    checkout.stop_clock()
    checkout.open()
    checkout.pay()
    checkout.emit("SDK_END_OF_LOADING")
    checkout.emit("SDK_CALL_URL_SUCCESS")
    expect(checkout.status).to_contain_text("Taking you to your payment provider")


def test_a_page_that_was_never_left_is_free_again(form: ScriptedForm) -> None:
    leave(form)
    form.page.clock.fast_forward(19_000)
    expect(form.button).to_be_disabled()
    form.page.clock.fast_forward(2_000)
    expect(form.alert).to_contain_text("app could not be opened")
    form.expect_free()
    assert form.event_types() == ["antom:redirect", "antom:error"]
    assert form.events[-1]["code"] == "not_left"


@pytest.mark.parametrize("code", ["SDK_ANYTHING_NEW", "SDK_END_OF_LOADING"])
def test_a_sign_of_life_gives_the_buyer_more_time_to_leave(
    form: ScriptedForm, code: str
) -> None:
    leave(form)
    form.page.clock.fast_forward(19_000)
    form.emit(code)
    form.page.clock.fast_forward(19_000)
    expect(form.button).to_be_disabled()
    form.page.clock.fast_forward(2_000)
    expect(form.alert).to_contain_text("app could not be opened")
    form.expect_free()


def test_a_buyer_who_paid_in_another_window_comes_to_the_result(
    form: ScriptedForm,
) -> None:
    leave(form)
    form.emit("SDK_PAYMENT_PROCESSING")
    form.page.clock.fast_forward(19_000)
    expect(form.status).to_contain_text("Taking you to your payment provider")
    form.page.clock.fast_forward(2_000)
    form.page.wait_for_url(form.shop.result)
    assert form.event_types() == ["antom:redirect", "antom:processing"]


def test_a_buyer_who_is_back_in_the_window_is_left_there(form: ScriptedForm) -> None:
    leave(form)
    form.emit("SDK_PAYMENT_RETRY")
    form.page.clock.fast_forward("10:00")
    assert form.sdk("living") == 1
    assert form.event_types() == ["antom:redirect"]


def test_whoever_leaves_before_the_window_stands_is_free_again(
    form: ScriptedForm,
) -> None:
    form.stop_clock()
    form.open()
    form.pay()
    for code in ("SDK_CALL_URL_SUCCESS", "SDK_END_OF_LOADING", "SDK_CALL_URL_SUCCESS"):
        form.emit(code)
    form.page.clock.fast_forward(21_000)
    expect(form.alert).to_contain_text("app could not be opened")
    form.expect_free()
    assert form.event_types() == ["antom:redirect", "antom:error"]


def test_a_page_behind_the_wallets_app_waits(form: ScriptedForm) -> None:
    hide = """hidden => Object.defineProperty(
        document, 'hidden', { value: hidden, configurable: true })"""
    leave(form)
    form.page.evaluate(hide, True)
    form.page.clock.fast_forward("10:00")
    expect(form.button).to_be_disabled()
    form.page.evaluate(hide, False)
    form.page.clock.fast_forward(21_000)
    expect(form.alert).to_contain_text("app could not be opened")

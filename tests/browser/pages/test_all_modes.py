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

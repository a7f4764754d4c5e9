"""The way to Antom's own page, where the SDK is at fault and where it is not wanted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from flask_antom.i18n.english import CHECKOUT
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import Answer, ScriptedShop
from tests.browser.payment_form import PAY


def block(form: ScriptedForm) -> None:
    form.shop.sdk = None
    form.open()
    form.button.click()


def stay_silent(form: ScriptedForm) -> None:
    form.stop_clock()
    form.open()
    form.pay()
    form.page.clock.fast_forward(21_000)


def find_no_app(form: ScriptedForm) -> None:
    form.open()
    form.pay()
    form.emit("SDK_LAUNCH_PAYMENT_APP_ERROR")


def break_down(form: ScriptedForm) -> None:
    form.open()
    form.pay()
    form.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")


@pytest.mark.parametrize("happen", [block, stay_silent, find_no_app, break_down])
def test_where_the_sdk_is_at_fault_antoms_own_page_is_offered(
    form: ScriptedForm, happen: Any
) -> None:
    happen(form)
    expect(form.alert).not_to_be_empty()
    form.hosted.click()
    expect(form.page.get_by_role("heading")).to_have_text("Antom's own page")
    assert form.shop.hosted_forms == [
        {
            "orderReference": ["A-1"],
            "csrf_token": ["t0ken"],
            "canChoose": ["1"],
            "paymentMethodType": ["GCASH"],
        }
    ]


@pytest.mark.parametrize(
    ("code", "role", "text"),
    [("order_already_paid", "status", "paid"), ("order_not_found", "alert", "missing")],
)
def test_elsewhere_it_is_not_offered(
    checkout: ScriptedForm, code: str, role: Any, text: str
) -> None:
    checkout.shop.session_answers = [Answer(409, {"code": code})]
    checkout.button.click()
    expect(checkout.page.get_by_role(role)).to_have_text(CHECKOUT[text])
    expect(checkout.hosted).to_be_hidden()


def test_the_offer_is_gone_with_the_next_try(form: ScriptedForm) -> None:
    break_down(form)
    expect(form.hosted).to_be_visible()
    form.pay()
    expect(form.hosted).to_be_hidden()


def test_the_mode_hosted_needs_no_script(form: ScriptedForm) -> None:
    form.open("?mode=hosted")
    assert form.page.locator("script").count() == 0
    form.button.click()
    expect(form.page.get_by_role("heading")).to_have_text("Antom's own page")
    assert form.shop.hosted_forms[0]["paymentMethodType"] == ["GCASH", "ALIPAY_CN"]


@pytest.mark.parametrize("query", ["", "?mode=element", "?mode=page", "?embedded"])
def test_without_javascript_every_form_leads_to_antoms_page(
    browser: Browser, shop: ScriptedShop, query: str
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(shop.checkout + query)
        page.get_by_role("button", name=PAY).click()
        expect(page.get_by_role("heading")).to_have_text("Antom's own page")

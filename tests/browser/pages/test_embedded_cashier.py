"""``checkout.js`` with the cashier in the page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.pages.scripted_form import ScriptedForm


def test_the_cashier_can_stand_in_the_page(form: ScriptedForm) -> None:
    form.open("?embedded")
    assert form.shop.session_requests == []
    form.page.get_by_label("Alipay").check()
    form.pay()
    expect(form.status).to_have_text("Loading the ways to pay…")
    assert form.shop.session_requests[0]["paymentMethodTypes"] == ["ALIPAY_CN"]
    assert form.page.locator(form.sdk("selectors[0]")).count() == 1
    form.emit("SDK_END_OF_LOADING")
    expect(form.place).to_have_attribute("aria-busy", "false")
    expect(form.button).to_be_hidden()
    expect(form.status).to_be_empty()
    form.emit("SDK_PAYMENT_FAIL")
    expect(form.alert).to_contain_text("Payment not completed. Try again")
    form.expect_free()


def test_another_method_takes_the_place_of_the_first(form: ScriptedForm) -> None:
    form.open("?embedded")
    alipay = form.page.get_by_label("Alipay")
    form.pay()
    expect(alipay).to_be_disabled()
    form.emit("SDK_END_OF_LOADING")
    expect(form.place).to_have_attribute("aria-busy", "false")
    alipay.check()
    form.wait_for_calls(2)
    methods = [asked["paymentMethodTypes"] for asked in form.shop.session_requests]
    assert methods == [["GCASH"], ["ALIPAY_CN"]]
    assert (form.sdk("living"), form.sdk("unmounted")) == (1, 1)
    expect(form.button).to_be_hidden()
    form.emit("SDK_END_OF_LOADING")
    form.emit("SDK_PAYMENT_SUCCESSFUL")
    form.page.wait_for_url(form.shop.result)


def test_the_arrow_keys_lead_from_method_to_method(form: ScriptedForm) -> None:
    form.open("?embedded")
    form.pay()
    form.emit("SDK_END_OF_LOADING")
    form.page.get_by_label("GCash").focus()
    form.page.keyboard.press("ArrowDown")
    form.wait_for_calls(2)
    form.emit("SDK_END_OF_LOADING")
    expect(form.page.get_by_label("Alipay")).to_be_focused()


def test_the_arrow_keys_change_nothing_after_a_click(form: ScriptedForm) -> None:
    form.open("?embedded")
    form.pay()
    form.emit("SDK_END_OF_LOADING")
    form.wait_until_drawn()
    form.page.keyboard.press("ArrowDown")
    expect(form.page.get_by_label("GCash")).to_be_checked()
    assert form.sdk("params.length") == 1

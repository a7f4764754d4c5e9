"""``checkout.js`` with Antom's Checkout Page in the shop's."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.pages.scripted_form import OPTIONS, ScriptedForm
from tests.browser.pages.scripted_shop import SESSION


@pytest.fixture
def antoms(form: ScriptedForm) -> ScriptedForm:
    """A Checkout Page that stands in the shop's."""
    form.open("?mode=page")
    form.draw()
    return form


def test_the_checkout_page_is_drawn_at_once(form: ScriptedForm) -> None:
    form.open("?mode=page")
    form.wait_for_calls(1)
    assert form.shop.session_requests[0]["mode"] == "page"
    assert form.sdk("params") == [{"sessionData": SESSION["paymentSessionData"]}]
    assert form.page.locator(form.sdk("selectors[0]")).count() == 1
    assert sorted(form.sdk("options.map(Object.keys)[0]")) == OPTIONS
    expect(form.place).to_have_attribute("aria-busy", "true")
    form.draw()
    expect(form.button).to_be_hidden()
    expect(form.status).to_be_empty()
    expect(form.hosted).to_be_visible()  # Whether the page has come, nobody can tell.


def test_the_checkout_page_may_take_its_time(form: ScriptedForm) -> None:
    form.stop_clock()
    form.open("?mode=page")
    form.draw()  # It tells no more until the buyer has paid.
    form.page.clock.fast_forward("20:00")
    assert form.sdk("living") == 1
    assert form.event_types() == []


def test_a_failure_leaves_the_checkout_page_to_the_buyer(antoms: ScriptedForm) -> None:
    antoms.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "RISK_REJECT"})
    expect(antoms.alert).to_contain_text("declined the payment")
    expect(antoms.page.get_by_role("link", name="Check this payment")).to_be_visible()
    expect(antoms.hosted).to_be_visible()
    expect(antoms.button).to_be_hidden()
    assert antoms.sdk("living") == 1
    antoms.emit("SDK_PAYMENT_SUCCESSFUL")
    antoms.page.wait_for_url(antoms.shop.result)
    assert antoms.event_types() == ["antom:fail", "antom:success"]


def test_a_failure_is_told_where_the_buyer_sees_it(antoms: ScriptedForm) -> None:
    antoms.page.set_viewport_size({"width": 1280, "height": 400})
    antoms.page.evaluate("document.body.style.padding = '150vh 0'")
    for end in ("0", "document.body.scrollHeight"):
        antoms.page.evaluate(f"window.scrollTo(0, {end})")
        antoms.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "RISK_REJECT"})
        expect(antoms.alert).to_be_in_viewport(ratio=0.95)


def test_whoever_has_paid_in_another_tab_is_not_told_of_a_failure(
    antoms: ScriptedForm,
) -> None:
    antoms.shop.status_answer = "succeeded"
    antoms.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "RISK_REJECT"})
    antoms.page.wait_for_url(antoms.shop.result)
    assert antoms.event_types() == ["antom:processing"]


def test_a_report_without_a_code_is_a_redirect(antoms: ScriptedForm) -> None:
    antoms.page.evaluate("sdk.emit('onEventCallback', { code: undefined })")
    expect(antoms.status).to_contain_text("Taking you to your payment provider")
    assert antoms.event_types() == ["antom:redirect"]


@pytest.mark.parametrize(
    "code", ["SDK_PAYMENT_CLICK_BACK_TO_MERCHANT", "SDK_PAYMENT_CANCEL"]
)
def test_the_way_back_from_the_checkout_page(antoms: ScriptedForm, code: str) -> None:
    antoms.emit(code)
    expect(antoms.status).to_contain_text("You can continue whenever")
    antoms.expect_free()
    assert antoms.event_types() == ["antom:cancel"]
    antoms.pay()  # draws it again
    assert antoms.sdk("living") == 1


def test_a_spent_session_of_the_checkout_page_is_replaced(antoms: ScriptedForm) -> None:
    antoms.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "ORDER_IS_CLOSED"})
    expect(antoms.alert).to_contain_text("time to pay is over")
    antoms.button.click()
    antoms.wait_for_calls(2)
    assert antoms.shop.session_requests[1]["spentRequestId"] == "R-1"
    assert antoms.sdk("living") == 1

"""The way to the pop-up of ``checkout.js``, and what can bar it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from flask_antom.i18n.english import CHECKOUT
from tests.browser.page_clock import run_until_answered
from tests.browser.pages.scripted_form import OPTIONS, ScriptedForm
from tests.browser.pages.scripted_shop import SESSION, Answer, ScriptedShop, open_shop


def test_sends_order_method_and_csrf_token(checkout: ScriptedForm) -> None:
    checkout.page.get_by_label("Alipay").check()
    checkout.pay()
    assert checkout.shop.session_requests == [
        {
            "orderReference": "A-1",
            "paymentMethodTypes": ["ALIPAY_CN"],
            "mode": "cashier",
        }
    ]
    assert checkout.shop.session_headers[0]["X-Csrftoken"] == "t0ken"
    assert checkout.shop.session_headers[0]["Content-Type"] == "application/json"


def test_gives_the_sdk_a_fixed_list_of_options(checkout: ScriptedForm) -> None:
    checkout.pay()
    assert checkout.sdk("params") == [{"sessionData": SESSION["paymentSessionData"]}]
    assert checkout.sdk("options[0].environment") == "sandbox"
    assert sorted(checkout.sdk("options.map(Object.keys)[0]")) == OPTIONS


def test_locks_the_form_and_tells_what_goes_on(checkout: ScriptedForm) -> None:
    size = checkout.button.bounding_box()
    checkout.pay()
    expect(checkout.button).to_be_disabled()
    assert checkout.button.bounding_box() == size
    expect(checkout.page.get_by_label("GCash")).to_be_disabled()
    expect(checkout.status).to_have_text("Opening the payment window…")
    checkout.emit("SDK_END_OF_LOADING", message="")
    expect(checkout.status).to_have_text("Continue in the payment window.")


def test_a_double_click_asks_for_one_session(checkout: ScriptedForm) -> None:
    checkout.button.dblclick()
    checkout.wait_for_calls(1)
    assert len(checkout.shop.session_requests) == 1
    assert checkout.sdk("params.length") == 1


def test_session_data_is_in_no_event_and_not_in_the_page(
    checkout: ScriptedForm,
) -> None:
    checkout.pay()
    checkout.emit("SDK_PAYMENT_FAIL")
    checkout.expect_free()
    assert SESSION["paymentSessionData"] not in str(checkout.events)
    assert SESSION["paymentSessionData"].split("&&")[-1] not in checkout.page.content()


def test_the_page_can_stop_before_the_pop_up(checkout: ScriptedForm) -> None:
    checkout.prevent("antom:session")
    checkout.button.click()
    expect(checkout.button).to_be_enabled()
    assert [event["type"] for event in checkout.events] == ["antom:session"]
    assert checkout.sdk("params.length") == 0


@pytest.mark.parametrize(
    ("language", "locale"),
    [("ko-KR", "ko_KR"), ("fil-PH", "tl_PH"), ("zh-TW", "zh_HK"), ("ja", "en_US")],
)
def test_the_sdk_speaks_the_language_of_the_form(
    browser: Browser, shop: ScriptedShop, language: str, locale: str
) -> None:
    page = browser.new_page(locale=language)
    page.goto(shop.checkout)
    page.locator("button[type=submit]").click()
    expect(page.locator("html")).to_have_attribute("data-sdk-calls", "1")
    assert page.evaluate("sdk.options[0].locale") == locale
    page.context.close()


@pytest.mark.parametrize("found", [True, False])
def test_the_last_choice_is_remembered(checkout: ScriptedForm, found: bool) -> None:
    checkout.page.get_by_label("Alipay").check()
    checkout.pay()
    if not found:
        checkout.page.evaluate("localStorage.antomMethod = '\"]'")
    checkout.open()
    expect(checkout.page.get_by_label("Alipay" if found else "GCash")).to_be_checked()


def test_a_script_that_does_not_load_is_told_and_tried_again(
    checkout: ScriptedForm,
) -> None:
    checkout.shop.sdk, sdk = None, checkout.shop.sdk
    checkout.open()
    checkout.button.click()
    expect(checkout.alert).to_contain_text("could not be loaded")
    expect(checkout.button).to_be_enabled()
    assert (checkout.event_types(), checkout.events[-1]["code"]) == (
        ["antom:error"],
        "sdk_missing",
    )
    checkout.shop.sdk = sdk
    checkout.pay()


def test_a_script_that_leaves_no_class_is_told(checkout: ScriptedForm) -> None:
    checkout.shop.sdk = "window.define = function () {};"
    checkout.open()
    checkout.button.click()
    expect(checkout.alert).to_contain_text("could not be loaded")
    expect(checkout.button).to_be_enabled()
    assert checkout.events[-1]["code"] == "sdk_missing"


def test_a_script_with_other_bytes_than_promised_is_told(
    checkout: ScriptedForm,
) -> None:
    with open_shop(ANTOM_SDK_INTEGRITY="sha384-" + "A" * 64) as shop:
        checkout.page.goto(shop.checkout)
        checkout.button.click()
        expect(checkout.alert).to_contain_text("could not be loaded")
        expect(checkout.button).to_be_enabled()
    assert checkout.events[-1]["code"] == "sdk_missing"


@pytest.mark.parametrize("fault", ["constructor", "createComponent"])
def test_an_sdk_that_throws_is_told(checkout: ScriptedForm, fault: str) -> None:
    checkout.page.evaluate("fault => { window.sdkFault = fault }", fault)
    checkout.button.click()
    expect(checkout.alert).to_contain_text("could not be loaded")
    checkout.expect_free()
    assert (checkout.event_types(), checkout.events[-1]["code"]) == (
        ["antom:error"],
        "sdk_failed",
    )


PROBLEMS = [
    (400, "invalid_request", "open for too long"),
    (404, "order_not_found", "cannot find this order"),
    (422, "method_not_offered", "not offered here"),
    (422, "payment_refused", "cannot be paid in this way"),
    (400, "", "open for too long"),
    (403, "", "open for too long"),
    (429, "", "could not be started"),
    (500, "", "could not be started"),
    (500, "constructor", "could not be started"),
]


def test_problems_are_put_into_words(checkout: ScriptedForm) -> None:
    for status, code, words in PROBLEMS:
        checkout.events.clear()
        body = {"code": code, "detail": "d", "resultCode": "RC"} if code else {}
        checkout.shop.session_answers = [Answer(status, body)]
        checkout.button.click()
        expect(checkout.alert).to_contain_text(words)
        checkout.expect_free()
        assert checkout.event_types() == ["antom:error"]
        assert checkout.events[-1]["code"] == (code or f"http_{status}")
        assert checkout.events[-1]["resultCode"] == ("RC" if code else "")
        assert checkout.events[-1]["message"] == ("d" if code else "")


def expect_no_button(form: ScriptedForm) -> None:
    """There is nothing that the buyer could press to pay."""
    expect(form.button).to_be_hidden()
    expect(form.hosted).to_be_hidden()
    expect(form.page.get_by_role("radio", disabled=False)).to_have_count(0)


def answer_with(form: ScriptedForm, status: int, code: str, **more: Any) -> None:
    """Press the button, and let the shop answer with a problem."""
    form.shop.session_answers = [Answer(status, {"code": code, **more})]
    form.button.click()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("order_closed", "This order is closed"),
        ("nothing_to_pay", "There is nothing to pay"),
        ("order_already_paid", "already paid"),
    ],
)
def test_an_order_that_needs_no_payment_has_no_button(
    checkout: ScriptedForm, code: str, words: str
) -> None:
    answer_with(checkout, 409, code)
    expect(checkout.status).to_contain_text(words)
    expect(checkout.alert).to_be_empty()
    expect_no_button(checkout)
    expect(checkout.page.get_by_role("link")).to_have_count(0)
    assert checkout.event_types() == ["antom:error"]


def test_a_paid_order_leads_to_its_payment(checkout: ScriptedForm) -> None:
    url = SESSION["resultUrl"]
    answer_with(checkout, 409, "order_already_paid", resultUrl=url)
    expect(checkout.status).to_contain_text("already paid")
    link = checkout.page.get_by_role("link", name="View payment")
    expect(link).to_have_attribute("href", url)
    expect(link).to_be_focused()
    expect_no_button(checkout)


def test_a_pending_payment_is_told_at_once(checkout: ScriptedForm) -> None:
    more = {"resultUrl": SESSION["resultUrl"], "paymentStatus": "pending"}
    answer_with(checkout, 503, "outcome_unknown", **more)
    expect(checkout.status).to_contain_text("do not need to pay again")
    link = checkout.page.get_by_role("link", name="Check this payment")
    expect(link).to_be_visible()
    expect_no_button(checkout)
    assert len(checkout.shop.session_requests) == 1


def test_without_another_chance_the_payment_is_shown_at_once(
    checkout: ScriptedForm,
) -> None:
    more = {"resultUrl": SESSION["resultUrl"], "paymentStatus": "created"}
    answer_with(checkout, 503, "outcome_unknown", **more)
    expect(checkout.status).to_contain_text("do not know yet")
    expect(checkout.alert).to_be_empty()
    link = checkout.page.get_by_role("link", name="Check this payment")
    expect(link).to_be_visible()
    expect(checkout.button).to_be_enabled()
    assert len(checkout.shop.session_requests) == 1


@pytest.mark.parametrize("code", ["server_error", "invalid_order", "anything_else"])
def test_what_the_buyer_cannot_mend_has_a_code(
    checkout: ScriptedForm, code: str
) -> None:
    answer_with(checkout, 500, code, faultCode="K7M2-4QX9")
    expect(checkout.alert).to_have_text(CHECKOUT["broken"] % {"code": "K7M2-4QX9"})
    expect(checkout.alert).not_to_contain_text("again")
    expect(checkout.button).to_be_enabled()  # another way to pay may work


def test_the_button_says_how_much_is_paid(checkout: ScriptedForm) -> None:
    checkout.shop.session_answers = [Answer(201, SESSION | {"payText": "Pay RM 9.00"})]
    expect(checkout.button).to_have_text("Pay MYR 42.00")
    checkout.pay()
    expect(checkout.button).to_have_text("Pay RM 9.00")


def test_the_shops_own_words_for_it_stay(checkout: ScriptedForm) -> None:
    checkout.shop.session_answers = [Answer(201, SESSION | {"payText": "Pay RM 9.00"})]
    checkout.open("?pay=Buy")
    checkout.pay()
    expect(checkout.button).to_have_text("Buy")


def test_an_answer_without_a_session_is_a_fault(checkout: ScriptedForm) -> None:
    checkout.shop.session_answers = [Answer(201, {})]
    checkout.button.click()
    expect(checkout.alert).to_contain_text("could not be started")
    checkout.expect_free()


def test_an_unknown_outcome_is_asked_about_again(checkout: ScriptedForm) -> None:
    unknown = Answer(503, {"code": "outcome_unknown"}, {"Retry-After": "7"})
    checkout.shop.session_answers = [unknown, Answer(200)]
    checkout.stop_clock()
    checkout.open()
    checkout.button.click()
    expect(checkout.status).to_contain_text("still checking your last payment")
    checkout.page.clock.fast_forward(6_500)
    assert len(checkout.shop.session_requests) == 1
    expect(checkout.button).to_be_disabled()
    checkout.page.clock.fast_forward(1_000)
    checkout.wait_for_calls(1)


def test_an_outcome_that_stays_unknown_is_told(checkout: ScriptedForm) -> None:
    checkout.shop.session_answers = [
        Answer(503, {"code": "outcome_unknown"}, {"Retry-After": "1"})
    ]
    checkout.stop_clock()
    checkout.open()
    checkout.button.click()
    expect(checkout.status).to_contain_text("still checking your last payment")
    for asked in range(1, 4):
        run_until_answered(checkout.page, 1_000)
        assert len(checkout.shop.session_requests) == asked + 1
    expect(checkout.status).to_contain_text("do not know yet")
    checkout.expect_free()
    assert checkout.events[-1]["code"] == "outcome_unknown"


def test_a_lost_connection_is_told(checkout: ScriptedForm) -> None:
    checkout.page.route("**/antom/session", lambda route: route.abort())
    checkout.button.click()
    expect(checkout.alert).to_contain_text("could not reach the shop")
    checkout.expect_free()
    assert checkout.events[-1]["code"] == "network"
    checkout.page.unroute("**/antom/session")
    checkout.pay()

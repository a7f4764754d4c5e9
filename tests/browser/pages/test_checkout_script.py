"""``checkout.js`` in Chromium, with an SDK that does what the test says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.page_clock import run_until_answered, wait_for_answers
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import SESSION, Answer, ScriptedShop, open_shop
from tests.browser.payment_form import height_of

FAULTS = [
    "SDK_CREATECOMPONENT_ERROR",
    "SDK_CREATE_COMPONENT_ERROR",
    "SDK_CREATEPAYMENT_PARAMETER_ERROR",
    "SDK_INIT_PARAMETER_ERROR",
    "SDK_INTERNAL_ERROR",
]
LEFT_TO_THE_SDK = [
    "SDK_PAYMENT_CHALLENGE",
    "SDK_PAYMENT_RETRY",
    "SDK_FORM_VERIFICATION_FAILED",
    "SDK_DUPLICATE_SUBMISSION_BEHAVIOR",
    "SDK_SUBMIT_NETWORK_ERROR",
    "SDK_ANYTHING_NEW",
    "constructor",
    "SDK_END_OF_LOADING",  # once it stands, some mean another thing
]
RESULTS = [
    ("SDK_PAYMENT_SUCCESSFUL", "antom:success"),
    ("SDK_PAYMENT_AUTHORIZATION_SUCCESSFUL", "antom:processing"),
    ("SDK_PAYMENT_PROCESSING", "antom:processing"),
    ("SDK_PAYMENT_ERROR", "antom:error"),
]


# The way to the pop-up


def test_sends_order_method_and_csrf_token(checkout: ScriptedForm) -> None:
    checkout.page.get_by_label("Alipay").check()
    checkout.pay()
    assert checkout.shop.session_requests == [
        {
            "orderReference": "A-1",
            "paymentMethodType": "ALIPAY_CN",
            "mode": "cashier",
        }
    ]
    assert checkout.shop.session_headers[0]["X-Csrftoken"] == "t0ken"
    assert checkout.shop.session_headers[0]["Content-Type"] == "application/json"


def test_gives_the_sdk_a_fixed_list_of_options(checkout: ScriptedForm) -> None:
    checkout.pay()
    assert checkout.sdk("params") == [
        {
            "sessionData": SESSION["paymentSessionData"],
            "appearance": {"showLoading": True},
        }
    ]
    assert checkout.sdk("options[0].environment") == "sandbox"
    assert sorted(checkout.sdk("options.map(Object.keys)[0]")) == [
        "environment",
        "locale",
        "onClose",
        "onError",
        "onEventCallback",
        "onLog",
    ]


def test_locks_the_form_and_tells_what_goes_on(checkout: ScriptedForm) -> None:
    size = checkout.button.bounding_box()
    checkout.pay()
    expect(checkout.button).to_be_disabled()
    assert checkout.button.bounding_box() == size
    expect(checkout.page.get_by_label("GCash")).to_be_disabled()
    expect(checkout.status).to_have_text("Opening the payment window…")
    checkout.emit("SDK_END_OF_LOADING", message="")
    expect(checkout.status).to_have_text("Please continue in the payment window.")


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


# What the SDK reports


@pytest.mark.parametrize(("code", "event"), RESULTS)
def test_results_lead_to_the_result_page(
    checkout: ScriptedForm, code: str, event: str
) -> None:
    checkout.pay()
    checkout.emit("SDK_END_OF_LOADING")
    checkout.emit(code, result={"paymentResultCode": "SUCCESS"})
    checkout.page.wait_for_url(checkout.shop.result)
    assert checkout.event_types() == [event]
    assert checkout.events[-1] == {
        "type": event,
        "code": code,
        "resultCode": "SUCCESS",
        "message": "",
        "resultUrl": SESSION["resultUrl"],
    }


@pytest.mark.parametrize(("code", "event"), RESULTS)
def test_the_page_can_keep_the_buyer_from_the_result_page(
    checkout: ScriptedForm, code: str, event: str
) -> None:
    checkout.pay()
    checkout.prevent(event)
    checkout.emit(code)
    checkout.expect_free()
    expect(checkout.status).to_be_empty()
    assert checkout.page.url == checkout.shop.checkout


def test_a_failed_payment_can_be_tried_again(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "RISK_REJECT"})
    expect(checkout.alert).to_contain_text("declined the payment")
    expect(checkout.page.get_by_role("link", name="Check this payment")).to_be_visible()
    checkout.expect_free()
    assert checkout.event_types() == ["antom:fail"]
    assert checkout.events[-1]["resultCode"] == "RISK_REJECT"
    checkout.pay()
    expect(checkout.alert).to_be_empty()
    assert len(checkout.shop.session_requests) == 2


def test_leaving_is_told_once_and_politely(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.emit("SDK_END_OF_LOADING")
    checkout.emit("SDK_PAYMENT_CANCEL", message="user left")
    checkout.emit("onClose", channel="onClose")
    expect(checkout.status).to_contain_text("You left the payment")
    expect(checkout.alert).to_be_empty()
    checkout.expect_free()
    assert checkout.event_types() == ["antom:cancel"]


def test_closing_the_pop_up_is_leaving(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.page.evaluate("sdk.emit('onClose')")
    expect(checkout.status).to_contain_text("You left the payment")
    checkout.expect_free()
    assert checkout.event_types() == ["antom:cancel"]


def test_the_page_can_say_it_in_its_own_words(checkout: ScriptedForm) -> None:
    for code, event in [
        ("SDK_PAYMENT_FAIL", "antom:fail"),
        ("SDK_PAYMENT_CANCEL", "antom:cancel"),
        ("SDK_CREATECOMPONENT_ERROR", "antom:error"),
    ]:
        checkout.events.clear()
        checkout.pay()
        checkout.prevent(event)
        checkout.emit(code)
        checkout.expect_free()
        expect(checkout.status).to_be_empty()
        expect(checkout.alert).to_be_empty()


def test_a_fault_is_told_once_however_often_it_arrives(checkout: ScriptedForm) -> None:
    for code in FAULTS:
        checkout.events.clear()
        checkout.pay()
        checkout.emit(code, channel="onError", message="Load resource timeout")
        checkout.emit(code, message="Load resource timeout")
        checkout.page.evaluate(
            "code => sdk.reject({ code, message: 'Load resource timeout' })", code
        )
        expect(checkout.alert).to_contain_text("could not be started")
        checkout.expect_free()
        assert checkout.event_types() == ["antom:error"]
        assert checkout.events[-1]["message"] == "Load resource timeout"


def test_a_rejected_promise_is_a_fault_whatever_its_reason(
    checkout: ScriptedForm,
) -> None:
    for reason in [
        "{ errorCode: 'SYSTEM' }",
        "new TypeError('no selector')",
        "undefined",
        "'text'",
    ]:
        checkout.events.clear()
        checkout.pay()
        checkout.page.evaluate(f"sdk.reject({reason})")
        expect(checkout.alert).to_contain_text("could not be started")
        checkout.expect_free()
        assert checkout.event_types() == ["antom:error"]


def test_an_unknown_code_is_a_fault_only_if_it_comes_as_an_error(
    checkout: ScriptedForm,
) -> None:
    checkout.pay()
    checkout.emit("SDK_ANYTHING_NEW")
    expect(checkout.button).to_be_disabled()
    checkout.emit("SDK_ANYTHING_NEW", channel="onError")
    checkout.expect_free()
    assert checkout.event_types() == ["antom:error"]


def test_a_failure_of_which_nobody_knows_is_no_failure(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "UNKNOWN_EXCEPTION"})
    checkout.page.wait_for_url(checkout.shop.result)
    assert checkout.event_types() == ["antom:processing"]


def test_an_internal_error_does_not_close_what_already_stands(
    checkout: ScriptedForm,
) -> None:
    checkout.pay()
    checkout.emit("SDK_END_OF_LOADING")
    for _ in range(2):
        checkout.emit("SDK_INTERNAL_ERROR", channel="onError", message="not JSON")
    expect(checkout.button).to_be_disabled()
    assert checkout.sdk("living") == 1
    assert checkout.event_types() == ["antom:error"]


def test_an_app_that_does_not_open_is_one_error(checkout: ScriptedForm) -> None:
    for code in ["SDK_CALL_URL_ERROR", "SDK_LAUNCH_PAYMENT_APP_ERROR"]:
        checkout.events.clear()
        checkout.pay()
        checkout.emit("SDK_END_OF_LOADING")
        checkout.emit(code)
        expect(checkout.alert).to_contain_text("app could not be opened")
        checkout.expect_free()
        assert checkout.event_types() == ["antom:error"]


def test_a_redirect_is_told_once_though_phones_report_it_three_times(
    checkout: ScriptedForm,
) -> None:
    checkout.pay()
    for _ in range(3):
        checkout.emit("SDK_CALL_URL_SUCCESS")
    expect(checkout.status).to_contain_text("your payment provider")
    assert checkout.event_types() == ["antom:redirect"]
    assert checkout.sdk("living") == 1


def test_other_codes_are_passed_on_and_left_to_the_sdk(checkout: ScriptedForm) -> None:
    checkout.pay()
    for code in LEFT_TO_THE_SDK:
        checkout.emit(code, message="m")
        expect(checkout.button).to_be_disabled()
        assert checkout.sdk("living") == 1
        assert checkout.event_types() == []
        assert (checkout.events[-1]["type"], checkout.events[-1]["code"]) == (
            "antom:event",
            code,
        )


def test_what_a_former_attempt_reports_is_not_heard(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.emit("SDK_PAYMENT_FAIL")
    checkout.pay()
    heard = len(checkout.events)
    checkout.page.evaluate(
        "sdk.emit('onEventCallback', { code: 'SDK_PAYMENT_SUCCESSFUL' }, 0)"
    )
    expect(checkout.button).to_be_disabled()
    assert len(checkout.events) == heard
    assert checkout.sdk("living") == 1


def test_nothing_is_thrown_into_the_sdk(
    checkout: ScriptedForm, page_errors: list[str]
) -> None:
    checkout.pay()
    checkout.page.evaluate("document.querySelector('[role=status]').remove()")
    checkout.emit("SDK_END_OF_LOADING")  # evaluate() would raise what it throws
    expect(checkout.button).to_be_disabled()
    assert len(page_errors) == 1  # but the page's error reporting sees it
    page_errors.clear()


def test_callbacks_without_data_are_survived(checkout: ScriptedForm) -> None:
    checkout.pay()
    for channel in ("onLog", "onEventCallback", "onError"):
        checkout.page.evaluate(f"sdk.emit('{channel}')")
    checkout.expect_free()
    assert checkout.event_types() == ["antom:error"]


# Taking away and opening anew


def test_the_pages_own_scroll_setting_comes_back(checkout: ScriptedForm) -> None:
    checkout.page.evaluate("document.body.style.overflow = 'scroll'")
    checkout.pay()
    checkout.page.evaluate("sdk.emit('onClose')")
    # The real SDK tidies up once more, 300 ms after a close.
    checkout.page.evaluate("document.body.style.overflow = 'auto'")
    expect(checkout.page.locator("body")).to_have_attribute(
        "style", "overflow: scroll;"
    )


def test_a_new_pop_up_waits_until_the_old_one_is_cleared_away(
    form: ScriptedForm,
) -> None:
    form.stop_clock()
    form.open()
    form.pay()
    form.page.evaluate("sdk.emit('onClose')")
    form.button.click()
    wait_for_answers(form.page, 2)
    form.page.clock.run_for(299)
    assert form.sdk("params.length") == 1
    form.page.clock.run_for(201)
    form.wait_for_calls(2)


def test_an_sdk_that_stays_silent_is_given_up(checkout: ScriptedForm) -> None:
    checkout.stop_clock()
    checkout.open()
    checkout.pay()
    checkout.page.clock.fast_forward(19_000)
    expect(checkout.button).to_be_disabled()
    checkout.emit("SDK_ANYTHING_NEW")
    checkout.page.clock.fast_forward(19_000)
    expect(checkout.button).to_be_disabled()
    checkout.page.clock.fast_forward(2_000)
    expect(checkout.alert).to_contain_text("did not open in time")
    checkout.expect_free()
    assert checkout.events[-1]["code"] == "timeout"


def test_one_that_stands_after_a_quick_retry_may_take_its_time(
    checkout: ScriptedForm,
) -> None:
    checkout.stop_clock()
    checkout.open()
    checkout.pay()
    checkout.emit("SDK_PAYMENT_CANCEL")
    checkout.button.click()
    wait_for_answers(checkout.page, 2)
    assert checkout.sdk("params.length") == 1  # It waits for the old one to go.
    checkout.page.clock.fast_forward(500)
    checkout.wait_for_calls(2)
    checkout.emit("SDK_END_OF_LOADING")
    checkout.page.clock.fast_forward("20:00")
    assert checkout.sdk("living") == 1
    assert checkout.event_types() == ["antom:cancel"]


def test_a_pop_up_that_stands_may_take_its_time(checkout: ScriptedForm) -> None:
    checkout.stop_clock()
    checkout.open()
    checkout.pay()
    checkout.emit("SDK_END_OF_LOADING")
    checkout.page.clock.fast_forward("20:00")
    expect(checkout.button).to_be_disabled()
    assert checkout.sdk("living") == 1


@pytest.mark.whole_chromium
def test_leaving_the_page_takes_the_pop_up_down_and_back_finds_the_button(
    checkout: ScriptedForm,
) -> None:
    checkout.pay()
    checkout.page.evaluate("window.kept = true")
    checkout.page.goto(checkout.shop.result)
    checkout.page.go_back(wait_until="commit")
    expect(checkout.button).to_be_enabled()
    # Chromium kept the page as it was: this is no page loaded anew.
    assert checkout.page.evaluate("window.kept") is True
    assert checkout.sdk("living") == 0
    checkout.pay()


@pytest.mark.whole_chromium
def test_back_from_the_result_page_finds_the_button(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.page.evaluate("window.kept = true")
    checkout.emit("SDK_PAYMENT_PROCESSING")
    checkout.page.wait_for_url(checkout.shop.result)
    checkout.page.go_back(wait_until="commit")
    expect(checkout.button).to_be_enabled()
    expect(checkout.status).to_be_empty()
    assert checkout.page.evaluate("window.kept") is True


def test_two_forms_on_a_page_pay_for_their_own_orders(checkout: ScriptedForm) -> None:
    checkout.open("?order=A-1&order=A-2")
    first, second = checkout.button.all()
    first.click()
    checkout.wait_for_calls(1)
    second.dispatch_event("click")  # a pop-up that stands would cover it
    checkout.wait_for_calls(2)
    assert checkout.shop.requested_orders() == [
        "A-1",
        "A-2",
    ]
    assert checkout.sdk("living") == 1
    expect(first).to_be_enabled()
    expect(second).to_be_disabled()


def test_antoms_own_page_is_that_of_the_same_order(checkout: ScriptedForm) -> None:
    checkout.open("?order=A-1&order=A-2")
    first, second = checkout.button.all()
    first.click()
    checkout.wait_for_calls(1)
    checkout.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")
    expect(checkout.hosted.first).to_be_visible()
    normal = {"normalUrl": f"{checkout.shop.url}/checkout?of-the-second"}
    checkout.shop.session_answers = [Answer(201, SESSION | normal)]
    second.click()
    checkout.wait_for_calls(2)
    checkout.hosted.first.dispatch_event("click")
    expect(checkout.page.get_by_role("heading")).to_have_text("Antom's own page")
    assert checkout.shop.hosted_forms[0]["orderReference"] == ["A-1"]


def test_a_way_to_the_result_that_is_stopped_leaves_the_link(
    checkout: ScriptedForm,
) -> None:
    checkout.page.route("**/antom/result/*", lambda route: route.fulfill(status=204))
    checkout.pay()
    checkout.emit("SDK_PAYMENT_SUCCESSFUL")
    link = checkout.page.get_by_role("link", name="Check this payment")
    expect(link).to_have_attribute("href", "/antom/result/token")


INSERT = """() => {
  const form = document.querySelector('form').cloneNode(true);
  form.removeAttribute('data-antom-ready');
  form.elements.orderReference.value = 'A-2';
  form.querySelector('button').disabled = true;
  document.body.append(form);
}"""

LOAD_AGAIN = """() => {
  const script = document.createElement('script');
  script.nonce = 'n0nce';
  script.src = document.querySelector('script').src;
  document.body.append(script);
}"""


@pytest.mark.parametrize("wake", [LOAD_AGAIN, "antomCheckout.scan()"])
def test_a_form_that_is_inserted_later_works(checkout: ScriptedForm, wake: str) -> None:
    checkout.page.evaluate(INSERT)
    checkout.page.evaluate(wake)
    first, second = checkout.button.all()
    expect(second).to_be_enabled()
    first.click()
    checkout.wait_for_calls(1)
    second.dispatch_event("click")
    checkout.wait_for_calls(2)
    assert checkout.shop.requested_orders() == [
        "A-1",
        "A-2",
    ]
    assert checkout.sdk("living") == 1


#: Ours, those of the SDK's stand-in, and those of the test.
NAMES = {
    "antomCheckout",
    *("sdk", "AMSCashierPayment", "AMSElement", "AMSCheckoutPage"),
    "added",
}


def test_the_script_adds_one_name_to_the_page(form: ScriptedForm) -> None:
    form.page.add_init_script(
        """const known = Object.getOwnPropertyNames(window);
        window.added = () => Object.getOwnPropertyNames(window).filter(
          name => !known.includes(name))"""
    )
    form.open()
    form.pay()
    form.emit("SDK_PAYMENT_CANCEL")
    assert set(form.page.evaluate("added()")) == NAMES


PATCH = """() => {
  window.made = 0;
  window.patch = document.createElement = function (...args) {
    window.made += 1;
    return Document.prototype.createElement.apply(this, args);
  };
}"""


def test_another_scripts_own_create_element_stays(checkout: ScriptedForm) -> None:
    checkout.page.evaluate(PATCH)
    checkout.pay()
    made = checkout.page.evaluate("window.made")
    checkout.page.evaluate("document.createElement('style')")
    assert checkout.page.evaluate("window.made") == made + 1
    checkout.emit("SDK_PAYMENT_CANCEL")
    checkout.expect_free()
    assert checkout.page.evaluate("document.createElement === window.patch")


def test_the_focus_comes_back_without_scrolling(checkout: ScriptedForm) -> None:
    checkout.page.evaluate("document.body.style.paddingBottom = '300vh'")
    checkout.pay()
    checkout.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    before = checkout.page.evaluate("window.scrollY")
    assert before > 0
    checkout.emit("SDK_PAYMENT_CANCEL")
    checkout.expect_free()
    expect(checkout.button).to_be_focused()
    assert checkout.page.evaluate("window.scrollY") == before


# An SDK that cannot be had


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


# What the shop answers


PROBLEMS = [
    (400, "invalid_request", "open for too long"),
    (404, "order_not_found", "cannot find this order"),
    (409, "order_already_paid", "already paid"),
    (422, "method_not_offered", "not offered here"),
    (422, "payment_refused", "cannot be used"),
    (400, "", "open for too long"),
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
    expect(checkout.status).to_contain_text("still checking your last attempt")
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
    expect(checkout.status).to_contain_text("still checking your last attempt")
    for asked in range(1, 4):
        run_until_answered(checkout.page, 1_000)
        assert len(checkout.shop.session_requests) == asked + 1
    expect(checkout.alert).to_contain_text("do not know yet")
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


# For those who do not see the page


def test_the_keyboard_alone_is_enough(checkout: ScriptedForm) -> None:
    checkout.page.keyboard.press("Tab")
    checkout.page.keyboard.press("ArrowDown")
    checkout.page.keyboard.press("Tab")
    checkout.page.keyboard.press("Enter")
    checkout.wait_for_calls(1)
    assert checkout.shop.session_requests[0]["paymentMethodType"] == "ALIPAY_CN"
    checkout.page.evaluate("sdk.emit('onClose')")
    expect(checkout.button).to_be_focused()


def test_it_fits_into_320_pixels(checkout: ScriptedForm) -> None:
    checkout.page.set_viewport_size({"width": 320, "height": 640})
    assert checkout.page.evaluate("document.documentElement.scrollWidth") <= 320
    for target in checkout.page.locator("label, button:visible").all():
        assert height_of(target) >= 44

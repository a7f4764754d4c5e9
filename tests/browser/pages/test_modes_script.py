"""``checkout.js`` in Chromium: what is drawn into the page, and the way out of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import SESSION, Answer, ScriptedShop, open_shop
from tests.browser.payment_form import height_of

IN_PAGE = ["?mode=element", "?mode=page", "?embedded"]
OPTIONS = ["environment", "locale", "onClose", "onError", "onEventCallback", "onLog"]


@pytest.fixture
def element(form: ScriptedForm) -> ScriptedForm:
    """A Payment Element that stands."""
    form.open("?mode=element")
    form.draw()
    expect(form.button).to_be_enabled()
    return form


@pytest.fixture
def antoms(form: ScriptedForm) -> ScriptedForm:
    """A Checkout Page that stands in the shop's."""
    form.open("?mode=page")
    form.draw()
    return form


def submit(element: ScriptedForm, times: int = 1) -> None:
    """Press the button, and wait until the SDK was called."""
    element.button.click()
    expect(element.page.locator("html")).to_have_attribute(
        "data-sdk-submitted", str(times)
    )


def tell(element: ScriptedForm, **answer: Any) -> None:
    """Pay, and let the SDK answer."""
    submit(element)
    element.settle("answer", answer)


def is_ready_again(element: ScriptedForm) -> None:
    """The element stands, with all that the buyer has typed, and can be sent again."""
    expect(element.button).to_be_enabled()
    expect(element.button).to_be_focused()
    assert element.sdk("living") == 1
    assert len(element.shop.session_requests) == 1


# The Payment Element


def test_the_element_is_drawn_at_once(form: ScriptedForm) -> None:
    form.open("?mode=element")
    form.wait_for_calls(1)
    assert form.shop.session_requests == [
        {
            "orderReference": "A-1",
            "mode": "element",
            "paymentMethodTypes": ["GCASH", "ALIPAY_CN"],
        }
    ]
    assert form.sdk("params") == [{"type": "payment", "notRedirectAfterComplete": True}]
    assert form.page.locator(form.sdk("selectors[0]")).count() == 1
    assert form.sdk("options[0].sessionData") == SESSION["paymentSessionData"]
    assert sorted(form.sdk("options.map(Object.keys)[0]")) == [*OPTIONS, "sessionData"]


def test_the_element_gets_its_button_once_it_is_there(form: ScriptedForm) -> None:
    form.open("?mode=element")
    form.wait_for_calls(1)
    expect(form.status).to_have_text("Loading the ways to pay…")
    expect(form.place).to_have_attribute("aria-busy", "true")
    expect(form.button).to_be_hidden()
    form.draw()
    expect(form.status).to_have_text("Choose how to pay, then press the button.")
    expect(form.button).to_be_enabled()
    # Nobody has pressed anything yet.
    assert form.page.evaluate("document.activeElement === document.body")


def test_a_double_click_sends_the_element_once(element: ScriptedForm) -> None:
    element.button.dblclick()
    expect(element.status).to_have_text("Checking your payment…")
    expect(element.button).to_be_disabled()
    assert element.sdk("submitted") == 1


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        ({"status": "SUCCESS"}, "antom:success"),
        ({"status": "PROCESSING"}, "antom:processing"),
        ({"status": "PENDING"}, "antom:processing"),
        # Of these nobody knows what became of the payment:
        ({"status": "FAIL", "userCanceled3D": True}, "antom:processing"),
        ({"status": "ANYTHING_NEW"}, "antom:processing"),
        ({}, "antom:processing"),
        (
            {"status": "FAIL", "error": {"code": "PAYMENT_RESULT_TIMEOUT"}},
            "antom:processing",
        ),
        ({"error": {"code": "SYSTEM_ERROR"}}, "antom:processing"),
    ],
    ids=str,
)
def test_the_server_is_asked_what_became_of_it(
    element: ScriptedForm, answer: dict[str, Any], event: str
) -> None:
    tell(element, **answer)
    element.page.wait_for_url(element.shop.result)
    assert element.event_types() == [event]


def test_a_submit_that_throws_is_of_unknown_outcome(element: ScriptedForm) -> None:
    element.page.evaluate("window.sdkFault = 'submitPayment'")
    element.button.click()
    element.page.wait_for_url(element.shop.result)
    assert element.event_types() == ["antom:processing"]


def test_a_submit_that_breaks_is_of_unknown_outcome(element: ScriptedForm) -> None:
    submit(element)
    element.settle("refuse")
    element.page.wait_for_url(element.shop.result)
    assert element.event_types() == ["antom:processing"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": "FAIL"}, "did not go through"),
        ({"status": "FAIL", "error": {"code": "RISK_REJECT"}}, "declined the payment"),
        ({"error": {"code": "FORM_INVALID"}}, "card details are not right"),
        ({"error": {"code": "ANYTHING_NEW", "message": "m"}}, "did not go through"),
    ],
    ids=str,
)
def test_a_failure_is_tried_again_in_the_same_session(
    element: ScriptedForm, answer: dict[str, Any], words: str
) -> None:
    tell(element, **answer)
    expect(element.alert).to_contain_text(words)
    is_ready_again(element)
    assert element.event_types() == ["antom:fail"]
    submit(element, 2)
    expect(element.alert).to_be_empty()


def test_a_refused_promise_with_a_code_is_a_failure(element: ScriptedForm) -> None:
    submit(element)
    element.settle("refuse", {"code": "USER_BALANCE_NOT_ENOUGH"})
    expect(element.alert).to_contain_text("Your balance is not enough")
    is_ready_again(element)


@pytest.mark.parametrize(
    "answer", [{"status": "CANCELLED"}, {"error": {"code": "USER_CANCELED"}}], ids=str
)
def test_leaving_the_element_is_told_politely(
    element: ScriptedForm, answer: dict[str, Any]
) -> None:
    tell(element, **answer)
    expect(element.status).to_contain_text("You left the payment")
    expect(element.alert).to_be_empty()
    is_ready_again(element)
    assert element.event_types() == ["antom:cancel"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {"error": {"code": "ANYTHING_NEW", "needChangeSessionForRetry": True}},
            "did not go through",
        ),
        ({"error": {"code": "PAYMENT_AMOUNT_EXCEED_LIMIT"}}, "over a limit"),
        ({"error": {"code": "ORDER_IS_CLOSED"}}, "time to pay has run out"),
    ],
    ids=str,
)
def test_where_the_session_is_spent_a_click_draws_a_new_one(
    element: ScriptedForm, answer: dict[str, Any], words: str
) -> None:
    tell(element, **answer)
    expect(element.alert).to_contain_text(words)
    expect(element.button).to_be_enabled()
    assert (element.sdk("living"), element.sdk("destroyed")) == (0, 1)
    assert len(element.shop.session_requests) == 1
    assert element.event_types() == ["antom:fail"]
    element.button.click()
    element.wait_for_calls(2)
    assert element.shop.session_requests[1]["spentRequestId"] == "R-1"
    element.settle("resolve", {})
    expect(element.button).to_be_enabled()


def test_the_page_can_say_of_the_element_in_its_own_words(
    element: ScriptedForm,
) -> None:
    element.prevent("antom:fail")
    tell(element, status="FAIL")
    is_ready_again(element)
    expect(element.alert).to_be_empty()
    expect(element.status).to_be_empty()


def test_what_the_element_reports_beside_its_answer_is_told_once(
    element: ScriptedForm,
) -> None:
    submit(element)
    element.emit("SDK_PAYMENT_FAIL")
    expect(element.button).to_be_disabled()
    element.settle("answer", {"status": "FAIL"})
    is_ready_again(element)
    assert element.event_types() == ["antom:fail"]


def test_a_fault_ends_an_element_that_was_sent(element: ScriptedForm) -> None:
    submit(element)
    element.emit("SDK_LAUNCH_PAYMENT_APP_ERROR")
    expect(element.alert).to_contain_text("app could not be opened")
    element.expect_free()
    element.settle("answer", {"status": "FAIL"})
    assert element.event_types() == ["antom:error"]


def test_an_element_that_pays_by_itself_leads_to_the_result(
    element: ScriptedForm,
) -> None:
    element.emit("SDK_PAYMENT_SUCCESSFUL")
    element.page.wait_for_url(element.shop.result)
    assert element.event_types() == ["antom:success"]


@pytest.mark.parametrize(
    ("how", "value", "words"),
    [
        ("resolve", {"error": {"code": "PARAM_INVALID"}}, "could not be started"),
        ("resolve", {"error": {"code": "KEY_NOT_FOUND"}}, "is not available"),
        ("reject", {"code": "SDK_CREATE_COMPONENT_ERROR"}, "could not be started"),
        ("reject", None, "could not be started"),
    ],
    ids=str,
)
def test_an_element_that_cannot_be_drawn_is_a_fault(
    form: ScriptedForm, how: str, value: Any, words: str
) -> None:
    form.open("?mode=element")
    form.wait_for_calls(1)
    form.settle(how, value)
    expect(form.alert).to_contain_text(words)
    form.expect_free()
    assert form.event_types() == ["antom:error"]
    form.pay()  # once more
    spent = form.shop.session_requests[1].get("spentRequestId")
    assert spent == ("R-1" if "not available" in words else None)


def test_a_failure_ends_the_way_to_a_wallet(element: ScriptedForm) -> None:
    element.page.clock.install()
    element.emit("SDK_CALL_URL_SUCCESS")
    tell(element, status="FAIL")
    is_ready_again(element)
    element.page.clock.fast_forward(15_000)
    submit(element, 2)
    element.emit("SDK_CALL_URL_SUCCESS")
    element.page.clock.fast_forward(15_000)
    assert element.sdk("living") == 1
    assert element.event_types() == ["antom:redirect", "antom:fail", "antom:redirect"]
    element.settle("answer", {"status": "SUCCESS"})
    element.page.wait_for_url(element.shop.result)


def test_an_element_that_is_done_leaves_no_room(element: ScriptedForm) -> None:
    element.prevent("antom:success")
    tell(element, status="SUCCESS")
    expect(element.button).to_be_enabled()
    assert element.place.evaluate("place => place.style.minHeight") == ""


def test_an_element_leaves_no_more_room_than_the_next_one_takes(
    element: ScriptedForm,
) -> None:
    element.page.evaluate(
        "document.querySelector('#scripted-sdk').style.height = '700px'"
    )
    tell(element, error={"code": "ORDER_IS_CLOSED"})
    expect(element.alert).not_to_be_empty()
    assert height_of(element.place) == 700
    element.button.click()
    element.wait_for_calls(2)
    element.page.evaluate("sdk.grow('250px')")
    element.settle("resolve", {})
    expect(element.button).to_be_enabled()
    assert height_of(element.place) == 250


@pytest.mark.parametrize("fault", ["constructor", "mount"])
def test_an_element_that_throws_is_a_fault(form: ScriptedForm, fault: str) -> None:
    form.page.add_init_script(f"window.sdkFault = '{fault}'")
    form.open("?mode=element")
    expect(form.alert).to_contain_text("could not be loaded")
    form.expect_free()
    assert form.events[-1]["code"] == "sdk_failed"


# The Checkout Page


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
    expect(antoms.button).to_be_hidden()
    assert antoms.sdk("living") == 1
    antoms.emit("SDK_PAYMENT_SUCCESSFUL")
    antoms.page.wait_for_url(antoms.shop.result)
    assert antoms.event_types() == ["antom:fail", "antom:success"]


@pytest.mark.parametrize(
    "code", ["SDK_PAYMENT_CLICK_BACK_TO_MERCHANT", "SDK_PAYMENT_CANCEL"]
)
def test_the_way_back_from_the_checkout_page(antoms: ScriptedForm, code: str) -> None:
    antoms.emit(code)
    expect(antoms.status).to_contain_text("You left the payment")
    antoms.expect_free()
    assert antoms.event_types() == ["antom:cancel"]
    antoms.pay()  # draws it again
    assert antoms.sdk("living") == 1


def test_a_spent_session_of_the_checkout_page_is_replaced(antoms: ScriptedForm) -> None:
    antoms.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "ORDER_IS_CLOSED"})
    expect(antoms.alert).to_contain_text("time to pay has run out")
    antoms.button.click()
    antoms.wait_for_calls(2)
    assert antoms.shop.session_requests[1]["spentRequestId"] == "R-1"
    assert antoms.sdk("living") == 1


# The cashier in the page


def test_the_cashier_can_stand_in_the_page(form: ScriptedForm) -> None:
    form.open("?embedded")
    assert form.shop.session_requests == []
    form.page.get_by_label("Alipay").check()
    form.pay()
    expect(form.status).to_have_text("Loading the ways to pay…")
    assert form.shop.session_requests[0]["paymentMethodType"] == "ALIPAY_CN"
    assert form.page.locator(form.sdk("selectors[0]")).count() == 1
    form.emit("SDK_END_OF_LOADING")
    expect(form.place).to_have_attribute("aria-busy", "false")
    expect(form.button).to_be_hidden()
    expect(form.status).to_be_empty()
    form.emit("SDK_PAYMENT_FAIL")
    expect(form.alert).to_contain_text("did not go through")
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
    methods = [asked["paymentMethodType"] for asked in form.shop.session_requests]
    assert methods == ["GCASH", "ALIPAY_CN"]
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


# All of them


@pytest.mark.whole_chromium
@pytest.mark.parametrize("query", IN_PAGE[:2])
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
    assert form.shop.requested_orders() == [
        "A-1",
        "A-2",
    ]
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
    """Let the SDK say that it leads away, and stay where it is."""
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


# The way to Antom's own page


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
            "paymentMethodType": ["GCASH"],
        }
    ]


def test_elsewhere_it_is_not_offered(checkout: ScriptedForm) -> None:
    for code in ["order_already_paid", "order_not_found"]:
        checkout.shop.session_answers = [Answer(409, {"code": code})]
        checkout.button.click()
        expect(checkout.alert).not_to_be_empty()
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


@pytest.mark.parametrize("query", ["", *IN_PAGE])
def test_without_javascript_every_form_leads_to_antoms_page(
    browser: Browser, shop: ScriptedShop, query: str
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(shop.checkout + query)
        page.get_by_role("button", name="Pay now").click()
        expect(page.get_by_role("heading")).to_have_text("Antom's own page")


# What is told to whom


@pytest.mark.parametrize("query", ["", "?mode=element"])
def test_a_fault_is_reported_to_the_shop_once(form: ScriptedForm, query: str) -> None:
    form.open(query)
    if not query:
        form.button.click()
    form.wait_for_calls(1)
    fault = {"code": "SDK_CREATECOMPONENT_ERROR", "message": "Load resource timeout"}
    with form.page.expect_response("**/antom/report"):
        form.emit(**fault, channel="onError")
        form.emit(**fault)
        form.settle("reject", fault)
    form.expect_free()
    assert form.shop.reports == [
        {
            "code": "SDK_CREATECOMPONENT_ERROR",
            "resultCode": "",
            "mode": "element" if query else "cashier",
            "method": "GCASH",
        }
    ]


def test_what_buyers_do_is_not_reported(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.emit("SDK_PAYMENT_FAIL")
    checkout.pay()
    checkout.emit("SDK_PAYMENT_CANCEL")
    checkout.expect_free()
    checkout.page.goto(checkout.shop.result)
    assert checkout.shop.reports == []


def test_the_debug_panel_lists_the_events_the_newest_first(form: ScriptedForm) -> None:
    with open_shop(ANTOM_DEBUG_PANEL=True) as form.shop:
        form.open("?mode=element")
        form.draw()
        tell(form, status="FAIL", error={"code": "RISK_REJECT", "message": "<b>no</b>"})
        items = form.page.locator(".antom-debug li")
        expect(items).to_have_text(
            [
                re.compile(r" s · antom:fail · RISK_REJECT · RISK_REJECT · <b>no</b>$"),
                re.compile(r" s · antom:event · RISK_REJECT · .* · <b>no</b>$"),
                re.compile(r"^\d+\.\d s · antom:session$"),
            ]
        )
        assert SESSION["paymentSessionData"] not in form.page.content()

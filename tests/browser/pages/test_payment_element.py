"""``checkout.js`` with a Payment Element in the page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.pages.scripted_form import OPTIONS, ScriptedForm
from tests.browser.pages.scripted_shop import SESSION
from tests.browser.payment_form import height_of


@pytest.fixture
def element(form: ScriptedForm) -> ScriptedForm:
    """A Payment Element that stands."""
    form.open("?mode=element")
    form.draw()
    expect(form.button).to_be_enabled()
    return form


def is_ready_again(element: ScriptedForm) -> None:
    """The element stands, with all that the buyer has typed, and can be sent again."""
    expect(element.button).to_be_enabled()
    expect(element.button).to_be_focused()
    assert element.sdk("living") == 1
    assert len(element.shop.session_requests) == 1


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
    expect(form.status).to_have_text("How would you like to pay?")
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
    element.submit_and_answer(**answer)
    element.page.wait_for_url(element.shop.result)
    assert element.event_types() == [event]


def test_a_submit_that_throws_is_of_unknown_outcome(element: ScriptedForm) -> None:
    element.page.evaluate("window.sdkFault = 'submitPayment'")
    element.button.click()
    element.page.wait_for_url(element.shop.result)
    assert element.event_types() == ["antom:processing"]


def test_a_submit_that_breaks_is_of_unknown_outcome(element: ScriptedForm) -> None:
    element.submit()
    element.settle("refuse")
    element.page.wait_for_url(element.shop.result)
    assert element.event_types() == ["antom:processing"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": "FAIL"}, "Payment not completed. Try again"),
        ({"status": "FAIL", "error": {"code": "RISK_REJECT"}}, "declined the payment"),
        ({"error": {"code": "FORM_INVALID"}}, "card details are not correct"),
        (
            {"error": {"code": "ANYTHING_NEW", "message": "m"}},
            "Payment not completed. Try again",
        ),
    ],
    ids=str,
)
def test_a_failure_is_tried_again_in_the_same_session(
    element: ScriptedForm, answer: dict[str, Any], words: str
) -> None:
    element.submit_and_answer(**answer)
    expect(element.alert).to_contain_text(words)
    is_ready_again(element)
    assert element.event_types() == ["antom:fail"]
    element.submit(2)
    expect(element.alert).to_be_empty()


def test_a_refused_promise_with_a_code_is_a_failure(element: ScriptedForm) -> None:
    element.submit()
    element.settle("refuse", {"code": "USER_BALANCE_NOT_ENOUGH"})
    expect(element.alert).to_contain_text("Your balance is too low")
    is_ready_again(element)


@pytest.mark.parametrize(
    "answer", [{"status": "CANCELLED"}, {"error": {"code": "USER_CANCELED"}}], ids=str
)
def test_leaving_the_element_is_told_politely(
    element: ScriptedForm, answer: dict[str, Any]
) -> None:
    element.submit_and_answer(**answer)
    expect(element.status).to_contain_text("You can continue whenever")
    expect(element.alert).to_be_empty()
    is_ready_again(element)
    assert element.event_types() == ["antom:cancel"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {"error": {"code": "ANYTHING_NEW", "needChangeSessionForRetry": True}},
            "Payment not completed. Try again",
        ),
        ({"error": {"code": "PAYMENT_AMOUNT_EXCEED_LIMIT"}}, "above the limit"),
        ({"error": {"code": "ORDER_IS_CLOSED"}}, "time to pay is over"),
    ],
    ids=str,
)
def test_where_the_session_is_spent_a_click_draws_a_new_one(
    element: ScriptedForm, answer: dict[str, Any], words: str
) -> None:
    element.submit_and_answer(**answer)
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
    element.submit_and_answer(status="FAIL")
    is_ready_again(element)
    expect(element.alert).to_be_empty()
    expect(element.status).to_be_empty()


def test_what_the_element_reports_beside_its_answer_is_told_once(
    element: ScriptedForm,
) -> None:
    element.submit()
    element.emit("SDK_PAYMENT_FAIL")
    expect(element.button).to_be_disabled()
    element.settle("answer", {"status": "FAIL"})
    is_ready_again(element)
    assert element.event_types() == ["antom:fail"]


def test_a_fault_ends_an_element_that_was_sent(element: ScriptedForm) -> None:
    element.submit()
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
    element.submit_and_answer(status="FAIL")
    is_ready_again(element)
    element.page.clock.fast_forward(15_000)
    element.submit(2)
    element.emit("SDK_CALL_URL_SUCCESS")
    element.page.clock.fast_forward(15_000)
    assert element.sdk("living") == 1
    assert element.event_types() == ["antom:redirect", "antom:fail", "antom:redirect"]
    element.settle("answer", {"status": "SUCCESS"})
    element.page.wait_for_url(element.shop.result)


def test_an_element_that_is_done_leaves_no_room(element: ScriptedForm) -> None:
    element.prevent("antom:success")
    element.submit_and_answer(status="SUCCESS")
    expect(element.button).to_be_enabled()
    assert element.place.evaluate("place => place.style.minHeight") == ""


def test_an_element_leaves_no_more_room_than_the_next_one_takes(
    element: ScriptedForm,
) -> None:
    element.page.evaluate(
        "document.querySelector('#scripted-sdk').style.height = '700px'"
    )
    element.submit_and_answer(error={"code": "ORDER_IS_CLOSED"})
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

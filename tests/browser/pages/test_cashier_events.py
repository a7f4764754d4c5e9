"""How ``checkout.js`` handles the events of the SDK's pop-up."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import SESSION

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
    expect(checkout.status).to_contain_text("You can continue whenever")
    expect(checkout.alert).to_be_empty()
    checkout.expect_free()
    assert checkout.event_types() == ["antom:cancel"]


def test_closing_the_pop_up_is_leaving(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.page.evaluate("sdk.emit('onClose')")
    expect(checkout.status).to_contain_text("You can continue whenever")
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
        assert checkout.events[-1]["code"] == "SDK_INTERNAL_ERROR"
    expect(checkout.button).to_be_disabled()
    assert checkout.sdk("living") == 1
    assert checkout.event_types() == []


NO_APP = ["SDK_CALL_URL_ERROR", "SDK_LAUNCH_PAYMENT_APP_ERROR"]


def test_an_app_that_does_not_open_is_one_error(checkout: ScriptedForm) -> None:
    for asked, code in enumerate(NO_APP, start=1):
        checkout.events.clear()
        checkout.pay()
        checkout.emit("SDK_END_OF_LOADING")
        checkout.emit(code)
        expect(checkout.alert).to_contain_text("app could not be opened")
        checkout.expect_free()
        assert checkout.event_types() == ["antom:error"]
        assert checkout.shop.status_requests == asked


@pytest.mark.parametrize("code", NO_APP)
def test_before_the_window_stands_no_app_is_spoken_of(
    checkout: ScriptedForm, code: str
) -> None:
    checkout.pay()
    checkout.emit(code)
    expect(checkout.alert).to_contain_text("form could not be loaded")
    expect(checkout.hosted).to_be_visible()
    checkout.expect_free()


@pytest.mark.parametrize("status", ["succeeded", "authorized", "review", "pending"])
@pytest.mark.parametrize(
    "code",
    ["SDK_PAYMENT_FAIL", "SDK_PAYMENT_CANCEL", "SDK_CREATECOMPONENT_ERROR", *NO_APP],
)
def test_whoever_has_paid_elsewhere_is_never_told_to_pay_again(
    checkout: ScriptedForm, code: str, status: str
) -> None:
    checkout.shop.status_answer = status
    checkout.pay()
    checkout.emit("SDK_END_OF_LOADING")
    checkout.emit(code)
    checkout.page.wait_for_url(checkout.shop.result)
    assert checkout.event_types() == ["antom:processing"]
    assert checkout.events[-1]["code"] == status


@pytest.mark.parametrize("status", ["failed", None])
def test_a_failure_is_told_whatever_else_the_shop_says(
    checkout: ScriptedForm, status: str | None
) -> None:
    checkout.shop.status_answer = status
    checkout.pay()
    checkout.emit("SDK_PAYMENT_FAIL")
    expect(checkout.alert).to_contain_text("Payment not completed. Try again")
    assert checkout.shop.status_requests == 1


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
    for channel in ("onEventCallback", "onError"):
        checkout.page.evaluate(f"sdk.emit('{channel}')")
    checkout.expect_free()
    assert checkout.event_types() == ["antom:error"]

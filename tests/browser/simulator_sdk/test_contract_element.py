"""The stand-in and Antom's own bundle call back alike: AMSElement."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.page_clock import stop_clock
from tests.browser.simulator_sdk.contract import (
    ANSWER,
    CHECKOUT,
    ELEMENT,
    SESSION,
    ContractPage,
)
from tests.browser.simulator_sdk.sdk_page import PARAMETER

LOADING = [["onStartLoading", "", None], ["onEndLoading", "", None]]
WRONG = {
    "code": "PARAM_INVALID",
    "message": "An error occurred. The transaction cannot be initiated.",
}
STATE = WRONG | {"code": "UI_STATE_ERROR"}


def test_an_element_is_mounted_and_submitted(contract: ContractPage) -> None:
    contract.open()

    assert contract.mount() == {}
    assert contract.page.evaluate("element.validateFields()") == {"isValid": True}
    assert contract.submit_payment() == {"status": "SUCCESS"}
    assert contract.callbacks() == LOADING * 2
    container = contract.page.locator("#place > #ams-component-container-place")
    frame = container.locator("iframe[id='antom-sdk-web-app-#place']")
    assert frame.evaluate("frame => [frame.style.height, frame.style.opacity]") == [
        "300px",
        "1",
    ]


def test_an_elements_fields_may_be_wrong(contract: ContractPage) -> None:
    for is_wrong in [True, False]:
        contract.validate = "answer({success: true, data: {isValid: false}});"
        if not is_wrong:
            contract.validate = "answer({success: true});"
        contract.open()
        contract.mount()

        assert contract.page.evaluate("element.validateFields()") == {"isValid": False}


def test_an_element_says_whether_a_new_session_is_needed(
    contract: ContractPage,
) -> None:
    for said, hint, needs_session in [
        ("", None, None),
        ("", True, True),
        (", needChangeSessionForRetry: true", False, True),
    ]:
        if hint is not None:
            contract.query["notSupportRetryPayForSameSession"] = hint
        contract.submit = (
            "answer({success: true, data: {status: 'FAIL', userCanceled3D: true,"
            f" error: {{code: 'RISK_REJECT', message: 'm'{said}}}}}}});"
        )
        contract.open()
        contract.mount()

        assert contract.submit_payment() == {
            "status": "FAIL",
            "userCanceled3D": True,
            "error": {
                "code": "RISK_REJECT",
                "message": "m",
                "needChangeSessionForRetry": needs_session,
            },
        }


def test_an_element_may_answer_by_an_event(contract: ContractPage) -> None:
    contract.submit = "say('onSubmitPayCallback', {status: 'PROCESSING'});"
    contract.open()
    contract.mount()

    assert contract.submit_payment() == {"status": "PROCESSING"}
    assert contract.callbacks() == LOADING * 2


def test_an_elements_empty_answer_is_a_failure(contract: ContractPage) -> None:
    contract.submit = "answer();"
    contract.open()
    contract.mount()

    assert contract.submit_payment() == {
        "status": "FAIL",
        "error": WRONG
        | {
            "code": "ERR_DATA_STRUCT_UNRECOGNIZED",
            "context": "{}",
            "needChangeSessionForRetry": None,
        },
    }


def test_two_submissions_are_answered_each(contract: ContractPage) -> None:
    contract.submit = """
      window.first = window.first || said.eventCallbackId;
      if (window.first === said.eventCallbackId) return;
      answer({success: true, data: {status: 'FAIL'}});
      say(first, {success: true, data: {status: 'SUCCESS'}});
    """
    contract.open()
    contract.mount()

    both = "() => Promise.all([element.submitPayment(), element.submitPayment()])"
    assert contract.page.evaluate(both) == [{"status": "SUCCESS"}, {"status": "FAIL"}]
    assert contract.callbacks() == LOADING * 2


def test_an_elements_events_are_passed_on(contract: ContractPage) -> None:
    contract.submit = """
      parent.postMessage("not JSON", "*");
      say('onEventCallback', {code: 'SDK_NEW'});
      answer({success: true, data: {status: 'SUCCESS'}});
    """
    contract.open()
    contract.mount()
    contract.submit_payment()

    event = ["onEventCallback", "SDK_NEW", ""]
    assert contract.callbacks() == [*LOADING, LOADING[0], event, LOADING[1]]


def test_an_element_does_not_listen_to_strangers(contract: ContractPage) -> None:
    contract.open()
    contract.mount()
    contract.page.evaluate(
        """() => {
          var frame = document.querySelector("#place iframe");
          var id = new URL(frame.src).searchParams.get("instanceId");
          function forge(message, origin) {
            window.dispatchEvent(new MessageEvent("message", {origin: origin,
              data: JSON.stringify(Object.assign({name: "APP_TO_SDK", instanceId: id,
                context: {event: "onEventCallback", data: {code: "SDK_FORGED"}}
              }, message))}));
          }
          forge({}, "https://stranger.example");
          forge({instanceId: "other"}, new URL(frame.src).origin);
          forge({name: "SDK_TO_APP"}, new URL(frame.src).origin);
        }"""
    )

    assert contract.submit_payment() == {"status": "SUCCESS"}
    assert contract.callbacks() == LOADING * 2


@pytest.mark.parametrize("is_bare", [True, False])
def test_an_elements_redirect_is_told_and_happens(
    contract: ContractPage, is_bare: bool
) -> None:
    target = f"{contract.origin}/stand-in?back"
    data = f"'{target}'" if is_bare else f"{{normalUrl: '{target}'}}"
    contract.submit = f"say('onRedirect', {data});"
    contract.open()
    contract.mount()
    contract.page.evaluate("() => { element.submitPayment(); }")
    contract.page.wait_for_url(target)

    words = f"Successfully opened the app,NormalUrl: {target}"
    event = ["onEventCallback", "SDK_CALL_URL_SUCCESS", words]
    assert contract.callbacks() == [*LOADING, LOADING[0], event]


def test_an_elements_redirect_to_nowhere_is_an_error(contract: ContractPage) -> None:
    contract.submit = "say('onRedirect', {});"
    contract.open()
    contract.mount()
    contract.page.evaluate("() => { element.submitPayment(); }")
    contract.wait_for_callback("SDK_LAUNCH_PAYMENT_APP_ERROR")

    words = "Failed to open app,applinkUrl:  schemeUrl:  normalUrl: "
    event = ["onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR", words]
    assert contract.callbacks() == [*LOADING, LOADING[0], event]


def test_an_element_without_a_session_throws(contract: ContractPage) -> None:
    contract.open()
    thrown = contract.page.evaluate(
        """() => ["", null, undefined].map(data => {
          try { makeElement(data); }
          catch (error) { return [error.name, error.message, error.errors]; }
        })"""
    )

    errors = [{"field": "sessionData", "message": "sessionData is empty"}]
    words = "Invalid config:\nsessionData: sessionData is empty"
    assert thrown == [["InvalidElementConfigError", words, errors]] * 3
    event = ["onEventCallback", "SDK_CREATE_COMPONENT_ERROR", "sessionData is empty"]
    assert contract.callbacks() == [event] * 3


def test_the_classes_need_options(contract: ContractPage) -> None:
    contract.open()
    thrown = contract.page.evaluate(
        """() => [AMSElement, AMSCheckoutPage].map(kind => {
          try { new kind(); } catch (error) { return error.name; }
        })"""
    )

    assert thrown == ["TypeError", "TypeError"]


def test_an_elements_session_needs_four_parts(contract: ContractPage) -> None:
    for data in ["garbage", "a&&SG&&111", "a&&SG&&111&&???"]:
        contract.open()

        assert contract.mount(data) == {"error": WRONG | {"context": "{}"}}
        assert [entry[:2] for entry in contract.callbacks()] == [
            ["onStartLoading", ""],
            ["onEventCallback", PARAMETER],
            ["onEndLoading", ""],
        ]


def test_an_element_needs_a_type(contract: ContractPage) -> None:
    contract.open()
    told = contract.page.evaluate(
        "data => makeElement(data).mount({}, '#place')",
        ELEMENT,
    )

    assert told == {"error": WRONG | {"context": "{}"}}
    assert contract.callbacks()[1][:2] == ["onEventCallback", PARAMETER]


def test_an_elements_session_needs_a_config(contract: ContractPage) -> None:
    contract.open()

    error = contract.mount("a&&SG&&111&&e30=")["error"]
    assert error["code"] == "INITIALIZE_API_TIMEOUT"
    event = ["onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR", "Failed to launch app"]
    assert contract.callbacks() == [*LOADING, event]
    assert contract.page.locator("iframe").count() == 0


def test_an_element_takes_the_session_of_another_scene(contract: ContractPage) -> None:
    for data in [SESSION, CHECKOUT]:
        contract.open()

        assert contract.mount(data) == {}


def test_an_element_needs_a_place(contract: ContractPage) -> None:
    contract.open()

    assert contract.mount(place="#nowhere") == {"error": WRONG}
    words = "Element with selector #nowhere not found."
    event = ["onEventCallback", "SDK_CREATE_COMPONENT_ERROR", words]
    assert contract.callbacks() == [event]
    thrown = contract.page.evaluate(
        "() => element.mount({type: 'payment'}, '###').catch(error => error.name)"
    )
    assert thrown == "SyntaxError"


#: Answers of the gateway, and the error that they lead to.
USELESS: list[tuple[dict[str, Any], str, str | None]] = [
    (
        {"success": False, "errorCode": "ORDER_IS_CLOSED", "errorMessage": "m"},
        "ORDER_IS_CLOSED",
        "m",
    ),
    (
        {"success": False, "errorCode": "INQUIRY_PAYMENT_SESSION_FAILED"},
        "INQUIRY_PAYMENT_SESSION_FAILED",
        "The order status is abnormal. Please check the payment status and contact"
        " the merchant.",
    ),
    (
        {"success": False, "errorCode": "REPEAT_REQ_REJECT"},
        "REPEAT_REQ_REJECT",
        "The order status is abnormal. Please check the payment status and contact"
        " the merchant.",
    ),
    ({"success": False}, "ERR_DATA_STRUCT_UNRECOGNIZED", WRONG["message"]),
    ({"success": True}, "ERR_DATA_STRUCT_UNRECOGNIZED", WRONG["message"]),
    (ANSWER | {"paymentMethods": []}, "ERR_DATA_STRUCT_UNRECOGNIZED", None),
    (ANSWER | {"orderAmountView": None}, "ERR_DATA_STRUCT_UNRECOGNIZED", None),
]


def test_an_elements_session_may_be_of_no_use(contract: ContractPage) -> None:
    for query, code, words in USELESS:
        contract.query = query
        contract.open()

        message = WRONG["message"] if words is None else words
        error = {"code": code, "message": message, "traceId": ""}
        assert contract.mount() == {"error": error}
        contract.wait_for_callback("onEndLoading")
        assert contract.callbacks() == LOADING
        assert contract.submit_payment() == {"status": "SUCCESS"}


def test_an_element_is_mounted_once(contract: ContractPage) -> None:
    contract.open()
    contract.mount()
    again = contract.page.evaluate("() => element.mount({type: 'payment'}, '#place')")

    assert again == {"error": STATE}
    event = ["onEventCallback", "SDK_CREATE_COMPONENT_ERROR", "SDK status error."]
    assert contract.callbacks() == [*LOADING, event]
    assert contract.page.locator("#place iframe").count() == 1


def test_an_element_does_nothing_before_it_is_mounted(contract: ContractPage) -> None:
    contract.open()
    told = contract.page.evaluate(
        """data => { window.element = makeElement(data);
          return Promise.all([element.validateFields(), element.submitPayment()]); }""",
        ELEMENT,
    )

    error = STATE | {"needChangeSessionForRetry": False}
    assert told == [{"isValid": False}, {"status": "FAIL", "error": error}]
    assert contract.callbacks() == []


def test_an_element_that_is_destroyed_is_gone(contract: ContractPage) -> None:
    contract.open()
    contract.mount()
    overflow = contract.page.evaluate(
        "() => { element.destroy(); return document.body.style.overflow; }"
    )
    again = contract.page.evaluate("() => element.mount({type: 'payment'}, '#place')")

    assert overflow == "auto"
    assert contract.page.locator("#place > *").count() == 0
    assert again == {"error": STATE}
    assert contract.submit_payment()["error"]["code"] == "UI_STATE_ERROR"
    words = "Creating components in the destroyed state is forbidden."
    event = ["onEventCallback", "SDK_CREATE_COMPONENT_ERROR", words]
    assert contract.callbacks() == [*LOADING, event]


def test_after_destroy_another_element_is_mounted(contract: ContractPage) -> None:
    contract.open()
    contract.mount()
    contract.page.evaluate("() => element.destroy()")

    assert contract.mount() == {}
    assert contract.submit_payment() == {"status": "SUCCESS"}
    assert contract.callbacks() == LOADING * 3


def test_a_frame_may_take_the_element_away(contract: ContractPage) -> None:
    contract.submit = "say('onDestroy', {});"
    contract.open()
    contract.mount()
    contract.page.evaluate("() => { element.submitPayment(); }")
    contract.page.locator("#place iframe").wait_for(state="detached")

    assert contract.callbacks() == LOADING * 2
    again = contract.page.evaluate("() => element.mount({type: 'payment'}, '#place')")
    assert again == {}


def test_a_silent_element_is_given_up_after_10_seconds(contract: ContractPage) -> None:
    contract.launches = False
    stop_clock(contract.page)
    contract.open()
    contract.page.evaluate(
        """data => { window.element = makeElement(data);
          element.mount({type: 'payment'}, '#place').then(
            told => note("mounted", told.error)); }""",
        ELEMENT,
    )
    contract.page.locator("iframe").wait_for(state="attached")
    contract.page.clock.run_for(9_000)
    assert contract.callbacks() == LOADING[:1]
    invalid = contract.page.evaluate("() => element.validateFields()")
    contract.page.clock.run_for(1_000)

    assert invalid == {"isValid": False}
    words = "An error occurred; the transaction cannot be initiated."
    assert contract.callbacks() == [
        *LOADING,
        ["onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR", "Load app time out"],
        ["mounted", "INITIALIZE_WEB_TIMEOUT", words],
    ]
    assert contract.page.locator("iframe").count() == 0


def test_an_elements_frame_is_told_the_environment(contract: ContractPage) -> None:
    for environment in ["sandbox", "prod", "Sandbox", None]:
        contract.open()
        mounted = contract.page.evaluate(
            """([data, environment]) =>
              makeElement(data, {environment: environment}).mount(
                {type: 'payment'}, '#place')""",
            [ELEMENT, environment],
        )

        assert mounted == {}
        address = contract.page.locator("#place iframe").get_attribute("src") or ""
        query = parse_qs(urlsplit(address).query)
        assert ("shadow" in query) is (environment == "sandbox")
        assert query["displayType"] == ["inline"]
        assert query["instanceId"][0].endswith("-payment")
        assert query["refUrl"] == [contract.url]


def test_an_element_does_not_load_when_a_callback_throws(
    contract: ContractPage,
) -> None:
    contract.open()
    rejected = contract.page.evaluate(
        """data => makeElement(data, {loading: {onStartLoading: () => {
          throw new Error("mine"); }}}).mount({type: 'payment'}, '#place').catch(
            error => error.message)""",
        ELEMENT,
    )

    assert rejected == "mine"
    assert contract.page.locator("iframe").count() == 0


def test_only_other_products_elements_are_updated(contract: ContractPage) -> None:
    contract.open()
    contract.mount()

    assert (
        contract.page.evaluate("data => element.updatePayment(data)", ELEMENT) is False
    )

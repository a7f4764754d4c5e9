"""The stand-in and Antom's own bundle call back alike: AMSCashierPayment."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.browser.simulator_sdk.contract import ELEMENT, SESSION, ContractPage
from tests.browser.simulator_sdk.sdk_page import END, PARAMETER, START


def test_codes_are_passed_on(contract: ContractPage) -> None:
    for code in ["SDK_PAYMENT_SUCCESSFUL", "SDK_NEW"]:
        contract.scenario = f"say('onEventCallback', {{code: '{code}', message: 'm'}});"
        contract.open()
        contract.create()
        contract.wait_for_callback(code)

        assert contract.callbacks() == [START, END, ["onEventCallback", code, "m"]]
        assert contract.page.locator("#ams-component-container iframe").count() == 1


def test_a_redirect_is_told_and_happens(contract: ContractPage) -> None:
    target = f"{contract.origin}/stand-in?back"
    contract.scenario = f"say('onRedirect', {{normalUrl: '{target}'}});"
    contract.open()
    contract.create()
    contract.page.wait_for_url(target)

    assert contract.callbacks() == [
        START,
        END,
        [
            "onEventCallback",
            "SDK_CALL_URL_SUCCESS",
            f"Successfully opened the app,NormalUrl: {target}",
        ],
    ]


def test_a_redirect_to_nowhere_is_an_error(contract: ContractPage) -> None:
    contract.scenario = "say('onRedirect', {});"
    contract.open()
    contract.create()
    contract.wait_for_callback("SDK_LAUNCH_PAYMENT_APP_ERROR")

    assert contract.callbacks() == [
        START,
        END,
        [
            "onEventCallback",
            "SDK_LAUNCH_PAYMENT_APP_ERROR",
            "Failed to open app,applinkUrl:  schemeUrl:  normalUrl: ",
        ],
    ]


@pytest.mark.parametrize("declares", [False, True])
def test_leaving_is_asked_about(contract: ContractPage, declares: bool) -> None:
    if declares:
        contract.scenario = (
            "say('declareEventCallbackInfo', {popWindowEventInfo: {"
            "enableCallback: true, eventName: 'SDK_PAYMENT_CANCEL'}});"
        )
    contract.scenario += "say('onEventCallback', {code: 'SDK_READY', message: ''});"
    contract.open()
    contract.create()
    contract.wait_for_callback("SDK_READY")
    contract.page.locator("#asm-component-close-block").dispatch_event("click")
    contract.page.locator("#ams-component-retention-leave").dispatch_event("click")
    contract.wait_for_callback("onClose")

    cancelled = [["onEventCallback", "SDK_PAYMENT_CANCEL", None]]
    assert contract.callbacks()[3:] == [
        ["onClose", "", None],
        *(cancelled if declares else []),
    ]


def test_a_bad_session_is_refused(contract: ContractPage) -> None:
    abnormal = (
        "Abnormal response data, interface failure, or unsupported payment method"
    )
    no_json, no_scene = "a&&SG&&111&&???", "a&&SG&&111&&e30="
    contract.open()
    for data in ("", None, "garbage", "a&&SG&&111", no_json, no_scene, 42):
        contract.page.evaluate("() => { callbacks = []; }")
        contract.create(data)
        fault = [PARAMETER, abnormal if data else None]
        assert contract.callbacks() == [["onError", *fault], ["rejected", *fault]], data


def test_only_one_component_is_open(contract: ContractPage) -> None:
    contract.open()
    contract.create()
    contract.wait_for_callback("SDK_END_OF_LOADING")
    contract.create()

    fault = [
        "SDK_CREATECOMPONENT_ERROR",
        "Only one component can be rendered simultaneously",
    ]
    assert contract.callbacks() == [
        START,
        END,
        ["onError", *fault],
        ["rejected", *fault],
    ]


def test_unmount_and_start_again(contract: ContractPage) -> None:
    contract.open()
    contract.create()
    contract.wait_for_callback("SDK_END_OF_LOADING")
    overflow = contract.page.evaluate(
        "() => { sdk.unmount(); return document.body.style.overflow; }"
    )
    contract.create()
    contract.page.wait_for_function("() => callbacks.length === 4")

    assert overflow == "auto"
    assert contract.callbacks() == [START, END, START, END]


def test_a_callback_is_a_function(contract: ContractPage) -> None:
    contract.open()
    message = contract.page.evaluate(
        "() => { try { make({onClose: 'x'}); } catch (e) { return e.message; } }"
    )

    assert message == "Parameter type should be function"


def test_a_missing_place_is_a_rejection_only(contract: ContractPage) -> None:
    contract.open()
    contract.page.evaluate(
        "data => run(make({}).mountComponent({sessionData: data}, '#nowhere'))", SESSION
    )

    assert [entry[:2] for entry in contract.callbacks()] == [
        START[:2],
        ["rejected", PARAMETER],
    ]


def test_a_pop_up_opened_too_soon_is_swept_away(contract: ContractPage) -> None:
    contract.open()
    contract.create()
    contract.wait_for_callback("SDK_END_OF_LOADING")
    contract.page.locator("#asm-component-close-block").dispatch_event("click")
    contract.page.evaluate(
        """data => {
          document.getElementById("ams-component-retention-leave").click();
          run(sdk.createComponent({sessionData: data}));
        }""",
        SESSION,
    )
    contract.page.locator("#ams-component-container").wait_for(state="detached")


def test_the_cashier_stands_inside_the_page(contract: ContractPage) -> None:
    contract.scenario = "say('onEventCallback', {code: 'SDK_READY', message: ''});"
    contract.open()
    mount = """data => { window.sdk = make({});
      return run(sdk.mountComponent({sessionData: data}, '#place')); }"""
    contract.page.evaluate(mount, SESSION)
    contract.wait_for_callback("SDK_READY")
    again = "data => run(sdk.mountComponent({sessionData: data}, '#place'))"
    contract.page.evaluate(again, SESSION)

    assert (
        contract.page.locator("#place > #ams-component-container iframe").count() == 1
    )
    assert contract.page.locator("#asm-component-close-block").count() == 0
    fault = [
        "SDK_CREATECOMPONENT_ERROR",
        "Only one component can be rendered simultaneously",
    ]
    ready = ["onEventCallback", "SDK_READY", ""]
    told = contract.callbacks()
    assert told == [START, END, ready, ["onError", *fault], ["rejected", *fault]]
    contract.page.evaluate("sdk.unmount()")
    assert contract.page.locator("#place iframe").count() == 0


def test_the_session_of_an_element_does_not_pop_up(contract: ContractPage) -> None:
    contract.open()
    contract.create(ELEMENT)

    fault = [PARAMETER, "unsupported payment method"]
    assert contract.callbacks() == [["onError", *fault], ["rejected", *fault]]


def test_the_session_of_an_element_stands_inside_the_page(
    contract: ContractPage,
) -> None:
    contract.open()
    mount = "data => run(make({}).mountComponent({sessionData: data}, '#place'))"
    contract.page.evaluate(mount, ELEMENT)
    contract.wait_for_callback("SDK_END_OF_LOADING")

    assert contract.callbacks() == [START, END]
    address = contract.page.locator("#place iframe").get_attribute("src") or ""
    assert urlsplit(address).path.startswith(("/element/", "/elements/"))

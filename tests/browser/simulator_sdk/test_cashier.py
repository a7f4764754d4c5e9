"""The simulator's AMSCashierPayment in a page with a strict policy."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from flask_antom.simulator import Simulator
from tests.browser.page_clock import stop_clock
from tests.browser.simulator_sdk.frames import press
from tests.browser.simulator_sdk.sdk_page import (
    END,
    PARAMETER,
    START,
    Session,
    callbacks,
    wait_for_callback,
)
from tests.simulator.merchant import CARD

LOADED = [START, END]

OPEN = """([data, options]) => {
  window.sdk = make(options);
  return run(sdk.createComponent({sessionData: data}));
}"""


def open_cashier(shop: Page, data: str, **options: Any) -> FrameLocator:
    """Open the pop-up and wait until it has loaded."""
    shop.evaluate(OPEN, [data, options])
    wait_for_callback(shop, "SDK_END_OF_LOADING")
    return shop.frame_locator("#ams-checkout-component")


@pytest.mark.parametrize(
    ("button", "code", "status"),
    [
        ("Pay", "SDK_PAYMENT_SUCCESSFUL", "SUCCESS"),
        ("Decline", "SDK_PAYMENT_FAIL", "FAIL"),
        ("Hang", "SDK_PAYMENT_PROCESSING", "PROCESSING"),
        ("Finish later", "SDK_PAYMENT_PROCESSING", "PENDING"),
    ],
)
def test_the_cashier_reports_what_the_buyer_did_and_stays(
    shop: Page,
    home: str,
    session: Session,
    simulator: Simulator,
    button: str,
    code: str,
    status: str,
) -> None:
    cashier = open_cashier(shop, session())
    press(cashier, button)
    wait_for_callback(shop, code)

    events = callbacks(shop)
    assert events[:2] == LOADED
    assert [event[:2] for event in events[2:]] == [["onEventCallback", code]]
    assert simulator.payment("request-1").status == status
    expect(cashier.get_by_role("status")).to_be_visible()
    assert shop.url == home


def test_no_button_works_before_its_script_does(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    held: list[Route] = []
    shop.route("**/simulator/cashier.js", lambda route: held.append(route))
    shop.evaluate(
        "([data]) => { make({}).createComponent({sessionData: data}); }", [session()]
    )
    cashier = shop.frame_locator("#ams-checkout-component")
    buttons = cashier.get_by_role("button")
    expect(buttons).to_have_count(6)
    for button in buttons.all():
        expect(button).to_be_disabled()

    held[0].continue_()

    press(cashier, "Pay")
    wait_for_callback(shop, "SDK_PAYMENT_SUCCESSFUL")
    assert simulator.payment("request-1").status == "SUCCESS"


def test_a_declined_buyer_tries_again_in_the_same_session(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    cashier = open_cashier(shop, session())
    press(cashier, "Decline")
    wait_for_callback(shop, "SDK_PAYMENT_FAIL")
    press(cashier, "Pay")
    wait_for_callback(shop, "SDK_PAYMENT_SUCCESSFUL")

    statuses = [a.status for a in simulator.payment("request-1").attempts]
    assert statuses == ["FAIL", "SUCCESS"]


def test_the_buyer_goes_to_their_bank_and_comes_back(
    shop: Page, home: str, server: str, session: Session, simulator: Simulator
) -> None:
    method = {"paymentMethodType": "ONLINEBANKING_FPX"}
    data = session(paymentMethod=method)
    shop.evaluate(OPEN, [data, {}])
    shop.wait_for_url("**/wallet/*")
    wallet = shop.url
    shop.get_by_role("button", name="Pay", exact=True).click()
    shop.wait_for_url(f"{server}/result")

    shop.goto(home)
    assert callbacks(shop) == [
        *LOADED,
        [
            "onEventCallback",
            "SDK_CALL_URL_SUCCESS",
            f"Successfully opened the app,NormalUrl: {wallet}",
        ],
    ]
    assert simulator.payment("request-1").status == "SUCCESS"


def test_the_buyer_chooses_to_go_to_their_wallet(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    cashier = open_cashier(shop, session())
    press(cashier, "Go to wallet")
    shop.wait_for_url("**/wallet/*")
    assert simulator.payment("request-1").status == "PROCESSING"

    shop.get_by_role("button", name="Pay and close the tab").click()

    expect(shop.get_by_role("heading", name="Paid")).to_be_visible()
    assert simulator.payment("request-1").status == "SUCCESS"


def test_leaving_is_asked_about_and_closes(shop: Page, session: Session) -> None:
    open_cashier(shop, session())
    assert shop.evaluate("document.body.style.overflow") == "hidden"
    shop.get_by_role("button", name="Close").click()
    shop.get_by_role("button", name="Stay and pay").click()
    assert callbacks(shop) == LOADED
    shop.get_by_role("button", name="Close").click()
    shop.get_by_role("button", name="Leave", exact=True).click()
    expect(shop.locator("#ams-component-container")).to_have_count(0)

    assert callbacks(shop) == [*LOADED, ["onClose", "", None]]
    assert shop.evaluate("document.body.style.overflow") == "auto"


def test_leaving_a_card_payment_is_a_cancel_too(shop: Page, session: Session) -> None:
    open_cashier(shop, session(**CARD))
    shop.click("#asm-component-close-block")
    shop.click("#ams-component-retention-leave")

    assert callbacks(shop)[2:] == [
        ["onClose", "", None],
        ["onEventCallback", "SDK_PAYMENT_CANCEL", None],
    ]


def test_the_cashier_has_a_way_back(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    cashier = open_cashier(shop, session())
    press(cashier, "Cancel and go back to the shop")
    wait_for_callback(shop, "SDK_PAYMENT_CANCEL")

    assert callbacks(shop)[2:] == [["onEventCallback", "SDK_PAYMENT_CANCEL", ""]]
    assert simulator.payment("request-1").attempts == []


def test_the_cashier_opens_inside_the_page(shop: Page, session: Session) -> None:
    data = session()
    shop.evaluate(
        "data => { window.sdk = make({});"
        " return run(sdk.mountComponent({sessionData: data}, '#place')); }",
        data,
    )
    wait_for_callback(shop, "SDK_END_OF_LOADING")
    press(shop.frame_locator("#place iframe"), "Pay")
    wait_for_callback(shop, "SDK_PAYMENT_SUCCESSFUL")

    assert callbacks(shop)[:2] == LOADED
    expect(shop.get_by_role("button", name="Close")).to_have_count(0)


def test_without_parameters_there_is_no_session_either(shop: Page) -> None:
    shop.evaluate("run(make({}).createComponent())")

    assert callbacks(shop) == [
        ["onError", PARAMETER, None],
        ["rejected", PARAMETER, None],
    ]


def test_a_network_mode_that_is_none_comes_out_late(
    shop: Page, session: Session
) -> None:
    shop.evaluate(OPEN, [session(), {"networkMode": "proxy"}])

    assert [entry[:2] for entry in callbacks(shop)] == [
        ["onError", "SDK_INIT_PARAMETER_ERROR"],
        ["rejected", "SDK_INIT_PARAMETER_ERROR"],
    ]


@pytest.mark.parametrize("environment", ["prod", "Sandbox", None])
def test_another_environment_is_taken_for_prod(
    shop: Page, session: Session, environment: str | None
) -> None:
    open_cashier(shop, session(), environment=environment)
    wait_for_callback(shop, "SDK_PAYMENT_ERROR")

    assert callbacks(shop)[:2] == LOADED


def test_a_session_that_is_over_is_reported(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    data = session()
    simulator.expire("request-1")
    open_cashier(shop, data)
    wait_for_callback(shop, "SDK_PAYMENT_ERROR")

    assert callbacks(shop)[2][2] == "This payment session is over."


def test_a_callback_that_throws_spoils_the_start(shop: Page, session: Session) -> None:
    rejected = shop.evaluate(
        "data => make({onEventCallback: () => { throw new Error('mine'); }})"
        ".createComponent({sessionData: data}).catch(error => error.message)",
        session(),
    )

    assert rejected == "mine"
    expect(shop.locator("iframe")).to_have_count(0)


def test_a_silent_frame_is_given_up_after_15_seconds(
    page: Page, home: str, session: Session
) -> None:
    stop_clock(page)
    page.goto(home)
    serve_app(page, "")
    page.evaluate(
        "data => { run(make({}).createComponent({sessionData: data})); }",
        session(),
    )
    page.locator("iframe").wait_for(state="attached")
    page.clock.run_for(10_000)
    assert callbacks(page) == [START]
    page.clock.run_for(5_000)

    fault = ["SDK_CREATECOMPONENT_ERROR", "Load resource timeout"]
    assert callbacks(page)[1:] == [
        ["onError", *fault],
        ["onEventCallback", *fault],
        ["rejected", *fault],
    ]


def test_what_the_frame_says_is_passed_on(shop: Page, session: Session) -> None:
    serve_app(
        shop,
        """
        parent.postMessage("not JSON", "*");
        say("onLaunch", {});
        say("onEventCallback", {code: "SDK_ANYTHING", message: "new"});
        say("onError", {code: "SDK_SOMETHING"});
        say("onRedirect", {});
        """,
    )
    shop.evaluate(OPEN, [session(), {}])
    wait_for_callback(shop, "SDK_LAUNCH_PAYMENT_APP_ERROR")

    assert [entry[:2] for entry in callbacks(shop)] == [
        START[:2],
        ["onError", "SDK_INTERNAL_ERROR"],
        ["onEventCallback", "SDK_ANYTHING"],
        ["onError", "SDK_SOMETHING"],
        ["onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR"],
    ]


def test_the_frame_may_leave_without_a_question(shop: Page, session: Session) -> None:
    serve_app(
        shop,
        """
        say("onLaunch", {});
        say("setAllowRetention", false);
        say("onClose", {});
        """,
    )
    shop.evaluate(OPEN, [session(), {}])
    shop.wait_for_function("() => callbacks.some(entry => entry[0] === 'onClose')")

    assert callbacks(shop) == [START, ["onClose", "", None]]


def test_strangers_are_not_listened_to(shop: Page, session: Session) -> None:
    cashier = open_cashier(shop, session())
    shop.evaluate(
        """() => window.postMessage(JSON.stringify({name: "APP_TO_SDK",
          instanceId: sdk._instanceId, context: {event: "onEventCallback",
          data: {code: "SDK_PAYMENT_SUCCESSFUL"}}}), "*")"""
    )
    press(cashier, "Hang")
    wait_for_callback(shop, "SDK_PAYMENT_PROCESSING")

    assert "SDK_PAYMENT_SUCCESSFUL" not in [entry[1] for entry in callbacks(shop)]


def test_the_pop_up_fits_a_phone(shop: Page, session: Session) -> None:
    shop.set_viewport_size({"width": 390, "height": 844})
    open_cashier(shop, session())

    box = shop.locator("#ams-component-container").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    assert box["y"] + box["height"] == 844


def serve_app(shop: Page, script: str) -> None:
    """Put a little app into the frame in place of the cashier."""

    def answer(route: Route) -> None:
        route.fulfill(
            content_type="text/html",
            body="<script>function say(event, data) { parent.postMessage("
            "JSON.stringify({name: 'APP_TO_SDK',"
            " instanceId: new URLSearchParams(location.search).get('instanceId'),"
            " context: {event: event, data: data}}), '*'); }"
            f"{script}</script>",
        )

    shop.route("**/cashier/**", answer)

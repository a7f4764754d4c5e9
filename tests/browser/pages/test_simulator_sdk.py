"""The simulator's browser SDK in a shop's page with a strict policy, in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect
from werkzeug.serving import make_server

from flask_antom.simulator import Server, Simulator
from tests.browser.pages.clock import stop_clock
from tests.simulator.merchant import CARD, ELEMENT, PAGE, Merchant
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY

START = ["onEventCallback", "SDK_START_OF_LOADING", None]
END = ["onEventCallback", "SDK_END_OF_LOADING", ""]
LOADED = [START, END]
PARAMETER = "SDK_CREATEPAYMENT_PARAMETER_ERROR"

HOME = """<!doctype html><html lang="en"><title>Shop</title>
<h1>Shop</h1><div id="place"></div>
<script nonce="n0nce" src="/page.js"></script>
<script nonce="n0nce" src="{sdk_url}" crossorigin="anonymous"></script>"""

#: Keeps what the SDK says, over a redirect too.
SCRIPT = """
var told = JSON.parse(sessionStorage.told || "[]");
function note(channel, data) {
  told.push([channel, data && data.code || "", data && data.message]);
  sessionStorage.told = JSON.stringify(told);
}
function make(options) {
  var all = {environment: "sandbox"};
  ["onEventCallback", "onError", "onClose"].forEach(function (name) {
    all[name] = function (data) { note(name, data); };
  });
  return new AMSCashierPayment(Object.assign(all, options));
}
function makeElement(session, options) {
  return new AMSElement(Object.assign({
    sessionData: session,
    environment: "sandbox",
    onEventCallback: function (data) { note("onEventCallback", data); }
  }, options));
}
function makePage() {
  return new AMSCheckoutPage({
    environment: "sandbox",
    onEventCallback: function (data) { note("onEventCallback", data); }
  });
}
function run(promise) {
  return promise.then(
    function () {}, function (fault) { note("rejected", fault); });
}
"""

MOUNT = """([data, options]) => {
  window.element = makeElement(data);
  return element.mount(Object.assign({type: "payment"}, options), "#place");
}"""

#: Presses the shop's button; the answer is awaited elsewhere.
SUBMIT = """() => {
  window.answer = null;
  element.submitPayment().then(function (told) { window.answer = told; });
}"""

OPEN = """([data, options]) => {
  window.sdk = make(options);
  return run(sdk.createComponent({sessionData: data}));
}"""


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY)


@pytest.fixture
def merchant(gateway: Server) -> Merchant:
    return Merchant(gateway.url)


@pytest.fixture
def shop_url(gateway: Server) -> Iterator[str]:
    """A shop's page whose policy knows nonces only."""
    app = Flask(__name__)

    @app.get("/")
    def home() -> Response:
        response = Response(HOME.format(sdk_url=gateway.sdk_url), mimetype="text/html")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'nonce-n0nce'; style-src 'nonce-n0nce';"
            f" frame-src {gateway.url}; base-uri 'none'"
        )
        return response

    @app.get("/page.js")
    def script() -> Response:
        return Response(SCRIPT, mimetype="text/javascript")

    @app.get("/result")
    def result() -> str:
        return "Back at the shop"

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def shop(page: Page, shop_url: str) -> Page:
    page.goto(shop_url)
    return page


def session(merchant: Merchant, shop_url: str, **changes: Any) -> str:
    answer = merchant.create_session(paymentRedirectUrl=f"{shop_url}/result", **changes)
    return str(answer["paymentSessionData"])


def open_cashier(shop: Page, data: str, **options: Any) -> FrameLocator:
    """Open the pop-up and wait until it has loaded."""
    shop.evaluate(OPEN, [data, options])
    wait_for(shop, "SDK_END_OF_LOADING")
    return shop.frame_locator("#ams-checkout-component")


def wait_for(shop: Page, code: str) -> None:
    shop.wait_for_function("code => told.some(entry => entry[1] === code)", arg=code)


def told(shop: Page) -> list[list[str | None]]:
    entries: list[list[str | None]] = shop.evaluate("told")
    return entries


def press(cashier: FrameLocator, name: str) -> None:
    cashier.get_by_role("button", name=name, exact=True).click()


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
    shop_url: str,
    merchant: Merchant,
    simulator: Simulator,
    button: str,
    code: str,
    status: str,
) -> None:
    cashier = open_cashier(shop, session(merchant, shop_url))
    press(cashier, button)
    wait_for(shop, code)

    events = told(shop)
    assert events[:2] == LOADED
    assert [event[:2] for event in events[2:]] == [["onEventCallback", code]]
    assert simulator.payment("request-1").status == status
    expect(cashier.get_by_role("status")).to_be_visible()
    assert shop.url == f"{shop_url}/"


def test_a_declined_buyer_tries_again_in_the_same_session(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    cashier = open_cashier(shop, session(merchant, shop_url))
    press(cashier, "Decline")
    wait_for(shop, "SDK_PAYMENT_FAIL")
    press(cashier, "Pay")
    wait_for(shop, "SDK_PAYMENT_SUCCESSFUL")

    statuses = [a.status for a in simulator.payment("request-1").attempts]
    assert statuses == ["FAIL", "SUCCESS"]


def test_the_buyer_goes_to_his_bank_and_comes_back(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    method = {"paymentMethodType": "ONLINEBANKING_FPX"}
    data = session(merchant, shop_url, paymentMethod=method)
    shop.evaluate(OPEN, [data, {}])
    shop.wait_for_url("**/wallet/*")
    wallet = shop.url
    shop.get_by_role("button", name="Pay", exact=True).click()
    shop.wait_for_url(f"{shop_url}/result")

    shop.goto(shop_url)
    assert told(shop) == [
        *LOADED,
        [
            "onEventCallback",
            "SDK_CALL_URL_SUCCESS",
            f"Successfully opened the app,NormalUrl: {wallet}",
        ],
    ]
    assert simulator.payment("request-1").status == "SUCCESS"


def test_the_buyer_chooses_to_go_to_his_wallet(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    cashier = open_cashier(shop, session(merchant, shop_url))
    press(cashier, "Go to wallet")
    shop.wait_for_url("**/wallet/*")
    assert simulator.payment("request-1").status == "PROCESSING"

    shop.get_by_role("button", name="Pay and close the tab").click()

    expect(shop.get_by_role("heading", name="Paid")).to_be_visible()
    assert simulator.payment("request-1").status == "SUCCESS"


def test_leaving_is_asked_about_and_closes(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    open_cashier(shop, session(merchant, shop_url))
    assert shop.evaluate("document.body.style.overflow") == "hidden"
    shop.get_by_role("button", name="Close").click()
    shop.get_by_role("button", name="Stay and pay").click()
    assert told(shop) == LOADED
    shop.get_by_role("button", name="Close").click()
    shop.get_by_role("button", name="Leave", exact=True).click()
    expect(shop.locator("#ams-component-container")).to_have_count(0)

    assert told(shop) == [*LOADED, ["onClose", "", None]]
    assert shop.evaluate("document.body.style.overflow") == "auto"


def test_leaving_a_card_payment_is_a_cancel_too(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    open_cashier(shop, session(merchant, shop_url, **CARD))
    shop.click("#asm-component-close-block")
    shop.click("#ams-component-retention-leave")

    assert told(shop)[2:] == [
        ["onClose", "", None],
        ["onEventCallback", "SDK_PAYMENT_CANCEL", None],
    ]


def test_the_cashier_has_a_way_back(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    cashier = open_cashier(shop, session(merchant, shop_url))
    press(cashier, "Cancel and go back to the shop")
    wait_for(shop, "SDK_PAYMENT_CANCEL")

    assert told(shop)[2:] == [["onEventCallback", "SDK_PAYMENT_CANCEL", ""]]
    assert simulator.payment("request-1").attempts == []


def test_the_cashier_opens_inside_the_page(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    data = session(merchant, shop_url)
    shop.evaluate(
        "data => { window.sdk = make({});"
        " return run(sdk.mountComponent({sessionData: data}, '#place')); }",
        data,
    )
    wait_for(shop, "SDK_END_OF_LOADING")
    press(shop.frame_locator("#place iframe"), "Pay")
    wait_for(shop, "SDK_PAYMENT_SUCCESSFUL")

    assert told(shop)[:2] == LOADED
    expect(shop.get_by_role("button", name="Close")).to_have_count(0)


def test_without_parameters_there_is_no_session_either(shop: Page) -> None:
    shop.evaluate("run(make({}).createComponent())")

    assert told(shop) == [["onError", PARAMETER, None], ["rejected", PARAMETER, None]]


def test_a_network_mode_that_is_none_comes_out_late(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    shop.evaluate(OPEN, [session(merchant, shop_url), {"networkMode": "proxy"}])

    assert [entry[:2] for entry in told(shop)] == [
        ["onError", "SDK_INIT_PARAMETER_ERROR"],
        ["rejected", "SDK_INIT_PARAMETER_ERROR"],
    ]


@pytest.mark.parametrize("environment", ["prod", "Sandbox", None])
def test_another_environment_is_taken_for_prod(
    shop: Page, shop_url: str, merchant: Merchant, environment: str | None
) -> None:
    open_cashier(shop, session(merchant, shop_url), environment=environment)
    wait_for(shop, "SDK_PAYMENT_ERROR")

    assert told(shop)[:2] == LOADED


def test_a_session_that_is_over_is_reported(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    data = session(merchant, shop_url)
    simulator.expire("request-1")
    open_cashier(shop, data)
    wait_for(shop, "SDK_PAYMENT_ERROR")

    assert told(shop)[2][2] == "This payment session is over."


def test_a_callback_that_throws_spoils_the_start(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    rejected = shop.evaluate(
        "data => make({onEventCallback: () => { throw new Error('mine'); }})"
        ".createComponent({sessionData: data}).catch(error => error.message)",
        session(merchant, shop_url),
    )

    assert rejected == "mine"
    expect(shop.locator("iframe")).to_have_count(0)


def test_a_silent_frame_is_given_up_after_15_seconds(
    page: Page, shop_url: str, merchant: Merchant
) -> None:
    stop_clock(page)
    page.goto(shop_url)
    serve_app(page, "")
    page.evaluate(
        "data => { run(make({}).createComponent({sessionData: data})); }",
        session(merchant, shop_url),
    )
    page.locator("iframe").wait_for(state="attached")
    page.clock.run_for(10_000)
    assert told(page) == [START]
    page.clock.run_for(5_000)

    fault = ["SDK_CREATECOMPONENT_ERROR", "Load resource timeout"]
    assert told(page)[1:] == [
        ["onError", *fault],
        ["onEventCallback", *fault],
        ["rejected", *fault],
    ]


def test_what_the_frame_says_is_passed_on(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
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
    shop.evaluate(OPEN, [session(merchant, shop_url), {}])
    wait_for(shop, "SDK_LAUNCH_PAYMENT_APP_ERROR")

    assert [entry[:2] for entry in told(shop)] == [
        START[:2],
        ["onError", "SDK_INTERNAL_ERROR"],
        ["onEventCallback", "SDK_ANYTHING"],
        ["onError", "SDK_SOMETHING"],
        ["onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR"],
    ]


def test_the_frame_may_leave_without_a_question(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    serve_app(
        shop,
        """
        say("onLaunch", {});
        say("setAllowRetention", false);
        say("onClose", {});
        """,
    )
    shop.evaluate(OPEN, [session(merchant, shop_url), {}])
    shop.wait_for_function("() => told.some(entry => entry[0] === 'onClose')")

    assert told(shop) == [START, ["onClose", "", None]]


def test_strangers_are_not_listened_to(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    cashier = open_cashier(shop, session(merchant, shop_url))
    shop.evaluate(
        """() => window.postMessage(JSON.stringify({name: "APP_TO_SDK",
          instanceId: sdk._instanceId, context: {event: "onEventCallback",
          data: {code: "SDK_PAYMENT_SUCCESSFUL"}}}), "*")"""
    )
    press(cashier, "Hang")
    wait_for(shop, "SDK_PAYMENT_PROCESSING")

    assert "SDK_PAYMENT_SUCCESSFUL" not in [entry[1] for entry in told(shop)]


def test_the_pop_up_fits_a_phone(shop: Page, shop_url: str, merchant: Merchant) -> None:
    shop.set_viewport_size({"width": 390, "height": 844})
    open_cashier(shop, session(merchant, shop_url))

    box = shop.locator("#ams-component-container").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    assert box["y"] + box["height"] == 844


def mount_element(
    shop: Page, data: str, *, stays: bool = True
) -> tuple[Any, FrameLocator]:
    """Mount an element; give what ``mount`` said, and the frame."""
    told = shop.evaluate(MOUNT, [data, {"notRedirectAfterComplete": stays}])
    return told, shop.frame_locator("#place iframe")


def answer_of(shop: Page) -> Any:
    """Wait for what ``submitPayment`` resolves with."""
    shop.wait_for_function("() => window.answer !== null")
    return shop.evaluate("answer")


def choose(frame: FrameLocator, method: str) -> None:
    frame.get_by_role("radio", name=method, exact=True).check()


def fill_card(frame: FrameLocator, number: str) -> None:
    choose(frame, "CARD")
    frame.get_by_label("Card number").fill(number)


DECLINED = "4054 6927 6017 4822"


def test_the_element_offers_the_methods_and_takes_a_card(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    told, frame = mount_element(shop, session(merchant, shop_url, **ELEMENT))
    assert told == {}
    expect(frame.get_by_role("radio")).to_have_count(3)
    expect(frame.get_by_label("Card number")).to_be_hidden()
    choose(frame, "CARD")
    assert shop.evaluate("element.validateFields()") == {"isValid": True}
    shop.evaluate(SUBMIT)

    assert answer_of(shop) == {"status": "SUCCESS"}
    payment = simulator.payment("request-1")
    assert (payment.method, payment.status) == ("CARD", "SUCCESS")
    events = [entry[:2] for entry in shop.evaluate("told")]
    assert events == [["onEventCallback", "SDK_PAYMENT_SUCCESSFUL"]]
    expect(frame.get_by_role("status")).to_contain_text("Paid.")
    assert shop.url == f"{shop_url}/"


def test_a_declined_card_is_told_and_another_method_pays(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    _, frame = mount_element(shop, session(merchant, shop_url, **ELEMENT))
    fill_card(frame, DECLINED)
    shop.evaluate(SUBMIT)
    declined = answer_of(shop)
    choose(frame, "GCASH")
    shop.evaluate(SUBMIT)
    expect(frame.get_by_role("heading")).to_have_text("Confirm with GCASH")
    press(frame, "Pay")

    assert declined["status"] == "FAIL"
    assert declined["error"]["code"] == "ISSUER_REJECTS_TRANSACTION"
    assert declined["error"]["needChangeSessionForRetry"] is False
    assert answer_of(shop) == {"status": "SUCCESS"}
    attempts = simulator.payment("request-1").attempts
    assert [(a.method, a.status) for a in attempts] == [
        ("CARD", "FAIL"),
        ("GCASH", "SUCCESS"),
    ]


@pytest.mark.parametrize(
    ("button", "status", "code"),
    [
        ("Decline", "FAIL", "USER_BALANCE_NOT_ENOUGH"),
        ("Hang", "PROCESSING", "PAYMENT_IN_PROCESS"),
        ("Finish later", "PENDING", "PAYMENT_IN_PROCESS"),
        ("Another method", "CANCELLED", "USER_CANCELED"),
    ],
)
def test_the_element_tells_what_the_buyer_did(
    shop: Page, shop_url: str, merchant: Merchant, button: str, status: str, code: str
) -> None:
    _, frame = mount_element(shop, session(merchant, shop_url, **ELEMENT))
    shop.evaluate(SUBMIT)
    press(frame, button)

    answer = answer_of(shop)
    assert (answer["status"], answer["error"]["code"]) == (status, code)


def test_the_element_says_what_is_wrong_with_a_card(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    _, frame = mount_element(shop, session(merchant, shop_url, **ELEMENT))
    fill_card(frame, "4111 1111 1111 1111")
    assert shop.evaluate("element.validateFields()") == {"isValid": False}
    shop.evaluate(SUBMIT)

    assert answer_of(shop)["error"]["code"] == "FORM_INVALID"
    expect(frame.get_by_text("Only the sandbox's test cards")).to_be_visible()
    assert simulator.payment("request-1").attempts == []
    frame.get_by_label("Card number").fill(DECLINED)
    assert shop.evaluate("element.validateFields()") == {"isValid": True}
    expect(frame.get_by_text("Only the sandbox's test cards")).to_have_count(0)


def test_the_bank_asks_inside_the_element(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    secure = {"paymentMethodMetaData": {"is3DSAuthentication": True}}
    card = CARD["paymentMethod"] | secure
    scene = {"productScene": "ELEMENT_PAYMENT", **CARD, "paymentMethod": card}
    _, frame = mount_element(shop, session(merchant, shop_url, **scene))
    shop.evaluate(SUBMIT)
    press(frame, "Cancel")
    left = answer_of(shop)
    shop.evaluate(SUBMIT)
    press(frame, "Yes, it is me")

    assert (left["status"], left["userCanceled3D"]) == ("CANCELLED", True)
    assert left["error"]["needChangeSessionForRetry"] is True
    assert answer_of(shop) == {"status": "SUCCESS"}
    assert simulator.payment("request-1").status == "SUCCESS"


def test_the_element_leads_to_the_wallet_and_back(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    _, frame = mount_element(shop, session(merchant, shop_url, **ELEMENT))
    choose(frame, "ALIPAY_CN")
    shop.evaluate(SUBMIT)
    shop.wait_for_url("**/wallet/*")
    press_in(shop, "Pay")
    shop.wait_for_url(f"{shop_url}/result")

    payment = simulator.payment("request-1")
    assert (payment.method, payment.status) == ("ALIPAY_CN", "SUCCESS")
    shop.goto(shop_url)
    assert [entry[1] for entry in told(shop)] == ["SDK_CALL_URL_SUCCESS"]


def test_the_element_leads_back_to_the_shop_unless_it_is_told_to_stay(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    data = session(merchant, shop_url, **ELEMENT)
    _, frame = mount_element(shop, data, stays=False)
    choose(frame, "CARD")
    shop.evaluate(SUBMIT)

    shop.wait_for_url(f"{shop_url}/result")


def test_an_impatient_shop_is_answered_twice(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    _, frame = mount_element(shop, session(merchant, shop_url, **ELEMENT))
    choose(frame, "CARD")
    answers = shop.evaluate(
        "() => Promise.all([element.submitPayment(), element.submitPayment()])"
    )

    assert answers == [{"status": "SUCCESS"}] * 2


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("close", "ORDER_IS_CLOSED"),
        ("expire", "INQUIRY_PAYMENT_SESSION_FAILED"),
        ("approve", "REPEAT_REQ_REJECT"),
    ],
)
def test_an_element_of_no_use_says_so_when_it_is_mounted(
    shop: Page,
    shop_url: str,
    merchant: Merchant,
    simulator: Simulator,
    end: str,
    code: str,
) -> None:
    data = session(merchant, shop_url, **ELEMENT)
    getattr(simulator, end)("request-1")

    assert mount_element(shop, data)[0]["error"]["code"] == code
    shop.evaluate(SUBMIT)
    assert answer_of(shop)["error"]["code"] == code


def test_an_element_whose_session_ends_meanwhile_says_so(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    _, frame = mount_element(shop, session(merchant, shop_url, **ELEMENT))
    simulator.expire("request-1")
    shop.evaluate(SUBMIT)

    error = answer_of(shop)["error"]
    assert error["code"] == "INQUIRY_PAYMENT_SESSION_FAILED"
    assert error["needChangeSessionForRetry"] is True
    expect(frame.get_by_role("status")).to_have_text("This payment session is over.")
    expect(frame.get_by_role("radio")).to_have_count(0)


def test_an_element_grows_with_what_it_shows(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    _, frame = mount_element(shop, session(merchant, shop_url, **ELEMENT))
    shop.wait_for_function("() => place.firstChild.offsetHeight > 100")
    before = shop.evaluate("place.firstChild.offsetHeight")
    choose(frame, "CARD")

    shop.wait_for_function(
        "before => place.firstChild.offsetHeight > before + 50", arg=before
    )
    assert frame.locator("html").evaluate(
        "page => page.scrollHeight <= page.clientHeight"
    )


def test_an_element_that_runs_as_prod_is_of_no_use(
    shop: Page, shop_url: str, merchant: Merchant
) -> None:
    data = session(merchant, shop_url, **ELEMENT)
    mounted = shop.evaluate(
        "data => makeElement(data, {environment: 'prod'}).mount("
        "{type: 'payment'}, '#place')",
        data,
    )

    assert mounted["error"]["code"] == "PARAM_ILLEGAL"


def show_page(shop: Page, data: str) -> FrameLocator:
    """Mount a Checkout Page, with room for it."""
    shop.evaluate(
        """data => { place.style.height = "700px"; window.sdk = makePage();
          return sdk.mountComponent({sessionData: data}, "#place"); }""",
        data,
    )
    return shop.frame_locator("#place iframe")


def press_in(shop: Page, name: str) -> None:
    shop.get_by_role("button", name=name, exact=True).click()


def test_the_checkout_page_tells_of_a_failure_and_a_success(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    frame = show_page(shop, session(merchant, shop_url, **PAGE))
    fill_card(frame, DECLINED)
    press(frame, "Pay MYR 42.00")
    wait_for(shop, "SDK_PAYMENT_FAIL")
    choose(frame, "GCASH")
    press(frame, "Pay MYR 42.00")
    press(frame, "Pay")
    wait_for(shop, "SDK_PAYMENT_SUCCESSFUL")
    press(frame, "Back to the shop")
    wait_for(shop, "SDK_PAYMENT_CLICK_BACK_TO_MERCHANT")

    assert [entry[1] for entry in told(shop)] == [
        "SDK_PAYMENT_FAIL",
        "SDK_PAYMENT_SUCCESSFUL",
        "SDK_PAYMENT_CLICK_BACK_TO_MERCHANT",
    ]
    attempts = simulator.payment("request-1").attempts
    assert [a.method for a in attempts] == ["CARD", "GCASH"]
    assert shop.url == f"{shop_url}/"


def test_the_checkout_page_leads_to_the_wallet_and_to_the_shop(
    shop: Page, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    frame = show_page(shop, session(merchant, shop_url, **PAGE))
    choose(frame, "ALIPAY_CN")
    press(frame, "Pay MYR 42.00")
    shop.wait_for_url("**/wallet/*")
    press_in(shop, "Pay")

    shop.wait_for_url(f"{shop_url}/result")
    assert simulator.payment("request-1").status == "SUCCESS"


def test_the_hosted_page_needs_no_script(
    browser: Browser, shop_url: str, merchant: Merchant, simulator: Simulator
) -> None:
    answer = merchant.create_session(paymentRedirectUrl=f"{shop_url}/result", **PAGE)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(answer["normalUrl"])
    page.get_by_role("radio", name="CARD", exact=True).check()
    page.get_by_label("Card number").fill(DECLINED)
    press_in(page, "Pay MYR 42.00")
    expect(page.get_by_role("status")).to_contain_text("This did not work")
    page.get_by_role("radio", name="GCASH", exact=True).check()
    press_in(page, "Pay MYR 42.00")
    press_in(page, "Pay")
    page.wait_for_url(f"{shop_url}/result")
    context.close()

    assert simulator.payment("request-1").status == "SUCCESS"


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("path", ["checkout", "element"])
def test_the_pages_fit_every_screen(
    page: Page, merchant: Merchant, gateway: Server, path: str, width: int
) -> None:
    scene = PAGE if path == "checkout" else ELEMENT
    session_id = merchant.create_session(**scene)["paymentSessionId"]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{gateway.url}/{path}/{session_id}")
    page.get_by_role("radio", name="CARD", exact=True).check()

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_console_is_kept_up_to_date(
    page: Page, gateway: Server, merchant: Merchant, simulator: Simulator
) -> None:
    page.goto(gateway.url)
    expect(page.get_by_text("No payment session was created yet.")).to_be_visible()
    merchant.create_session()
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_text("SUCCESS", exact=True)).to_be_visible()
    assert simulator.payment("request-1").status == "SUCCESS"


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

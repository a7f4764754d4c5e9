"""The stand-in and Antom's own bundle say the same, in the same order.

Both get the same little app in their frame. Antom's hosts are answered here, and
nothing else leaves the browser. What Antom's gateway answers to the bundle, the app
tells the stand-in.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, Response
from playwright.sync_api import BrowserContext, Page, Route
from werkzeug.serving import make_server

from flask_antom.simulator import Simulator
from tests.browser.pages.clock import stop_clock
from tests.support.keys import MERCHANT_PUBLIC_KEY
from tests.support.paths import ROOT

BUNDLE = "node_modules/@alipay/ams-checkout/dist/umd/ams-checkout.min.js"


def session_data(scene: str, version: str = "1.0", **config: str) -> str:
    config |= {"productScene": scene, "productSceneVersion": version}
    facts = json.dumps({"paymentSessionConfig": config}).encode()
    return "opaque&&SG&&111&&" + base64.b64encode(facts).decode()


SESSION = session_data("CASHIER_PAYMENT", paymentMethodCategoryType="APM")
ELEMENT = session_data("ELEMENT_PAYMENT", paymentMethodCategoryType="ALL")
CHECKOUT = session_data("CHECKOUT_PAYMENT", "1.0.0")

PAGE = """<!doctype html><html lang="en"><title>Shop</title><body>
<h1>Shop</h1><div id="place"></div>
<script src="/{kind}.js"></script><script src="/page.js"></script>"""

#: Keeps what the SDK says, over a redirect too.
SCRIPT = """
var told = JSON.parse(sessionStorage.told || "[]");
function note(channel, data) {
  told.push([channel, data && data.code || "", data && data.message]);
  sessionStorage.told = JSON.stringify(told);
}
function make(options) {
  var all = {environment: "sandbox", locale: "en_US"};
  ["onEventCallback", "onError", "onClose"].forEach(function (name) {
    all[name] = function (data) { note(name, data); };
  });
  return new AMSCashierPayment(Object.assign(all, options));
}
function makeElement(session, options) {
  return new AMSElement(Object.assign({
    sessionData: session,
    environment: "sandbox",
    locale: "en_US",
    onEventCallback: function (data) { note("onEventCallback", data); },
    loading: {
      onStartLoading: function () { note("onStartLoading"); },
      onEndLoading: function () { note("onEndLoading"); }
    }
  }, options));
}
function makePage(options) {
  return new AMSCheckoutPage(Object.assign({
    environment: "sandbox",
    locale: "en_US",
    onEventCallback: function (data) { note("onEventCallback", data); }
  }, options));
}
function run(promise) {
  return promise.then(
    function () {}, function (fault) { note("rejected", fault); });
}
"""

#: Switches off the fingerprinting of the real bundle, which asks other hosts.
QUIET = """
localStorage.antomSDKConfigKey = JSON.stringify(
  {pl_sec: [{product: "CASHIER_PAYMENT", platform: "Web", enable: false}]});
localStorage.antomSDKConfiglastCallTime = String(Date.now());
"""

#: Does what a scenario wants when it is drawn, and answers the SDK's questions.
APP = """<script>
var query = new URLSearchParams(location.search);
function say(event, data) {
  parent.postMessage(JSON.stringify({name: "APP_TO_SDK",
    instanceId: query.get("instanceId"), context: {event: event, data: data}}), "*");
}
addEventListener("message", function (message) {
  var said = JSON.parse(message.data).context;
  if (!said) return;
  if (said.event === "renderComponent") {
    say("onSizeChanged", {width: 440, height: 300, source: "payment"});
    say("dismissLoading", {});
    SCENARIO
  }
  function answer(data) { say(said.eventCallbackId, data); }
  if (said.event === "submitPay") { SUBMIT }
  if (said.event === "onValidate") { VALIDATE }
});
var isShown = query.get("isPreload") !== "true" && LAUNCHES;
if (isShown) say("onLaunch", {queryResult: QUERY});
</script>"""

#: Checkout Page speaks another dialect, and asks nothing.
PAGE_APP = """<script>
function say(message) { parent.postMessage(JSON.stringify(message), "*"); }
SCENARIO
</script>"""

AMOUNT = {"currency": "MYR", "value": "42.00"}
ANSWER = {
    "success": True,
    "orderAmountView": AMOUNT,
    "paymentAmountView": AMOUNT,
    "paymentMethods": [{"paymentMethodType": "GCASH"}],
}
CORS = {
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "*",
}


class Shop:
    """A page with one of the two scripts, and an app in its frame."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.origin = url.rpartition("/")[0]
        self.scenario = ""
        self.submit = "answer({success: true, data: {status: 'SUCCESS'}});"
        self.validate = "answer({success: true, data: {isValid: true}});"
        self.launches = True
        self.query: dict[str, Any] = dict(ANSWER)

    def open(self) -> None:
        self.page.goto(self.url)

    def create(self, data: Any = SESSION) -> None:
        self.page.evaluate(
            "data => { window.sdk = window.sdk || make({});"
            " return run(sdk.createComponent({sessionData: data})); }",
            data,
        )

    def wait_for(self, code: str) -> None:
        self.page.wait_for_function(
            "code => told.some(entry => entry.includes(code))", arg=code
        )

    def told(self) -> list[list[str | None]]:
        entries: list[list[str | None]] = self.page.evaluate("told")
        return entries

    def answer(self, route: Route) -> None:
        """Answer for Antom's hosts; everything else is cut off."""
        url = route.request.url
        path = urlsplit(url).path
        if path.startswith(("/checkout/", "/checkout-page/")):
            body = PAGE_APP.replace("SCENARIO", self.scenario)
            route.fulfill(content_type="text/html", body=body)
        elif path.startswith(("/cashier/", "/element/", "/elements/", "/page/")):
            route.fulfill(content_type="text/html", body=self._app())
        elif url.startswith("http://127.0.0.1"):
            route.continue_()
        elif url.endswith("/mgw.htm"):
            origin = {"Access-Control-Allow-Origin": self.origin}
            route.fulfill(json=self.query, headers=CORS | origin)
        else:
            route.abort()

    def _app(self) -> str:
        app = APP.replace("SCENARIO", self.scenario)
        app = app.replace("SUBMIT", self.submit).replace("VALIDATE", self.validate)
        app = app.replace("LAUNCHES", json.dumps(self.launches))
        return app.replace("QUERY", json.dumps(self.query))

    def mount(self, data: Any = ELEMENT, *, place: str = "#place") -> Any:
        """Mount an element; give what ``mount`` resolves with."""
        return self.page.evaluate(
            "([data, place]) => { window.element = makeElement(data);"
            " return element.mount({type: 'payment'}, place); }",
            [data, place],
        )

    def submit_payment(self) -> Any:
        return self.page.evaluate("() => element.submitPayment()")

    def show_page(self, data: Any = CHECKOUT, *, place: str = "#place") -> Any:
        """Mount a Checkout Page; give the error if it throws one."""
        return self.page.evaluate(
            "([data, place]) => { window.sdk = window.sdk || makePage(); try {"
            " return sdk.mountComponent({sessionData: data}, place); }"
            " catch (error) { return error.message; } }",
            [data, place],
        )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    app = Flask(__name__)

    @app.get("/<kind>")
    def home(kind: str) -> str:
        return PAGE.format(kind=kind)

    @app.get("/page.js")
    def script() -> Response:
        return Response(SCRIPT, mimetype="text/javascript")

    @app.get("/stand-in.js")
    def stand_in() -> Response:
        simulator = Simulator(MERCHANT_PUBLIC_KEY).app.test_client()
        script = simulator.get("/sdk/ams-checkout.js").data
        return Response(script, mimetype="text/javascript")

    @app.get("/real.js")
    def real() -> Response:
        script = (ROOT / BUNDLE).read_bytes()
        return Response(script, mimetype="text/javascript")

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=["stand-in", "real"])
def shop(
    request: pytest.FixtureRequest, context: BrowserContext, server: str
) -> Iterator[Shop]:
    page = context.new_page()
    page.add_init_script(QUIET)
    shop = Shop(page, f"{server}/{request.param}")
    page.route("**/*", shop.answer)
    yield shop
    page.unroute_all(behavior="ignoreErrors")


START = ["onEventCallback", "SDK_START_OF_LOADING", None]
END = ["onEventCallback", "SDK_END_OF_LOADING", ""]
PARAMETER = "SDK_CREATEPAYMENT_PARAMETER_ERROR"


@pytest.mark.parametrize("code", ["SDK_PAYMENT_SUCCESSFUL", "SDK_NEW"])
def test_codes_are_passed_on(shop: Shop, code: str) -> None:
    shop.scenario = f"say('onEventCallback', {{code: '{code}', message: 'm'}});"
    shop.open()
    shop.create()
    shop.wait_for(code)

    assert shop.told() == [START, END, ["onEventCallback", code, "m"]]
    assert shop.page.locator("#ams-component-container iframe").count() == 1


def test_a_redirect_is_told_and_happens(shop: Shop) -> None:
    target = f"{shop.origin}/stand-in?back"
    shop.scenario = f"say('onRedirect', {{normalUrl: '{target}'}});"
    shop.open()
    shop.create()
    shop.page.wait_for_url(target)

    assert shop.told() == [
        START,
        END,
        [
            "onEventCallback",
            "SDK_CALL_URL_SUCCESS",
            f"Successfully opened the app,NormalUrl: {target}",
        ],
    ]


def test_a_redirect_to_nowhere_is_an_error(shop: Shop) -> None:
    shop.scenario = "say('onRedirect', {});"
    shop.open()
    shop.create()
    shop.wait_for("SDK_LAUNCH_PAYMENT_APP_ERROR")

    assert shop.told() == [
        START,
        END,
        [
            "onEventCallback",
            "SDK_LAUNCH_PAYMENT_APP_ERROR",
            "Failed to open app,applinkUrl:  schemeUrl:  normalUrl: ",
        ],
    ]


@pytest.mark.parametrize("declares", [False, True])
def test_leaving_is_asked_about(shop: Shop, declares: bool) -> None:
    if declares:
        shop.scenario = (
            "say('declareEventCallbackInfo', {popWindowEventInfo: {"
            "enableCallback: true, eventName: 'SDK_PAYMENT_CANCEL'}});"
        )
    shop.scenario += "say('onEventCallback', {code: 'SDK_READY', message: ''});"
    shop.open()
    shop.create()
    shop.wait_for("SDK_READY")
    shop.page.locator("#asm-component-close-block").dispatch_event("click")
    shop.page.locator("#ams-component-retention-leave").dispatch_event("click")
    shop.wait_for("onClose")

    cancelled = [["onEventCallback", "SDK_PAYMENT_CANCEL", None]]
    assert shop.told()[3:] == [
        ["onClose", "", None],
        *(cancelled if declares else []),
    ]


def test_a_bad_session_is_refused(shop: Shop) -> None:
    abnormal = (
        "Abnormal response data, interface failure, or unsupported payment method"
    )
    no_json, no_scene = "a&&SG&&111&&???", "a&&SG&&111&&e30="
    shop.open()
    for data in ("", None, "garbage", "a&&SG&&111", no_json, no_scene, 42):
        shop.page.evaluate("() => { told = []; }")
        shop.create(data)
        fault = [PARAMETER, abnormal if data else None]
        assert shop.told() == [["onError", *fault], ["rejected", *fault]], data


def test_only_one_component_is_open(shop: Shop) -> None:
    shop.open()
    shop.create()
    shop.wait_for("SDK_END_OF_LOADING")
    shop.create()

    fault = [
        "SDK_CREATECOMPONENT_ERROR",
        "Only one component can be rendered simultaneously",
    ]
    assert shop.told() == [START, END, ["onError", *fault], ["rejected", *fault]]


def test_unmount_and_start_again(shop: Shop) -> None:
    shop.open()
    shop.create()
    shop.wait_for("SDK_END_OF_LOADING")
    overflow = shop.page.evaluate(
        "() => { sdk.unmount(); return document.body.style.overflow; }"
    )
    shop.create()
    shop.page.wait_for_function("() => told.length === 4")

    assert overflow == "auto"
    assert shop.told() == [START, END, START, END]


def test_a_callback_is_a_function(shop: Shop) -> None:
    shop.open()
    message = shop.page.evaluate(
        "() => { try { make({onClose: 'x'}); } catch (e) { return e.message; } }"
    )

    assert message == "Parameter type should be function"


def test_a_missing_place_is_a_rejection_only(shop: Shop) -> None:
    shop.open()
    shop.page.evaluate(
        "data => run(make({}).mountComponent({sessionData: data}, '#nowhere'))", SESSION
    )

    assert [entry[:2] for entry in shop.told()] == [START[:2], ["rejected", PARAMETER]]


def test_a_pop_up_opened_too_soon_is_swept_away(shop: Shop) -> None:
    shop.open()
    shop.create()
    shop.wait_for("SDK_END_OF_LOADING")
    shop.page.locator("#asm-component-close-block").dispatch_event("click")
    shop.page.evaluate(
        """data => {
          document.getElementById("ams-component-retention-leave").click();
          run(sdk.createComponent({sessionData: data}));
        }""",
        SESSION,
    )
    shop.page.locator("#ams-component-container").wait_for(state="detached")


def test_the_cashier_stands_inside_the_page(shop: Shop) -> None:
    shop.scenario = "say('onEventCallback', {code: 'SDK_READY', message: ''});"
    shop.open()
    mount = """data => { window.sdk = make({});
      return run(sdk.mountComponent({sessionData: data}, '#place')); }"""
    shop.page.evaluate(mount, SESSION)
    shop.wait_for("SDK_READY")
    again = "data => run(sdk.mountComponent({sessionData: data}, '#place'))"
    shop.page.evaluate(again, SESSION)

    assert shop.page.locator("#place > #ams-component-container iframe").count() == 1
    assert shop.page.locator("#asm-component-close-block").count() == 0
    fault = [
        "SDK_CREATECOMPONENT_ERROR",
        "Only one component can be rendered simultaneously",
    ]
    ready = ["onEventCallback", "SDK_READY", ""]
    told = shop.told()
    assert told == [START, END, ready, ["onError", *fault], ["rejected", *fault]]
    shop.page.evaluate("sdk.unmount()")
    assert shop.page.locator("#place iframe").count() == 0


def test_the_session_of_an_element_does_not_pop_up(shop: Shop) -> None:
    shop.open()
    shop.create(ELEMENT)

    fault = [PARAMETER, "unsupported payment method"]
    assert shop.told() == [["onError", *fault], ["rejected", *fault]]


def test_the_session_of_an_element_stands_inside_the_page(shop: Shop) -> None:
    shop.open()
    mount = "data => run(make({}).mountComponent({sessionData: data}, '#place'))"
    shop.page.evaluate(mount, ELEMENT)
    shop.wait_for("SDK_END_OF_LOADING")

    assert shop.told() == [START, END]
    address = shop.page.locator("#place iframe").get_attribute("src") or ""
    assert urlsplit(address).path.startswith(("/element/", "/elements/"))


LOADING = [["onStartLoading", "", None], ["onEndLoading", "", None]]
WRONG = {
    "code": "PARAM_INVALID",
    "message": "An error occurred. The transaction cannot be initiated.",
}
STATE = WRONG | {"code": "UI_STATE_ERROR"}


def test_an_element_is_mounted_and_submitted(shop: Shop) -> None:
    shop.open()

    assert shop.mount() == {}
    assert shop.page.evaluate("element.validateFields()") == {"isValid": True}
    assert shop.submit_payment() == {"status": "SUCCESS"}
    assert shop.told() == LOADING * 2
    container = shop.page.locator("#place > #ams-component-container-place")
    frame = container.locator("iframe[id='antom-sdk-web-app-#place']")
    assert frame.evaluate("frame => [frame.style.height, frame.style.opacity]") == [
        "300px",
        "1",
    ]


@pytest.mark.parametrize("is_wrong", [True, False])
def test_an_elements_fields_may_be_wrong(shop: Shop, is_wrong: bool) -> None:
    shop.validate = "answer({success: true, data: {isValid: false}});"
    if not is_wrong:
        shop.validate = "answer({success: true});"
    shop.open()
    shop.mount()

    assert shop.page.evaluate("element.validateFields()") == {"isValid": False}


@pytest.mark.parametrize(
    ("said", "hint", "needs_session"),
    [
        ("", None, None),
        ("", True, True),
        (", needChangeSessionForRetry: true", False, True),
    ],
)
def test_an_element_says_whether_a_new_session_is_needed(
    shop: Shop, said: str, hint: bool | None, needs_session: bool | None
) -> None:
    if hint is not None:
        shop.query["notSupportRetryPayForSameSession"] = hint
    shop.submit = (
        "answer({success: true, data: {status: 'FAIL', userCanceled3D: true,"
        f" error: {{code: 'RISK_REJECT', message: 'm'{said}}}}}}});"
    )
    shop.open()
    shop.mount()

    assert shop.submit_payment() == {
        "status": "FAIL",
        "userCanceled3D": True,
        "error": {
            "code": "RISK_REJECT",
            "message": "m",
            "needChangeSessionForRetry": needs_session,
        },
    }


def test_an_element_may_answer_by_an_event(shop: Shop) -> None:
    shop.submit = "say('onSubmitPayCallback', {status: 'PROCESSING'});"
    shop.open()
    shop.mount()

    assert shop.submit_payment() == {"status": "PROCESSING"}
    assert shop.told() == LOADING * 2


def test_an_elements_empty_answer_is_a_failure(shop: Shop) -> None:
    shop.submit = "answer();"
    shop.open()
    shop.mount()

    assert shop.submit_payment() == {
        "status": "FAIL",
        "error": WRONG
        | {
            "code": "ERR_DATA_STRUCT_UNRECOGNIZED",
            "context": "{}",
            "needChangeSessionForRetry": None,
        },
    }


def test_two_submissions_are_answered_each(shop: Shop) -> None:
    shop.submit = """
      window.first = window.first || said.eventCallbackId;
      if (window.first === said.eventCallbackId) return;
      answer({success: true, data: {status: 'FAIL'}});
      say(first, {success: true, data: {status: 'SUCCESS'}});
    """
    shop.open()
    shop.mount()

    both = "() => Promise.all([element.submitPayment(), element.submitPayment()])"
    assert shop.page.evaluate(both) == [{"status": "SUCCESS"}, {"status": "FAIL"}]
    assert shop.told() == LOADING * 2


def test_an_elements_events_are_passed_on(shop: Shop) -> None:
    shop.submit = """
      parent.postMessage("not JSON", "*");
      say('onEventCallback', {code: 'SDK_NEW'});
      answer({success: true, data: {status: 'SUCCESS'}});
    """
    shop.open()
    shop.mount()
    shop.submit_payment()

    event = ["onEventCallback", "SDK_NEW", ""]
    assert shop.told() == [*LOADING, LOADING[0], event, LOADING[1]]


def test_an_element_does_not_listen_to_strangers(shop: Shop) -> None:
    shop.open()
    shop.mount()
    shop.page.evaluate(
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

    assert shop.submit_payment() == {"status": "SUCCESS"}
    assert shop.told() == LOADING * 2


@pytest.mark.parametrize("is_bare", [True, False])
def test_an_elements_redirect_is_told_and_happens(shop: Shop, is_bare: bool) -> None:
    target = f"{shop.origin}/stand-in?back"
    data = f"'{target}'" if is_bare else f"{{normalUrl: '{target}'}}"
    shop.submit = f"say('onRedirect', {data});"
    shop.open()
    shop.mount()
    shop.page.evaluate("() => { element.submitPayment(); }")
    shop.page.wait_for_url(target)

    words = f"Successfully opened the app,NormalUrl: {target}"
    event = ["onEventCallback", "SDK_CALL_URL_SUCCESS", words]
    assert shop.told() == [*LOADING, LOADING[0], event]


def test_an_elements_redirect_to_nowhere_is_an_error(shop: Shop) -> None:
    shop.submit = "say('onRedirect', {});"
    shop.open()
    shop.mount()
    shop.page.evaluate("() => { element.submitPayment(); }")
    shop.wait_for("SDK_LAUNCH_PAYMENT_APP_ERROR")

    words = "Failed to open app,applinkUrl:  schemeUrl:  normalUrl: "
    event = ["onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR", words]
    assert shop.told() == [*LOADING, LOADING[0], event]


def test_an_element_without_a_session_throws(shop: Shop) -> None:
    shop.open()
    thrown = shop.page.evaluate(
        """() => ["", null, undefined].map(data => {
          try { makeElement(data); }
          catch (error) { return [error.name, error.message, error.errors]; }
        })"""
    )

    errors = [{"field": "sessionData", "message": "sessionData is empty"}]
    words = "Invalid config:\nsessionData: sessionData is empty"
    assert thrown == [["InvalidElementConfigError", words, errors]] * 3
    event = ["onEventCallback", "SDK_CREATE_COMPONENT_ERROR", "sessionData is empty"]
    assert shop.told() == [event] * 3


def test_the_classes_need_options(shop: Shop) -> None:
    shop.open()
    thrown = shop.page.evaluate(
        """() => [AMSElement, AMSCheckoutPage].map(kind => {
          try { new kind(); } catch (error) { return error.name; }
        })"""
    )

    assert thrown == ["TypeError", "TypeError"]


@pytest.mark.parametrize("data", ["garbage", "a&&SG&&111", "a&&SG&&111&&???"])
def test_an_elements_session_needs_four_parts(shop: Shop, data: str) -> None:
    shop.open()

    assert shop.mount(data) == {"error": WRONG | {"context": "{}"}}
    assert [entry[:2] for entry in shop.told()] == [
        ["onStartLoading", ""],
        ["onEventCallback", PARAMETER],
        ["onEndLoading", ""],
    ]


def test_an_element_needs_a_type(shop: Shop) -> None:
    shop.open()
    told = shop.page.evaluate(
        "data => makeElement(data).mount({}, '#place')",
        ELEMENT,
    )

    assert told == {"error": WRONG | {"context": "{}"}}
    assert shop.told()[1][:2] == ["onEventCallback", PARAMETER]


def test_an_elements_session_needs_a_config(shop: Shop) -> None:
    shop.open()

    error = shop.mount("a&&SG&&111&&e30=")["error"]
    assert error["code"] == "INITIALIZE_API_TIMEOUT"
    event = ["onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR", "Failed to launch app"]
    assert shop.told() == [*LOADING, event]
    assert shop.page.locator("iframe").count() == 0


@pytest.mark.parametrize("data", [SESSION, CHECKOUT])
def test_an_element_takes_the_session_of_another_scene(shop: Shop, data: str) -> None:
    shop.open()

    assert shop.mount(data) == {}


def test_an_element_needs_a_place(shop: Shop) -> None:
    shop.open()

    assert shop.mount(place="#nowhere") == {"error": WRONG}
    words = "Element with selector #nowhere not found."
    event = ["onEventCallback", "SDK_CREATE_COMPONENT_ERROR", words]
    assert shop.told() == [event]
    thrown = shop.page.evaluate(
        "() => element.mount({type: 'payment'}, '###').catch(error => error.name)"
    )
    assert thrown == "SyntaxError"


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
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
    ],
)
def test_an_elements_session_may_be_of_no_use(
    shop: Shop, query: dict[str, Any], code: str, words: str | None
) -> None:
    shop.query = query
    shop.open()

    message = WRONG["message"] if words is None else words
    error = {"code": code, "message": message, "traceId": ""}
    assert shop.mount() == {"error": error}
    shop.wait_for("onEndLoading")
    assert shop.told() == LOADING
    assert shop.submit_payment() == {"status": "SUCCESS"}


def test_an_element_is_mounted_once(shop: Shop) -> None:
    shop.open()
    shop.mount()
    again = shop.page.evaluate("() => element.mount({type: 'payment'}, '#place')")

    assert again == {"error": STATE}
    event = ["onEventCallback", "SDK_CREATE_COMPONENT_ERROR", "SDK status error."]
    assert shop.told() == [*LOADING, event]
    assert shop.page.locator("#place iframe").count() == 1


def test_an_element_does_nothing_before_it_is_mounted(shop: Shop) -> None:
    shop.open()
    told = shop.page.evaluate(
        """data => { window.element = makeElement(data);
          return Promise.all([element.validateFields(), element.submitPayment()]); }""",
        ELEMENT,
    )

    error = STATE | {"needChangeSessionForRetry": False}
    assert told == [{"isValid": False}, {"status": "FAIL", "error": error}]
    assert shop.told() == []


def test_an_element_that_is_destroyed_is_gone(shop: Shop) -> None:
    shop.open()
    shop.mount()
    overflow = shop.page.evaluate(
        "() => { element.destroy(); return document.body.style.overflow; }"
    )
    again = shop.page.evaluate("() => element.mount({type: 'payment'}, '#place')")

    assert overflow == "auto"
    assert shop.page.locator("#place > *").count() == 0
    assert again == {"error": STATE}
    assert shop.submit_payment()["error"]["code"] == "UI_STATE_ERROR"
    words = "Creating components in the destroyed state is forbidden."
    event = ["onEventCallback", "SDK_CREATE_COMPONENT_ERROR", words]
    assert shop.told() == [*LOADING, event]


def test_after_destroy_another_element_is_mounted(shop: Shop) -> None:
    shop.open()
    shop.mount()
    shop.page.evaluate("() => element.destroy()")

    assert shop.mount() == {}
    assert shop.submit_payment() == {"status": "SUCCESS"}
    assert shop.told() == LOADING * 3


def test_a_frame_may_take_the_element_away(shop: Shop) -> None:
    shop.submit = "say('onDestroy', {});"
    shop.open()
    shop.mount()
    shop.page.evaluate("() => { element.submitPayment(); }")
    shop.page.locator("#place iframe").wait_for(state="detached")

    assert shop.told() == LOADING * 2
    again = shop.page.evaluate("() => element.mount({type: 'payment'}, '#place')")
    assert again == {}


def test_a_silent_element_is_given_up_after_10_seconds(shop: Shop) -> None:
    shop.launches = False
    stop_clock(shop.page)
    shop.open()
    shop.page.evaluate(
        """data => { window.element = makeElement(data);
          element.mount({type: 'payment'}, '#place').then(
            told => note("mounted", told.error)); }""",
        ELEMENT,
    )
    shop.page.locator("iframe").wait_for(state="attached")
    shop.page.clock.run_for(9_000)
    assert shop.told() == LOADING[:1]
    invalid = shop.page.evaluate("() => element.validateFields()")
    shop.page.clock.run_for(1_000)

    assert invalid == {"isValid": False}
    words = "An error occurred; the transaction cannot be initiated."
    assert shop.told() == [
        *LOADING,
        ["onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR", "Load app time out"],
        ["mounted", "INITIALIZE_WEB_TIMEOUT", words],
    ]
    assert shop.page.locator("iframe").count() == 0


@pytest.mark.parametrize("environment", ["sandbox", "prod", "Sandbox", None])
def test_an_elements_frame_is_told_the_environment(
    shop: Shop, environment: str | None
) -> None:
    shop.open()
    mounted = shop.page.evaluate(
        """([data, environment]) =>
          makeElement(data, {environment: environment}).mount(
            {type: 'payment'}, '#place')""",
        [ELEMENT, environment],
    )

    assert mounted == {}
    address = shop.page.locator("#place iframe").get_attribute("src") or ""
    query = parse_qs(urlsplit(address).query)
    assert ("shadow" in query) is (environment == "sandbox")
    assert query["displayType"] == ["inline"]
    assert query["instanceId"][0].endswith("-payment")
    assert query["refUrl"] == [shop.url]


def test_an_element_does_not_load_when_a_callback_throws(shop: Shop) -> None:
    shop.open()
    rejected = shop.page.evaluate(
        """data => makeElement(data, {loading: {onStartLoading: () => {
          throw new Error("mine"); }}}).mount({type: 'payment'}, '#place').catch(
            error => error.message)""",
        ELEMENT,
    )

    assert rejected == "mine"
    assert shop.page.locator("iframe").count() == 0


def test_only_other_products_elements_are_updated(shop: Shop) -> None:
    shop.open()
    shop.mount()

    assert shop.page.evaluate("data => element.updatePayment(data)", ELEMENT) is False


CODES = ["SDK_PAYMENT_SUCCESSFUL", "SDK_PAYMENT_CLICK_BACK_TO_MERCHANT"]


def test_a_checkout_page_fills_its_place_and_tells_of_payments(shop: Shop) -> None:
    shop.scenario = "say({code: 'SDK_OTHER'});" + "".join(
        f"say({{code: '{code}', message: 'm'}});" for code in CODES
    )
    shop.open()
    shop.page.evaluate("() => { place.textContent = 'Please wait'; }")

    assert shop.show_page() is None
    shop.wait_for(CODES[1])
    assert shop.told() == [["onEventCallback", code, "m"] for code in CODES]
    frame = shop.page.locator("#place > #antom-checkout-page-sub-page-iframe")
    assert [frame.get_attribute(name) for name in ("width", "height", "allow")] == [
        "100%",
        "100%",
        "payment",
    ]
    assert shop.page.locator("#place").text_content() == ""
    query = parse_qs(urlsplit(frame.get_attribute("src") or "").query)
    assert query == {
        "sessionData": [CHECKOUT],
        "lang": ["en_US"],
        "mode": ["embed"],
        "shadow": ["true"],
    }


@pytest.mark.parametrize("environment", ["prod", None])
def test_a_checkout_page_runs_as_prod(shop: Shop, environment: str | None) -> None:
    shop.open()
    shop.page.evaluate(
        "value => { window.sdk = makePage({environment: value}); }", environment
    )
    shop.show_page()

    address = shop.page.locator("#place iframe").get_attribute("src") or ""
    assert "shadow" not in parse_qs(urlsplit(address).query)


def test_a_checkout_page_takes_an_environment_for_an_address(shop: Shop) -> None:
    shop.open()
    shop.page.evaluate("() => { window.sdk = makePage({environment: 'Sandbox'}); }")
    shop.show_page()

    address = shop.page.locator("#place iframe").get_attribute("src") or ""
    assert address.startswith("Sandbox?sessionData=")


def test_a_checkout_page_believes_strangers(shop: Shop) -> None:
    shop.open()
    shop.show_page()
    shop.page.evaluate(
        "() => window.postMessage('{\"code\": \"SDK_PAYMENT_SUCCESSFUL\"}', '*')"
    )
    shop.wait_for("SDK_PAYMENT_SUCCESSFUL")

    assert shop.told() == [["onEventCallback", "SDK_PAYMENT_SUCCESSFUL", None]]


def test_a_checkout_page_chokes_on_other_messages(shop: Shop) -> None:
    shop.open()
    shop.show_page()
    with shop.page.expect_event("pageerror") as error:
        shop.page.evaluate("() => window.postMessage('not JSON', '*')")

    assert "JSON" in str(error.value)
    assert shop.told() == []


def test_a_checkout_pages_redirect_happens(shop: Shop) -> None:
    target = f"{shop.origin}/stand-in?back"
    shop.scenario = (
        f"say({{context: {{event: 'onRedirect', data: {{normalUrl: '{target}'}}}}}});"
    )
    shop.open()
    shop.show_page()
    shop.page.wait_for_url(target)

    assert shop.told() == [["onEventCallback", "", None]]


@pytest.mark.parametrize("data", ["", None, 42])
def test_a_checkout_page_needs_a_session(shop: Shop, data: object) -> None:
    shop.open()

    assert shop.show_page(data) == "PARAMS_ERROR_INVALID_SESSION_DATA"
    assert shop.page.locator("iframe").count() == 0


def test_a_checkout_page_asks_nothing_of_its_session(shop: Shop) -> None:
    shop.open()

    assert shop.show_page("garbage") is None
    assert shop.page.locator("#place iframe").count() == 1


def test_a_checkout_page_needs_a_place(shop: Shop) -> None:
    shop.open()

    assert shop.show_page(place="#nowhere") == "PARAMS_ERROR_INVALID_SELECTOR"


def test_a_checkout_page_is_taken_away_and_mounted_again(shop: Shop) -> None:
    shop.open()
    shop.show_page()
    shop.page.evaluate(
        """() => { sdk.unmount();
          window.dispatchEvent(new MessageEvent("message",
            {data: '{"code": "SDK_PAYMENT_FAIL"}'})); }"""
    )
    assert shop.page.locator("#place > *").count() == 0
    assert shop.told() == []

    shop.show_page()
    shop.show_page()

    assert shop.page.locator("#place iframe").count() == 1
    shop.page.evaluate(
        """() => { window.dispatchEvent(new MessageEvent("message",
            {data: '{"code": "SDK_PAYMENT_FAIL"}'})); }"""
    )
    assert shop.told() == [["onEventCallback", "SDK_PAYMENT_FAIL", None]]

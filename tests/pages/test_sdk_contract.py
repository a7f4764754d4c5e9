"""The stand-in and Antom's own bundle say the same, in the same order.

Both get the same little app in their frame. Antom's hosts are answered here, and
nothing else leaves the browser.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import BrowserContext, Page, Route
from werkzeug.serving import make_server

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    "stand-in": "flask_antom/simulator/static/simulator/sdk/cashier-payment.js",
    "real": "node_modules/@alipay/ams-checkout/dist/umd/ams-checkout.min.js",
}

CONFIG = {
    "paymentSessionConfig": {
        "productScene": "CASHIER_PAYMENT",
        "paymentMethodCategoryType": "APM",
        "productSceneVersion": "1.0",
    }
}
SESSION = "opaque&&SG&&111&&" + base64.b64encode(json.dumps(CONFIG).encode()).decode()

PAGE = """<!doctype html><html lang="en"><title>Shop</title><body>
<h1>Shop</h1><script src="/{kind}.js"></script><script src="/page.js"></script>"""

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

APP = """<script>
var query = new URLSearchParams(location.search);
function say(event, data) {
  parent.postMessage(JSON.stringify({name: "APP_TO_SDK",
    instanceId: query.get("instanceId"), context: {event: event, data: data}}), "*");
}
addEventListener("message", function (message) {
  var said = JSON.parse(message.data);
  if (!said.context || said.context.event !== "renderComponent") return;
  say("onSizeChanged", {width: 440, height: 300});
  say("dismissLoading", {});
  SCENARIO
});
if (query.get("isPreload") !== "true") say("onLaunch", {});
</script>"""

ANSWER = {"success": True}
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
        self.scenario = ""

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
        if "/cashier/" in url or url.startswith("https://ac.alipay.com/"):
            body = APP.replace("SCENARIO", self.scenario)
            route.fulfill(content_type="text/html", body=body)
        elif url.startswith("http://127.0.0.1"):
            route.continue_()
        elif url.endswith("/mgw.htm"):
            origin = {"Access-Control-Allow-Origin": self.url.rpartition("/")[0]}
            route.fulfill(json=ANSWER, headers=CORS | origin)
        else:
            route.abort()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    app = Flask(__name__)

    @app.get("/<kind>")
    def home(kind: str) -> str:
        return PAGE.format(kind=kind)

    @app.get("/page.js")
    def script() -> Response:
        return Response(SCRIPT, mimetype="text/javascript")

    @app.get("/<any('stand-in', 'real'):kind>.js")
    def sdk(kind: str) -> Response:
        script = (ROOT / SCRIPTS[kind]).read_bytes()
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


@pytest.fixture(params=list(SCRIPTS))
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
    target = shop.url.rpartition("/")[0] + "/stand-in?back"
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

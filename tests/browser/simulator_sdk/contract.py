"""The stand-in and Antom's own bundle, each in the same page with the same little app.

Antom's hosts are answered here, and nothing else leaves the browser. What Antom's
gateway answers to the bundle, the app tells the stand-in.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from tests.browser.simulator_sdk.sdk_page import callbacks, wait_for_callback


def session_data(scene: str, version: str = "1.0", **config: str) -> str:
    config |= {"productScene": scene, "productSceneVersion": version}
    facts = json.dumps({"paymentSessionConfig": config}).encode()
    return "opaque&&SG&&111&&" + base64.b64encode(facts).decode()


SESSION = session_data("CASHIER_PAYMENT", paymentMethodCategoryType="APM")
ELEMENT = session_data("ELEMENT_PAYMENT", paymentMethodCategoryType="ALL")
CHECKOUT = session_data("CHECKOUT_PAYMENT", "1.0.0")

#: Switches off the fingerprinting of the real bundle, which asks other hosts.
PREPARATION = """
window.noteLoading = true;
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


class ContractPage:
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
        """Open the page, with nothing called back yet."""
        self.page.goto(self.url)
        self.page.evaluate("forget()")

    def create(self, data: Any = SESSION) -> None:
        self.page.evaluate(
            "data => { window.sdk = window.sdk || make();"
            " return run(sdk.createComponent({sessionData: data})); }",
            data,
        )

    def wait_for_callback(self, name: str) -> None:
        wait_for_callback(self.page, name)

    def callbacks(self) -> list[list[str | None]]:
        return callbacks(self.page)

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
        """Mount an element; return what ``mount`` resolves with."""
        return self.page.evaluate(
            "([data, place]) => { window.element = makeElement(data);"
            " return element.mount({type: 'payment'}, place); }",
            [data, place],
        )

    def submit_payment(self) -> Any:
        return self.page.evaluate("() => element.submitPayment()")

    def show_page(self, data: Any = CHECKOUT, *, place: str = "#place") -> Any:
        """Mount a Checkout Page; return the error if it throws one."""
        return self.page.evaluate(
            "([data, place]) => { window.sdk = window.sdk || makePage(); try {"
            " return sdk.mountComponent({sessionData: data}, place); }"
            " catch (error) { return error.message; } }",
            [data, place],
        )

"""The hosts that Antom's browser SDK calls, answered on this machine.

The SDK is Antom's own, bytes and all; its servers and the web app in its frame are
stand-ins. What the buyer does in the web app reaches the simulator.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Request, Route

from flask_antom.simulator import Payment, Simulator

HERE = Path(__file__).parent

#: The pages in the frames of AMSCashierPayment, AMSElement and AMSCheckoutPage.
WEB_APP = (HERE / "cashier_frame.html").read_text("utf-8")
ELEMENT_APP = (HERE / "element_frame.html").read_text("utf-8")
PAGE_APP = (HERE / "checkout_page_frame.html").read_text("utf-8")

#: The gateways by the region that a session names.
GATEWAYS = {
    "SG": "imgs-sea-global.alipay.com",
    "US": "imgs-na-global.alipay.com",
    "DE": "imgs-de-global.alipay.com",
    "QK": "imgs-qk.alipay.com",
    "ID": "imgs-id.alipay.com",
    "SA": "imgs-sa.alipay.com",
}
QUERY = "com.ipay.iexpcashier.sdkAction.query"
SUBMIT = "com.ipay.iexpcashier.cashier.submitPayByPaymentSession"

#: What the web app reports once the buyer says that they have paid elsewhere.
FINISHED = {"SUCCESS": "SDK_PAYMENT_SUCCESSFUL", "PENDING": "SDK_PAYMENT_PROCESSING"}

#: Content types and bodies, by host: the SDK's settings, its fingerprints' server, its
#: tracker and its icons. None of them matters to a payment.
ANSWERS = {
    "config.marmot-cloud.com": ("application/json", "{}"),
    "open-sea-global.alipay.com": ("application/json", "{}"),
    "open-na-global.alipay.com": ("application/json", "{}"),
    "open-de-global.alipay.com": ("application/json", "{}"),
    "gw.alipayobjects.com": ("text/javascript", ""),
    "cdn.marmot-cloud.com": (
        "image/svg+xml",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
    ),
}

#: Switches the SDK's fingerprinting off: it blocks the page for a second.
NO_FINGERPRINT = """
localStorage.antomSDKConfigKey = JSON.stringify(
  { pl_sec: [{ product: 'CASHIER_PAYMENT', platform: 'Web', enable: false }] });
localStorage.antomSDKConfiglastCallTime = String(Date.now());
"""


#: Whether a script runs in the page itself, and not in a frame or before any page.
IS_PAGE = "self === top && location.protocol !== 'about:'"

#: The pop-up zooms in at first; a click would miss.
AT_REST = """() => Promise.allSettled(
  document.getAnimations()
    .filter(moving => moving.effect.getComputedTiming().iterations !== Infinity)
    .map(moving => moving.finished))"""


class AntomHosts:
    """Answers everything that a browser context asks of the world.

    :param wallet_url: where the simulator serves its wallet.
    :param fingerprint: whether the SDK takes its fingerprint of the device.
    :ivar asked: the names of hosts that were asked for anything.
    :ivar operations: the SDK's calls of Antom's gateway.
    :ivar frames: the queries of the web app's address.
    :ivar strays: requests to other hosts; they were not let through.
    :ivar fail_with: the result code of a payment that is declined.
    :ivar fail_at_start: the code that the web app tells in place of standing.
    """

    def __init__(
        self,
        context: BrowserContext,
        simulator: Simulator,
        wallet_url: str,
        *,
        fingerprint: bool = False,
    ) -> None:
        self.asked: set[str] = set()
        self.operations: list[str] = []
        self.frames: list[dict[str, list[str]]] = []
        self.strays: list[str] = []
        self.fail_with = ""
        self.fail_at_start = ""
        self._are_held = False
        self._simulator = simulator
        self._wallet_url = wallet_url
        self._actions: dict[str, tuple[Callable[[str], object], str]] = {
            "pay": (simulator.approve, "SDK_PAYMENT_SUCCESSFUL"),
            "decline": (simulator.decline, "SDK_PAYMENT_FAIL"),
            "hang": (simulator.process, "SDK_PAYMENT_PROCESSING"),
            "later": (simulator.pend, "SDK_PAYMENT_PROCESSING"),
        }
        if not fingerprint:
            context.add_init_script(f"if ({IS_PAGE}) {{ {NO_FINGERPRINT} }}")
        context.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        self.asked.add(parts.hostname or "")
        if parts.hostname == "127.0.0.1":
            route.continue_()
        elif parts.hostname == "ac.alipay.com":
            self._show(route, WEB_APP)
        elif parts.hostname == "checkout.antom.com":
            is_page = parts.path.startswith("/checkout-page/")
            self._show(route, PAGE_APP if is_page else ELEMENT_APP)
        elif parts.hostname in GATEWAYS.values():
            operation = route.request.headers["operation-type"]
            self.operations.append(operation)
            answer = self._query() if operation == QUERY else self._submit(route)
            route.fulfill(json=answer, headers=shared(route.request))
        elif parts.hostname in ANSWERS:
            content_type, body = ANSWERS[parts.hostname]
            route.fulfill(
                body=body,
                content_type=content_type,
                headers=shared(route.request),
            )
        else:
            self.strays.append(route.request.url)
            route.abort()

    def hold_frames(self) -> None:
        """Leave the requests for the web apps without an answer from now on."""
        self._are_held = True

    def _show(self, route: Route, web_app: str) -> None:
        self.frames.append(parse_qs(urlsplit(route.request.url).query))
        if self._are_held:
            return
        body = web_app.replace("FAIL_AT_START", self.fail_at_start)
        route.fulfill(body=body, content_type="text/html; charset=utf-8")

    def _query(self) -> dict[str, object]:
        """Answer as little as AMSElement takes; AMSCashierPayment takes less."""
        amount = {"value": "4200", "currency": "MYR"}
        return {
            "success": True,
            "orderAmountView": amount,
            "paymentAmountView": amount,
            "paymentMethods": [{"paymentMethodType": "GCASH"}],
        }

    def _submit(self, route: Route) -> dict[str, object]:
        """Do at the simulator what the buyer chose in the web app."""
        (order,) = json.loads(route.request.post_data or "")
        payment = self._find(order["paymentSessionData"])
        if order["action"] == "finished":
            return {"code": FINISHED.get(payment.status, "")}
        if payment.status == "SUCCESS":
            return {"code": "SDK_PAYMENT_FAIL", "resultCode": "REPEAT_REQ_REJECT"}
        if order["action"] in ("wallet", "window"):
            self._simulator.process(payment.request_id)
            return {"normalUrl": f"{self._wallet_url}/wallet/{payment.session_id}"}
        act, code = self._actions[order["action"]]
        if payment.status != "SUCCESS":  # In another tab, meanwhile.
            act(payment.request_id)
        return {"code": code, "resultCode": self.fail_with}

    def _find(self, session_data: str) -> Payment:
        """Find the payment by the opaque part, the first of the session data."""
        session_id = session_data.split("&&")[0]
        (payment,) = (
            payment
            for payment in self._simulator.payments()
            if payment.session_id == session_id
        )
        return payment


def shared(request: Request) -> dict[str, str]:
    """Return the headers that allow the asking page to read the answer."""
    return {
        "Access-Control-Allow-Origin": request.headers.get("origin", "*"),
        "Access-Control-Allow-Credentials": "true",
    }

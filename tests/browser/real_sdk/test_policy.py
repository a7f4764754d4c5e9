"""Antom's own browser SDK keeps to the policy of ``antom.csp()``, as Chromium reports.

``sdk_driver.js`` drives the SDK under exactly that policy. The SDK takes its
fingerprint of the device here, which other tests switch off for their speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Response, render_template_string, request, send_file
from playwright.sync_api import Browser, FrameLocator, Page, expect

from flask_antom.simulator import Simulator
from tests.browser.real_sdk.antom_hosts import AT_REST, GATEWAYS, AntomHosts
from tests.browser.real_sdk.policy_reports import STRICT, PolicyReports, header
from tests.browser.real_sdk.sdk_shop import open_shop
from tests.support.shop import Shopfront
from tests.support.thorough import THOROUGH

SCRIPT = Path(__file__).with_name("sdk_driver.js")

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Pay</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
<link rel="stylesheet" href="{{ url_for('antom.static', filename='checkout.css') }}">
<main data-way="{{ way }}" data-region="{{ region }}" data-method="{{ method }}"
 {%- if lends %} data-lends{% endif %}><div id="place"></div>
<button id="pay">Pay now</button><ul id="news"></ul></main>
<script nonce="n0nce" src="{{ config.ANTOM_SDK_URL }}"></script>
<script nonce="n0nce" src="/sdk_driver.js"></script>
</body></html>"""

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 412, "height": 915},
    "has_touch": True,
    "is_mobile": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36"
    " (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
}

#: The modes, by way to pay: AMSCashierPayment is a pop-up or stands in the page.
MODES = {
    "popup": "cashier",
    "embedded": "cashier",
    "element": "element",
    "page": "page",
}

#: What the SDK reports when it stands.
STANDS = {
    "popup": "SDK_END_OF_LOADING",
    "embedded": "SDK_END_OF_LOADING",
    "element": "mounted",
    "page": "mounted",
}

DESKTOPS = [
    ("popup", "1.47.2"),
    ("popup", "1.12.0"),
    ("embedded", "1.47.2"),
    ("element", "1.47.2"),
    ("page", "1.47.2"),
]
PHONES = [("popup", "1.47.2"), ("element", "1.47.2"), ("page", "1.47.2")]

#: Way, method, version and the region that the session names.
REGIONS = [
    *(("element", "GCASH", "1.47.2", region) for region in GATEWAYS),
    ("popup", "CARD", "1.47.2", "US"),
    ("popup", "CARD", "1.47.2", "SA"),
    ("popup", "CARD", "1.12.0", "US"),
]

#: What a thorough run tries besides; each is much like one of those above.
if THOROUGH:
    REGIONS = [
        (way, method, version, region)
        for way, method, version in (
            ("popup", "CARD", "1.47.2"),
            ("popup", "GCASH", "1.47.2"),
            ("popup", "CARD", "1.12.0"),
            ("popup", "GCASH", "1.12.0"),
            ("element", "GCASH", "1.47.2"),
            ("page", "GCASH", "1.47.2"),
        )
        for region in GATEWAYS
    ]
    DESKTOPS.append(("embedded", "1.12.0"))
    PHONES += [("popup", "1.12.0"), ("embedded", "1.47.2"), ("embedded", "1.12.0")]

#: How the reports begin where none of Antom's sources is allowed.
LACKING = {
    "popup": [
        "script-src wasm-eval",
        "style-src-elem inline",
        "style-src-attr inline",
        "connect-src https://imgs-sea-global.alipay.com",
        "connect-src https://config.marmot-cloud.com",
        "connect-src https://open-sea-global.alipay.com",
        "connect-src https://gw.alipayobjects.com",
        "frame-src https://ac.alipay.com",
        "img-src https://cdn.marmot-cloud.com",
    ],
    "element": [
        "style-src-elem inline",
        "connect-src https://imgs-sea-global.alipay.com",
        "frame-src https://checkout.antom.com",
    ],
    "page": ["frame-src https://checkout.antom.com"],
}

#: Makes another policy of a mode's.
Change = Callable[[dict[str, str]], dict[str, str]]


@dataclass
class PolicyPage:
    """A page that pays under a policy, and what the browser says of it."""

    page: Page
    breaches: PolicyReports
    way: str
    hosts: AntomHosts

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe:not([src*='isPreload=true'])")

    def pay(self) -> None:
        self.hear(STANDS[self.way])
        self.page.evaluate(AT_REST)
        if self.way == "element":
            self.page.get_by_role("button", name="Pay now").click()
            self.hear("SUCCESS")
        else:
            self.frame.get_by_role("button", name="Pay").click()
            self.hear("SDK_PAYMENT_SUCCESSFUL")

    def has_called(self, region: str) -> bool:
        """Whether the SDK has called the gateway of a region."""
        return GATEWAYS[region] in self.hosts.asked

    def hear(self, news: str) -> None:
        """Wait for a word of the SDK's; its fingerprint blocks the page for seconds."""
        expect(self.page.locator("#news")).to_contain_text(news, timeout=45_000)


def add_page(
    front: Shopfront,
    way: str,
    change: Change | None,
    **shown: Any,
) -> None:
    """Add the page of a way to pay, under the policy of its mode or another one."""

    @front.app.get("/")
    def pay() -> Response:
        given = front.antom.csp(MODES[way], nonce="n0nce")
        policy = header(STRICT | (change(given) if change else given))
        response = Response(render_template_string(PAGE, way=way, **shown))
        response.headers["Content-Security-Policy"] = (
            f"{policy}; report-uri {request.host_url}breaches"
        )
        return response

    @front.app.get("/sdk_driver.js")
    def script() -> Response:
        return send_file(SCRIPT, mimetype="text/javascript")


OpenPage = Callable[..., AbstractContextManager[PolicyPage]]


@pytest.fixture
def open_page(
    browser: Browser, simulator: Simulator, gateway: Any, tmp_path: Path
) -> OpenPage:
    """Opens the page of a way to pay."""

    @contextmanager
    def open_one(
        way: str,
        version: str = "1.47.2",
        device: dict[str, Any] = DESKTOP,
        change: Change | None = None,
        lends: bool = False,
        region: str = "SG",
        method: str = "GCASH",
    ) -> Iterator[PolicyPage]:
        context = browser.new_context(locale="en-US", **device)
        hosts = AntomHosts(context, simulator, gateway.url, fingerprint=True)
        with open_shop(simulator, gateway.url, tmp_path, version) as front:
            breaches = PolicyReports(front.app)
            add_page(front, way, change, lends=lends, region=region, method=method)
            page = context.new_page()
            breaches.listen(page)
            page.goto(front.app.config["ANTOM_PUBLIC_URL"])
            yield PolicyPage(page, breaches, way, hosts)
            context.close()
        assert hosts.strays == []

    return open_one


def no_rule_is_broken(opened: PolicyPage, simulator: Simulator) -> bool:
    """Pay, and tell whether the browser reports nothing."""
    opened.pay()
    assert [payment.status for payment in simulator.payments()] == ["SUCCESS"]
    return opened.breaches.of(opened.page) == set()


@pytest.mark.parametrize(("way", "version"), DESKTOPS)
def test_a_payment_breaks_no_rule(
    open_page: OpenPage, simulator: Simulator, way: str, version: str
) -> None:
    with open_page(way, version) as opened:
        assert no_rule_is_broken(opened, simulator)


@pytest.mark.parametrize(("way", "version"), PHONES)
def test_a_payment_on_a_phone_breaks_no_rule(
    open_page: OpenPage, simulator: Simulator, way: str, version: str
) -> None:
    with open_page(way, version, PHONE, lends=True) as opened:
        assert no_rule_is_broken(opened, simulator)


@pytest.mark.parametrize(("way", "method", "version", "region"), REGIONS)
def test_a_session_of_any_region_breaks_no_rule(
    open_page: OpenPage,
    simulator: Simulator,
    way: str,
    method: str,
    version: str,
    region: str,
) -> None:
    with open_page(way, version, region=region, method=method) as opened:
        assert no_rule_is_broken(opened, simulator)
        if way == "element" or (method == "CARD" and version == "1.47.2"):
            assert opened.has_called(region)


def test_a_phones_pop_up_slides_in_by_the_nonce_alone(open_page: OpenPage) -> None:
    with open_page("popup", device=PHONE) as opened:
        opened.pay()
        assert opened.breaches.of(opened.page) == {"style-src-elem inline"}


@pytest.mark.parametrize("way", ["popup", "element"])
def test_the_hosts_of_scripts_do_in_place_of_trust(
    open_page: OpenPage, simulator: Simulator, way: str
) -> None:
    def distrust(policy: dict[str, str]) -> dict[str, str]:
        scripts = policy["script-src"].replace("'strict-dynamic'", "")
        return policy | {"script-src": scripts}

    with open_page(way, change=distrust) as opened:
        assert no_rule_is_broken(opened, simulator)


@pytest.mark.parametrize("way", LACKING)
def test_what_a_policy_lacks_is_reported(open_page: OpenPage, way: str) -> None:
    def lack(policy: dict[str, str]) -> dict[str, str]:
        own = {"style-src": "'self' 'nonce-n0nce'", "connect-src": "'self'"}
        return own | {"script-src": "'nonce-n0nce' 'strict-dynamic'"}

    with open_page(way, change=lack) as opened:
        for start in LACKING[way]:
            opened.breaches.wait_for(opened.page, start)

"""The data that Antom's browser SDK keeps, sends and trusts, as the docs say."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from flask_antom.browser_sdk.releases import TRACKER
from tests.browser.real_sdk.conftest import Visits
from tests.browser.real_sdk.sdk_checkout import PHONE, TRIED

#: What the docs name as written by the SDK.
KEPT = re.compile(
    r"(j_s_|AMSSDK_|antomSDKConfig|Antom)[\w.]*|antom_checkout_previousChannel|antomMethod"
)

#: What a page of somebody else's would send to ours.
FORGERIES = """() => {
  const forged = code =>
    ({ context: { event: code, data: { code } }, code, type: code });
  for (const code of ['SDK_PAYMENT_SUCCESSFUL', 'SDK_PAYMENT_PROCESSING']) {
    window.postMessage(forged(code), '*');
    window.postMessage(JSON.stringify(forged(code)), '*');
  }
  window.postMessage('no JSON', '*');
}"""


@pytest.mark.parametrize("way", TRIED)
def test_the_sdk_keeps_what_the_docs_name(visit: Visits, way: str) -> None:
    with visit(way) as visited:
        checkout = visited.checkout
        checkout.open()
        stored = checkout.page.evaluate(
            "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
        )
        cookies = [cookie.get("name", "") for cookie in checkout.page.context.cookies()]
        assert [name for name in stored + cookies if not KEPT.fullmatch(name)] == []


@pytest.mark.parametrize("way", ["pop-up", "pop-up-1.12", "embedded", "element"])
def test_the_address_of_the_page_goes_to_antom(visit: Visits, way: str) -> None:
    with visit(way, query="?coupon=SPRING") as visited:
        checkout = visited.checkout
        checkout.open()
        told = [query["refUrl"] for query in checkout.hosts.frames if "refUrl" in query]
        assert told
        assert all("coupon=SPRING" in url for [url] in told)


@pytest.mark.parametrize(
    ("scripts", "is_there"),
    [("'nonce-n0nce' 'strict-dynamic'", True), ("'nonce-n0nce'", False)],
)
def test_a_policy_keeps_the_tracker_away(
    visit: Visits, scripts: str, is_there: bool
) -> None:
    with visit("pop-up", sources={"script-src": scripts}) as visited:
        checkout = visited.checkout
        checkout.open()
        checkout.choose("Pay")
        checkout.expect_heading("Payment received")
        assert (urlsplit(TRACKER).hostname in checkout.hosts.asked) == is_there


@pytest.mark.parametrize(("has_tag", "width"), [(True, 390), (False, 980)])
def test_a_phone_needs_the_viewport_tag(
    visit: Visits, has_tag: bool, width: int
) -> None:
    with visit("pop-up", PHONE, viewport=has_tag) as visited:
        checkout = visited.checkout
        checkout.open()
        assert checkout.page.evaluate("document.documentElement.clientWidth") == width
        expect(checkout.frame).to_be_visible()


@pytest.mark.parametrize("way", TRIED)
def test_a_forged_message_pays_nothing(visit: Visits, way: str) -> None:
    with visit(way) as visited:
        checkout = visited.checkout
        checkout.open()
        checkout.page.evaluate(FORGERIES)
        if way == "page":  # it believes them, but the server is asked
            checkout.expect_heading("Waiting for your payment")
        (payment,) = visited.shop.payments()
        assert payment.status == "created"
        assert visited.shop.fulfilled() == 0

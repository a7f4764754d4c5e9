"""Hazards of Antom's browser SDK on a page: nobody is ever stuck.

The hazards are those of a study of the SDK; what each does was seen in Chromium.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from flask_antom.browser_sdk.releases import DEFAULT_URL
from flask_antom.i18n.english import CHECKOUT, RESULT
from flask_antom.i18n.failure_texts import NEW_SESSION
from flask_antom.simulator import Simulator
from tests.browser.real_sdk.conftest import Visit, Visits
from tests.browser.real_sdk.sdk_checkout import TRIED, TRIED_WITH_OLD, WAYS
from tests.support.thorough import THOROUGH

CASHIERS = ["pop-up", "pop-up-1.12"]
MODES = ["pop-up", "element", "page"]

AMD = """<script nonce="n0nce">
window.define = function (names, make) { window.swallowed = true; };
window.define.amd = {};
</script>"""

NO_STORAGE = """
for (const name of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, name, {
    get() { throw new DOMException('The operation is insecure.', 'SecurityError'); }
  });
}"""

#: Runs the SDK's script once more, as a page with two forms does.
LOAD_AGAIN = """() => new Promise((resolve, reject) => {
  const tag = document.querySelector('script[data-antom-sdk]');
  const copy = document.createElement('script');
  copy.nonce = tag.nonce;
  copy.onload = resolve;
  copy.onerror = reject;
  copy.src = tag.src;
  document.body.appendChild(copy);
})"""


def is_offered_the_hosted_page(visited: Visit, simulator: Simulator) -> None:
    """The buyer is told, can try again, and can pay on Antom's own page."""
    checkout = visited.checkout
    expect(checkout.hosted).to_be_visible(timeout=45_000)
    expect(checkout.alert).not_to_be_empty()
    expect(checkout.button).to_be_enabled()
    checkout.hosted.click()
    checkout.expect_heading("Pay for your order")
    simulator.approve(visited.shop.payments()[-1].request_id)
    simulator.notifier.drain()
    assert visited.shop.fulfilled() == 1


def wait_in_vain(visited: Visit) -> None:
    """Wait until the SDK's time for its frame is over, and ours too."""
    expect(visited.checkout.frame).to_have_count(1)
    visited.checkout.page.clock.fast_forward(25_000)


@pytest.mark.parametrize("way", [*CASHIERS, "element", "page"])
def test_the_script_cannot_be_loaded(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    settings = {"ANTOM_SDK_URL": f"/missing-{WAYS[way].version}.js"}
    with visit(way, settings=settings) as visited:
        visited.checkout.begin()
        is_offered_the_hosted_page(visited, simulator)


@pytest.mark.parametrize("way", MODES)
def test_the_script_is_not_the_one_whose_hash_is_known(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    settings = {"ANTOM_SDK_INTEGRITY": "sha384-" + "A" * 64}
    with visit(way, settings=settings) as visited:
        visited.checkout.begin()
        is_offered_the_hosted_page(visited, simulator)


@pytest.mark.parametrize("way", MODES)
def test_a_policy_that_forbids_the_script(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    settings = {"ANTOM_SDK_URL": DEFAULT_URL}
    sources = {"script-src": "'self'"}
    with visit(way, settings=settings, sources=sources) as visited:
        visited.checkout.begin()
        is_offered_the_hosted_page(visited, simulator)
        assert visited.breaches


@pytest.mark.parametrize("way", MODES)
def test_an_amd_loader_swallows_the_sdk(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    with visit(way, before=AMD) as visited:
        visited.checkout.begin()
        is_offered_the_hosted_page(visited, simulator)
        assert visited.breaches == []


@pytest.mark.parametrize("way", CASHIERS)
def test_a_malformed_escape_in_the_address_breaks_the_sdk(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    with visit(way, query="?x=%E0%A4%A") as visited:
        visited.checkout.begin()
        is_offered_the_hosted_page(visited, simulator)


@pytest.mark.parametrize("way", CASHIERS)
def test_a_page_without_storage(visit: Visits, simulator: Simulator, way: str) -> None:
    with visit(way, opens=False) as visited:
        visited.checkout.page.add_init_script(NO_STORAGE)
        visited.checkout.visit()
        visited.checkout.begin()
        is_offered_the_hosted_page(visited, simulator)


@pytest.mark.skipif(
    not THOROUGH, reason="takes 15 s; the next test moves the page's clock instead"
)
def test_a_frame_that_does_not_come_in_time(
    visit: Visits, simulator: Simulator
) -> None:
    with visit("pop-up", opens=False) as visited:
        visited.checkout.hosts.hold_frames()
        visited.checkout.visit()
        visited.checkout.begin()
        is_offered_the_hosted_page(visited, simulator)


@pytest.mark.parametrize("way", ["pop-up", "pop-up-1.12", "embedded", "element"])
def test_a_frame_that_never_comes(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    with visit(way, opens=False) as visited:
        visited.checkout.page.clock.install()
        visited.checkout.hosts.hold_frames()
        visited.checkout.visit()
        visited.checkout.begin()
        wait_in_vain(visited)
        is_offered_the_hosted_page(visited, simulator)


def test_beside_the_page_in_the_frame_is_a_way_to_the_same_page(
    visit: Visits, simulator: Simulator
) -> None:
    with visit("page", opens=False) as visited:
        checkout = visited.checkout
        checkout.page.clock.install()
        checkout.hosts.hold_frames()
        checkout.visit()
        wait_in_vain(visited)
        expect(checkout.hosted).to_be_visible()
        checkout.hosted.click()
        checkout.expect_heading("Pay for your order")
        assert len(visited.shop.payments()) == 1


@pytest.mark.parametrize("way", ["pop-up", "element"])
def test_a_policy_that_forbids_the_frame(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    with visit(way, sources={"frame-src": "'none'"}, opens=False) as visited:
        visited.checkout.page.clock.install()
        visited.checkout.visit()
        visited.checkout.begin()
        wait_in_vain(visited)
        is_offered_the_hosted_page(visited, simulator)
        assert visited.breaches


def test_a_new_window_that_is_blocked(visit: Visits, simulator: Simulator) -> None:
    with visit("pop-up", opens=False) as visited:
        checkout = visited.checkout
        checkout.page.add_init_script("window.open = () => null;")
        checkout.page.clock.install()
        checkout.visit()
        checkout.open()
        checkout.choose("New window")
        checkout.expect_message(CHECKOUT["leaving"])
        wait_in_vain(visited)
        expect(checkout.status).to_have_text(CHECKOUT["away"])
        expect(checkout.button).to_be_enabled()
        expect(checkout.hosted).to_be_visible()
        checkout.page.get_by_role("link", name="Check this payment").click()
        checkout.expect_heading("Waiting for your payment provider")
        assert len(visited.shop.payments()) == 1


#: What keeps Antom's frames, and Antom's gateway, from a page.
BLOCKED = {
    "frame": {"frame-src": "'none'"},
    "gateway": {"connect-src": "'self'"},
}


@pytest.mark.parametrize("what", BLOCKED)
@pytest.mark.parametrize("way", ["pop-up", "embedded", "element"])
def test_what_is_blocked_is_no_app(visit: Visits, way: str, what: str) -> None:
    with visit(way, sources=BLOCKED[what], opens=False) as visited:
        checkout = visited.checkout
        checkout.page.clock.install()
        checkout.visit()
        checkout.begin()
        if what == "frame":
            expect(checkout.frame).to_have_count(1)
            checkout.page.clock.run_for(25_000)
        if what == "gateway" and checkout.way.mode == "cashier":
            checkout.wait_until_ready()  # A wallet needs no gateway.
            return
        expect(checkout.hosted).to_be_visible()
        expect(checkout.alert).not_to_be_empty()
        expect(checkout.alert).not_to_contain_text("app")


@pytest.mark.parametrize("way", TRIED)
def test_a_switch_in_the_address_changes_no_payment(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    query = "?_sandbox=true&requestHost=https://evil.example"
    with visit(way, query=query) as visited:
        visited.checkout.open()
        visited.checkout.choose("Pay")
        visited.checkout.expect_heading("Payment received")
        (payment,) = visited.shop.payments()
        assert payment.status == "succeeded"


@pytest.mark.parametrize("visited", TRIED_WITH_OLD, indirect=True)
def test_the_script_runs_a_second_time(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    checkout.page.evaluate("() => { window.first = AMSCashierPayment; }")
    checkout.page.evaluate(LOAD_AGAIN)
    assert checkout.page.evaluate("() => first !== AMSCashierPayment")
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    (payment,) = visited.shop.payments()
    assert payment.status == "succeeded"


def test_failures_are_explained(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    for code, words in (
        ("USER_BALANCE_NOT_ENOUGH", CHECKOUT["balance"]),
        ("ORDER_IS_CLOSED", CHECKOUT["closed"]),
        ("SOMETHING_NEW", CHECKOUT["failed"]),
    ):
        checkout.hosts.fail_with = code
        checkout.choose("Decline")
        checkout.expect_message(words)
        if not checkout.way.again or code in NEW_SESSION:
            checkout.button.click()
            checkout.wait_until_ready()
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")


def test_an_outcome_that_nobody_knows_is_asked_for(
    visited: Visit, simulator: Simulator
) -> None:
    checkout = visited.checkout
    checkout.hosts.fail_with = "UNKNOWN_EXCEPTION"
    checkout.open()
    checkout.choose("Decline")
    checkout.expect_heading(RESULT["failed"].heading)


@pytest.mark.parametrize(
    "code",
    ["SDK_INTERNAL_ERROR", "SDK_CREATECOMPONENT_ERROR", "SDK_CALL_URL_ERROR"],
)
def test_an_error_of_the_sdk_is_told_once_and_reported(
    visit: Visits, simulator: Simulator, code: str, caplog: Any
) -> None:
    with visit("pop-up", opens=False) as visited:
        checkout = visited.checkout
        checkout.hosts.fail_at_start = code
        checkout.visit()
        checkout.button.click()
        is_offered_the_hosted_page(visited, simulator)
    reports = [text for text in caplog.messages if "A checkout reported" in text]
    assert len(reports) == 1
    assert code in reports[0]

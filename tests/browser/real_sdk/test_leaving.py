"""Wallets in a window of their own, with Antom's own browser SDK and a real shop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from flask_antom.i18n import english
from flask_antom.simulator import Simulator
from tests.browser.real_sdk.conftest import Visit
from tests.browser.real_sdk.sdk_checkout import TRIED, WAYS

#: AMSCheckoutPage leads away from the page itself, whatever its frame asks for.
WINDOWS = [name for name in TRIED if WAYS[name].mode != "page"]

in_windows = pytest.mark.parametrize(
    "visited", [*WINDOWS, "pop-up on a phone"], indirect=True
)

#: A browser does this when its user comes back to a tab.
COME_BACK = "document.dispatchEvent(new Event('visibilitychange'))"


@contextmanager
def wallet_of(visited: Visit) -> Iterator[Page]:
    """Open the wallet's window; the page stays behind it."""
    visited.checkout.open()
    with visited.checkout.page.expect_popup() as opened:
        visited.checkout.choose("New window")
    wallet = opened.value
    expect(wallet.get_by_role("heading")).to_have_text("Confirm your payment")
    yield wallet
    wallet.close()


def expect_away(visited: Visit) -> None:
    """The buyer reads calmly where the payment is, and the view is gone."""
    checkout = visited.checkout
    expect(checkout.status).to_have_text(english.CHECKOUT["away"])
    expect(checkout.alert).to_be_empty()
    expect(checkout.page.locator("iframe")).to_have_count(0)
    expect(checkout.button).to_be_enabled()


@in_windows
def test_a_page_beside_the_wallet_goes_to_the_result_by_itself(
    visited: Visit, simulator: Simulator
) -> None:
    with wallet_of(visited):
        (payment,) = visited.shop.payments()
        simulator.approve(payment.request_id)
        visited.checkout.expect_heading("Payment received")
    assert visited.shop.fulfilled() == 1


@in_windows
def test_whoever_comes_back_paid_is_not_told_to_pay(
    visited: Visit, simulator: Simulator
) -> None:
    with wallet_of(visited) as wallet:
        wallet.get_by_role("button", name="Pay", exact=True).click()
        visited.checkout.page.evaluate(COME_BACK)
        visited.checkout.expect_heading("Payment received")
    simulator.notifier.drain()
    assert visited.shop.fulfilled() == 1


@in_windows
def test_whoever_comes_back_before_it_is_known_can_look(
    visited: Visit, simulator: Simulator
) -> None:
    with wallet_of(visited):
        visited.checkout.page.evaluate(COME_BACK)
        expect_away(visited)
        (payment,) = visited.shop.payments()
        simulator.approve(payment.request_id)
        visited.checkout.page.evaluate(COME_BACK)
        visited.checkout.expect_heading("Payment received")
    assert len(visited.shop.payments()) == 1


@pytest.mark.parametrize("visited", ["page"], indirect=True)
def test_the_checkout_page_tells_that_it_leads_away(visited: Visit) -> None:
    checkout = visited.checkout
    checkout.page.evaluate(
        """document.addEventListener('antom:redirect', () => {
          sessionStorage.told = Number(sessionStorage.told || 0) + 1;
        })"""
    )
    checkout.open()
    checkout.choose("Wallet")
    checkout.expect_heading("Confirm your payment")
    checkout.page.goto(checkout.url)
    assert checkout.page.evaluate("sessionStorage.told") == "1"

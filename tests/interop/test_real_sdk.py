"""Antom's own browser SDK, loaded by our macro, takes payments through our script.

The bundle is that of npm's ``@alipay/ams-checkout`` 1.47.2. ``antom_hosts.py`` says
what stands in for Antom's servers. The shop, its notifications and inquiries are real,
with the simulator as the gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Response, render_template_string
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from flask_antom.simulator import Simulator
from tests.interop.antom_hosts import AT_REST, QUERY, SUBMIT, AntomHosts
from tests.interop.reports import STRICT, header
from tests.interop.sdk_shop import open_shop
from tests.shops import Shopfront

CHECKOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Checkout</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
{% from "antom/checkout.html" import antom_checkout %}
{{ antom_checkout("A-1", methods=["GCASH"]) }}
</body></html>"""


@pytest.fixture
def shop(simulator: Simulator, gateway: Any, tmp_path: Path) -> Iterator[Shopfront]:
    """A shop whose checkout loads the real SDK."""
    with open_shop(simulator, gateway.url, tmp_path, "1.47.2") as front:
        add_page(front)
        yield front


def add_page(front: Shopfront) -> None:
    @front.app.get("/checkout")
    def checkout() -> Response:
        response = Response(render_template_string(CHECKOUT))
        policy = STRICT | front.antom.csp(nonce="n0nce")
        response.headers["Content-Security-Policy"] = header(policy)
        return response


@dataclass
class Buyer:
    """A buyer at the checkout, and what he sees."""

    page: Page
    hosts: AntomHosts

    @property
    def button(self) -> Locator:
        return self.page.get_by_role("button", name="Pay now")

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading")

    @property
    def web_app(self) -> FrameLocator:
        return self.page.frame_locator("iframe:not([src*='isPreload=true'])")

    def open(self) -> None:
        """Press the button and wait until the SDK's pop-up stands."""
        self.button.click()
        expect(self.page.get_by_role("status")).to_have_text(
            "Please continue in the payment window.", timeout=15_000
        )
        self.page.evaluate(AT_REST)

    def choose(self, name: str) -> None:
        self.web_app.get_by_role("button", name=name).click()


@pytest.fixture
def buyer(
    browser: Browser, shop: Shopfront, simulator: Simulator, gateway: Any
) -> Iterator[Buyer]:
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(15_000)
    breaches: list[str] = []
    context.on(
        "console",
        lambda message: (
            breaches.append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    hosts = AntomHosts(context, simulator, gateway.url)
    page = context.new_page()
    page.goto(f"{shop.app.config['ANTOM_PUBLIC_URL']}/checkout")
    yield Buyer(page, hosts)
    context.close()
    assert hosts.strays == []
    assert breaches == []
    assert hosts.operations[0] == QUERY
    for frame in hosts.frames:
        assert (frame["sdkVersion"], frame["shadow"]) == (["1.47.2"], ["true"])


def is_paid_once(shop: Shopfront, simulator: Simulator) -> bool:
    simulator.postman.drain()
    paid = [row for row in shop.payments() if row.status == "succeeded"]
    return len(paid) == 1 and shop.fulfilled() == 1


def test_success(buyer: Buyer, shop: Shopfront, simulator: Simulator) -> None:
    buyer.open()
    buyer.choose("Pay")
    expect(buyer.heading).to_have_text("Payment received")
    assert buyer.hosts.operations == [QUERY, SUBMIT]
    assert is_paid_once(shop, simulator)


def test_failure_then_success_on_the_same_page(
    buyer: Buyer, shop: Shopfront, simulator: Simulator
) -> None:
    buyer.open()
    buyer.choose("Decline")
    expect(buyer.page.locator("p[role=alert]")).to_contain_text("did not go through")
    expect(buyer.page.locator("iframe")).to_have_count(0)
    assert shop.fulfilled() == 0

    buyer.open()
    buyer.choose("Pay")
    expect(buyer.heading).to_have_text("Payment received")
    assert is_paid_once(shop, simulator)


def test_closed_then_paid(buyer: Buyer, shop: Shopfront, simulator: Simulator) -> None:
    buyer.open()
    buyer.page.locator("#asm-component-close-block").click()
    buyer.page.locator("#ams-component-retention-leave").click()
    expect(buyer.page.get_by_role("status")).to_contain_text("You left the payment")
    expect(buyer.button).to_be_enabled()

    buyer.open()
    buyer.choose("Pay")
    expect(buyer.heading).to_have_text("Payment received")
    assert is_paid_once(shop, simulator)
    assert len(shop.payments()) == 1


def test_processing_then_success(
    buyer: Buyer, shop: Shopfront, simulator: Simulator
) -> None:
    buyer.open()
    buyer.choose("Hang")
    expect(buyer.heading).to_have_text("Waiting for your payment provider")
    assert shop.fulfilled() == 0

    (payment,) = shop.payments()
    simulator.approve(payment.request_id)
    expect(buyer.heading).to_have_text("Payment received")
    assert is_paid_once(shop, simulator)


def test_to_the_wallet_and_back(
    buyer: Buyer, shop: Shopfront, simulator: Simulator
) -> None:
    buyer.open()
    buyer.choose("Wallet")
    expect(buyer.heading).to_have_text("Confirm your payment")
    buyer.page.get_by_role("button", name="Pay", exact=True).click()
    expect(buyer.heading).to_have_text("Payment received")
    assert is_paid_once(shop, simulator)

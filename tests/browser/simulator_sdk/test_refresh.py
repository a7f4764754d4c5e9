"""``antomCheckout.refresh()`` with the SDK of the simulator and a real shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import render_template_string
from playwright.sync_api import Page, expect

from flask_antom import Money
from flask_antom.simulator import Simulator
from tests.browser.local_server import LocalServer
from tests.browser.payment_form import PAY
from tests.support.shop import Shopfront, make_order, make_shop, shop_settings

CHECKOUT = """<!doctype html><html lang="en"><title>Checkout</title>
{% from "antom/checkout.html" import antom_checkout %}
{{ antom_checkout("A-1", methods=["GCASH", "ALIPAY_CN"], mode=mode) }}"""


@pytest.fixture
def front(simulator: Simulator, gateway: Any, tmp_path: Path) -> Iterator[Shopfront]:
    """A shop that is served, with a checkout in each mode."""
    server = LocalServer()
    settings = {
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'shop.sqlite'}",
        "ANTOM_PUBLIC_URL": server.url,
        "ANTOM_SDK_URL": f"{gateway.url}/sdk/ams-checkout.js",
    }
    front = make_shop(shop_settings(simulator.public_key, gateway.url) | settings)

    @front.app.get("/checkout/<mode>")
    def checkout(mode: str) -> str:
        return render_template_string(CHECKOUT, mode=mode)

    with server.serve(front.app):
        yield front
    front.close()


@pytest.mark.parametrize("mode", ["element", "page"])
def test_the_view_shows_the_order_as_it_is(
    page: Page, front: Shopfront, simulator: Simulator, mode: str
) -> None:
    page.goto(f"{front.app.config['ANTOM_PUBLIC_URL']}/checkout/{mode}")
    place = page.locator("[data-antom-place]")
    expect(place.frame_locator("iframe").get_by_label("GCASH")).to_be_visible()
    front.orders["A-1"] = make_order("A-1", Money(9900, "MYR"))
    page.evaluate("() => antomCheckout.refresh()")
    expect(place.locator("iframe")).to_have_count(1)
    view = place.frame_locator("iframe")
    view.get_by_label("GCASH", exact=True).check()
    if mode == "element":
        page.get_by_role("button", name=PAY).click()
    else:
        view.get_by_role("button", name="Pay MYR 99.00").click()
    view.get_by_role("button", name="Pay", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("Payment received")
    simulator.notifier.drain()
    paid = [(row.amount.value, row.status) for row in front.payments()]
    assert paid == [(4200, "created"), (9900, "succeeded")]
    assert front.fulfilled() == 1

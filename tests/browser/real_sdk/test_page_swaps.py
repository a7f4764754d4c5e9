"""Antom's own browser SDK in pages that Hotwired Turbo and htmx put in place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Response, render_template_string, send_file
from playwright.sync_api import expect

from flask_antom import Money
from flask_antom.simulator import Simulator
from tests.browser.page_swaps.swap_shop import SWAPPERS
from tests.browser.real_sdk.conftest import Visit, Visits
from tests.browser.real_sdk.policy_reports import STRICT, header
from tests.browser.real_sdk.sdk_checkout import TRIED
from tests.support.shop import make_order

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ name }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csp-nonce" content="n0nce">
<meta name="turbo-refresh-method" content="morph">
<meta name="htmx-config" content='{"includeIndicatorStyles": false}'>
<script src="/swapper/{{ swapper }}" nonce="n0nce" defer></script>
</head><body{% if swapper == "htmx" %} hx-boost="true"{% endif %}>
<nav>{% for page in ("home", "A-1", "A-2") %}
<a href="/{{ swapper }}/{{ page }}">{{ page }}</a>{% endfor %}</nav>
<h1>{{ name }}</h1>
{% from "antom/checkout.html" import antom_checkout %}
{% if name != "home" %}
{{ antom_checkout(name, methods=["GCASH"], mode=way.mode, embedded=way.embedded) }}
{% endif %}
</body></html>"""

CASES = [f"{swapper} {way}" for swapper in ("turbo", "htmx") for way in TRIED]


@pytest.fixture(params=CASES)
def swapped(request: pytest.FixtureRequest, visit: Visits) -> Iterator[Visit]:
    """A page without a checkout, from which links lead to two orders."""
    swapper, way_name = request.param.split()
    with visit(way_name, opens=False) as visited:
        add_pages(visited)
        root = visited.checkout.url.removesuffix("/checkout")
        visited.checkout.page.goto(f"{root}/{swapper}/home")
        visited.checkout.page.evaluate("window.isFirst = true")
        yield visited
        assert visited.breaches == []


def add_pages(visited: Visit) -> None:
    front, way = visited.shop, visited.checkout.way
    front.orders["A-2"] = make_order("A-2", Money(700, "MYR"))

    @front.app.get("/swapper/<name>")
    def swapper(name: str) -> Response:
        return send_file(SWAPPERS[name], mimetype="text/javascript")

    @front.app.get("/<any(turbo, htmx):swapper>/<name>")
    def page(swapper: str, name: str) -> Response:
        text = render_template_string(PAGE, name=name, swapper=swapper, way=way)
        response = Response(text)
        policy = STRICT | front.antom.csp(way.mode, nonce="n0nce")
        response.headers["Content-Security-Policy"] = header(policy)
        return response


def go_to(visited: Visit, name: str, *, by_script: bool = False) -> None:
    """Go to a page, by a click or as behind a pop-up: it is swapped in."""
    page = visited.checkout.page
    link = page.get_by_role("link", name=name, exact=True)
    if by_script:
        link.evaluate("link => link.click()")
    else:
        link.click()
    expect_page(visited, name)


def go_back_to(visited: Visit, name: str) -> None:
    visited.checkout.page.go_back(wait_until="commit")
    expect_page(visited, name)


def expect_page(visited: Visit, name: str) -> None:
    page = visited.checkout.page
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("html:not([data-turbo-preview])")).to_have_count(1)
    assert page.evaluate("window.isFirst") is True


def open_view(visited: Visit) -> None:
    """Open the view of the form that is shown."""
    expect(visited.checkout.page.locator("[data-antom-place][id]")).to_have_count(1)
    visited.checkout.open()


def expect_nothing_left(visited: Visit) -> None:
    """No frame and no veil of the SDK is in the page, and it scrolls.

    A style sheet of the SDK's may stay in the head.
    """
    page = visited.checkout.page
    expect(page.locator("iframe")).to_have_count(0)
    drawn = page.locator("body :is([id^=ams-], [id^=asm-], [class*=ams-])")
    expect(drawn).to_have_count(0)
    # The older SDK locks the page, and our script frees it a moment later.
    expect(page.locator("body")).not_to_have_css("overflow-y", "hidden")


def pay(visited: Visit, simulator: Simulator, order: str = "A-1") -> None:
    """Pay, and see that the order is paid, once, by the one session asked for."""
    visited.checkout.choose("Pay")
    visited.checkout.expect_heading("Payment received")
    simulator.notifier.drain()
    assert [row.status for row in visited.shop.payments(order)] == ["succeeded"]
    assert visited.shop.fulfilled(order) == 1


def test_away_and_back_then_paid(swapped: Visit, simulator: Simulator) -> None:
    go_to(swapped, "A-1")
    open_view(swapped)
    go_to(swapped, "home", by_script=True)
    expect_nothing_left(swapped)
    go_back_to(swapped, "A-1")
    open_view(swapped)
    pay(swapped, simulator)


def test_from_order_to_order_and_back_then_paid(
    swapped: Visit, simulator: Simulator
) -> None:
    go_to(swapped, "A-1")
    open_view(swapped)
    go_to(swapped, "A-2", by_script=True)
    open_view(swapped)
    go_back_to(swapped, "A-1")
    open_view(swapped)
    pay(swapped, simulator)
    assert [row.status for row in swapped.shop.payments("A-2")] == ["created"]


@pytest.mark.parametrize(
    "swapped", [case for case in CASES if "turbo" in case], indirect=True
)
def test_a_refresh_by_morphing_leaves_the_view_then_paid(
    swapped: Visit, simulator: Simulator
) -> None:
    go_to(swapped, "A-1")
    open_view(swapped)
    checkout = swapped.checkout
    checkout.frame.evaluate("frame => { window.first = frame; }")
    checkout.page.evaluate(
        """() => new Promise(resolve => {
          addEventListener('turbo:morph', resolve, { once: true });
          Turbo.session.refresh(location.href);
        })"""
    )
    assert checkout.frame.evaluate("frame => window.first === frame")
    checkout.wait_until_ready()
    pay(swapped, simulator)

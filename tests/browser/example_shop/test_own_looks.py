"""Lantern overrides every property of the style sheet, and takes payments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import render_template
from playwright.sync_api import Page, expect

from flask_antom.domain.modes import MODES
from flask_antom.simulator import Server, Simulator
from tests.browser.axe import violations
from tests.browser.conftest import OpenContext
from tests.browser.local_server import LocalServer
from tests.support.own_looks_shop import open_own_looks_shop
from tests.support.paths import PACKAGE
from tests.support.templates import result_context

CSS = (PACKAGE / "static" / "antom" / "checkout.css").read_text("utf-8")

#: What a shop may set, as the style sheet asks for it.
PROPERTIES = sorted(set(re.findall(r"var\((--antom-[\w-]+)", CSS)))


@pytest.fixture
def page(
    open_context: OpenContext, simulator: Simulator, gateway: Server, tmp_path: Path
) -> Iterator[Page]:
    """A browser before the shop, which serves a result page in every status, too."""
    server = LocalServer()
    with open_own_looks_shop(simulator, gateway, tmp_path, server.url) as app:

        @app.get("/results/<status>")
        def result(status: str) -> str:
            return render_template("antom/result.html", **result_context(status))

        with server.serve(app):
            yield open_context(base_url=server.url).new_page()


#: Removes a property of Lantern's; its value is gone until it is put back.
REMOVE = """name => {
  const sheets = [...document.styleSheets].filter(({ href }) =>
    href.endsWith('lantern.css'));
  const rules = sheets.flatMap(({ cssRules }) => [...cssRules]);
  const having = rules.filter(({ style }) => style && style.getPropertyValue(name));
  const values = having.map(({ style }) => style.getPropertyValue(name));
  having.forEach(({ style }) => style.removeProperty(name));
  window.putBack = () => having.forEach(({ style }, i) =>
    style.setProperty(name, values[i]));
  return having.length;
}"""

#: All that can be seen of what is ours.
LOOKS = """() => JSON.stringify([...document.querySelectorAll('[class*=antom-]')]
  .flatMap(e => [null, '::before'].map(pseudo => {
    const style = getComputedStyle(e, pseudo);
    return [...style].filter(n => !n.startsWith('--'))
      .map(n => `${n}:${style.getPropertyValue(n)}`);
  })))"""


def visit(page: Page) -> Iterator[None]:
    """Show one page after the other on which there is something to see."""
    page.goto("/")
    page.evaluate(
        "document.querySelector('[role=alert]').textContent = 'No.';"
        "document.querySelector('[data-antom-hosted]').hidden = false"
    )
    page.keyboard.press("Tab")
    yield
    page.goto("/?mode=element")
    expect(page.locator("[data-antom-place]")).to_have_attribute("aria-busy", "true")
    yield
    for status in ("succeeded", "failed", "created", "review"):
        page.goto(f"/results/{status}")
        yield


def test_every_property_is_set_and_changes_what_is_seen(page: Page) -> None:
    # The element is never there: what is drawn while it comes is to be seen.
    page.route("**/antom/session", lambda route: None)
    seen = set()
    for _ in visit(page):
        before = page.evaluate(LOOKS)
        for name in PROPERTIES:
            assert page.evaluate(REMOVE, name) >= 1, f"{name} is not set by Lantern"
            if page.evaluate(LOOKS) != before:
                seen.add(name)
            page.evaluate("putBack()")
    assert seen == set(PROPERTIES)


def test_lantern_takes_a_payment(page: Page) -> None:
    page.goto("/")
    cashier = page.frame_locator("#ams-checkout-component")
    page.get_by_role("button", name="Light it").click()
    cashier.get_by_role("button", name="Decline", exact=True).click()
    expect(page.locator("p[role=alert]")).to_contain_text("wallet")
    page.get_by_role("button", name="Light it").click()
    cashier.get_by_role("button", name="Pay", exact=True).click()
    expect(page.get_by_role("heading", name="Lit")).to_be_visible()
    page.get_by_role("link", name="To your lantern").click()
    expect(page.get_by_role("heading", name="A paper lantern")).to_be_visible()


@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_nothing_in_lantern(page: Page, mode: str) -> None:
    page.goto(f"/?mode={mode}")
    place = page.locator("[data-antom-place]")
    if mode in ("element", "page"):
        expect(place).to_have_attribute("aria-busy", "false")
    assert violations(page) == []

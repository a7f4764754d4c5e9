"""Lantern overrides every block, text and property that the package has."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from gettext import GNUTranslations
from html import unescape
from pathlib import Path

import pytest
import requests
from babel.messages.pofile import read_po
from flask import Flask, render_template
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from example_app import own_looks
from flask_antom import words
from flask_antom.english import CHECKOUT, HOSTED, METHODS, PAGE, PLURALS, RESULT
from flask_antom.sdk import MODES
from flask_antom.simulator import Server, Simulator
from tests.keys import MERCHANT_PRIVATE_KEY
from tests.pages.axe import complaints
from tests.pages.shop import result_context
from tests.shops import CLIENT_ID

PACKAGE = Path(words.__file__).parent
EXAMPLE = Path(own_looks.__file__).parent
CSS = (PACKAGE / "static" / "antom" / "checkout.css").read_text("utf-8")

#: What a shop may set, as the style sheet asks for it.
PROPERTIES = sorted(set(re.findall(r"var\((--antom-[\w-]+)", CSS)))

#: The page of each block, and what tells that it is Lantern's.
BLOCKS = {
    ("result", "title"): " · Lantern</title>",
    ("result", "head"): 'href="/static/lantern.css"',
    ("result", "heading"): '<p class="sign">Lantern</p>',
    ("result", "message"): '<p class="word">',
    ("result", "details"): '<div class="receipt">',
    ("result", "actions"): '<div class="onward">',
    ("hosted", "title"): " · Lantern</title>",
    ("hosted", "head"): 'href="/static/lantern.css"',
    ("hosted", "message"): '<p class="word">',
    ("hosted", "actions"): '<div class="onward">',
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def app(
    simulator: Simulator, gateway: Server, url: str, tmp_path: Path
) -> Iterator[Flask]:
    app = own_looks.create_app(
        {
            "SECRET_KEY": "for tests only",
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'shop.sqlite'}",
            "ANTOM_CLIENT_ID": CLIENT_ID,
            "ANTOM_PRIVATE_KEY": MERCHANT_PRIVATE_KEY,
            "ANTOM_PUBLIC_KEY": simulator.public_key,
            "ANTOM_PUBLIC_URL": url,
            "ANTOM_GATEWAY_URL": gateway.url,
            "ANTOM_SDK_URL": gateway.sdk_url,
        }
    )
    yield app
    with app.app_context():
        own_looks.db.engine.dispose()


@pytest.fixture
def page(
    browser: Browser, app: Flask, listener: socket.socket, url: str
) -> Iterator[Page]:
    """A browser before the shop, which serves a result page in every status, too."""

    @app.get("/results/<status>")
    def result(status: str) -> str:
        return render_template("antom/result.html", **result_context(status))

    port, fd = listener.getsockname()[1], listener.fileno()
    server = make_server("127.0.0.1", port, app, threaded=True, fd=fd)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with browser.new_context(base_url=url, locale="en-US") as context:
        yield context.new_page()
    server.shutdown()
    thread.join()
    server.server_close()


def draw_result(app: Flask, status: str = "created") -> str:
    with app.test_request_context("/"):
        return unescape(render_template("antom/result.html", **result_context(status)))


def draw_hosted(app: Flask, problem: str | None = None) -> str:
    context = {"url": None if problem else "/antoms", "problem": problem}
    with app.test_request_context("/"):
        page = render_template("antom/hosted.html", order_url="/", **context)
    return unescape(page)


def draw_checkouts(app: Flask) -> str:
    client = app.test_client()
    return unescape("".join(client.get(f"/?mode={mode}").text for mode in MODES))


# Blocks


def test_every_block_of_the_package_is_overridden(app: Flask) -> None:
    environment = app.jinja_env
    ours = {
        (page, block)
        for page in ("result", "hosted")
        for block in environment.get_template(f"antom/{page}_page.html").blocks
    }
    assert set(BLOCKS) == ours
    for page, block in ours:
        assert block in environment.get_template(f"antom/{page}.html").blocks


def test_every_block_is_seen(app: Flask) -> None:
    pages = {"result": draw_result(app), "hosted": draw_hosted(app)}
    for (page, _), mark in BLOCKS.items():
        assert mark in pages[page]


def test_every_page_of_the_package_is_overridden() -> None:
    ours = {path.name for path in (PACKAGE / "templates" / "antom").iterdir()}
    own = {path.name for path in (EXAMPLE / "templates" / "antom").iterdir()}
    parts = {name for name in ours if re.search(r"_(page|parts)\.html$", name)}
    assert own == ours - parts


# Texts


def test_every_text_has_words_of_lanterns(app: Flask) -> None:
    with app.test_request_context("/"):
        told = words.current()
    for own, english in (
        (told.checkout, CHECKOUT),
        (told.hosted, HOSTED),
        (told.page, PAGE),
    ):
        assert [name for name in english if own[name] == english[name]] == []
    for status, outcome in RESULT.items():
        assert told.outcome(status).heading != outcome.heading
        assert told.outcome(status).message != outcome.message
    assert [name for name in METHODS if told.text(name) == name] == []
    for name, plural in PLURALS.items():
        assert told.plural(name, 1) != plural.one % {"num": 1}
        assert told.plural(name, 5) != plural.other % {"num": 5}


def test_every_text_is_read_somewhere(app: Flask) -> None:
    results = {status: draw_result(app, status) for status in RESULT}
    hosted = draw_hosted(app) + draw_hosted(app, "paid")
    everywhere = draw_checkouts(app) + "".join(results.values()) + hosted
    with app.test_request_context("/"):
        told = words.current()
    for text in (
        *told.checkout.values(),
        *told.hosted.values(),
        *told.page.values(),
        told.plural("refresh", 1),
        told.text("Card"),
        told.text("FPX online banking"),
    ):
        assert text in everywhere
    for status, page in results.items():
        assert told.outcome(status).heading in page
        assert told.outcome(status).message in page


def test_the_catalogue_is_compiled() -> None:
    folder = EXAMPLE / "translations" / "en" / "LC_MESSAGES"
    with (folder / "antom.mo").open("rb") as file:
        compiled = GNUTranslations(file)
    with (folder / "antom.po").open("rb") as file:
        wanted = {m.id: m.string for m in read_po(file) if isinstance(m.id, str)}
    assert {text: compiled.gettext(text) for text in wanted if text} == {
        text: own for text, own in wanted.items() if text
    }


# Styles

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
    for status in ("succeeded", "failed", "created"):
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


def test_lantern_starts_by_one_command(url: str, listener: socket.socket) -> None:
    port = url.rpartition(":")[2]
    listener.close()
    command = [sys.executable, "-m", "example_app.own_looks", "--port", port]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(url in line for line in process.stderr)
        assert requests.get(url, timeout=10).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_nothing_in_lantern(page: Page, mode: str) -> None:
    page.goto(f"/?mode={mode}")
    place = page.locator("[data-antom-place]")
    if mode in ("element", "page"):
        expect(place).to_have_attribute("aria-busy", "false")
    assert complaints(page) == []

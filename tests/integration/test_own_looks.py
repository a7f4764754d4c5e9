"""Lantern overrides every block and text that the package has, and starts."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from gettext import GNUTranslations
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from babel.messages.pofile import read_po
from flask import Flask, render_template

from example_app import own_looks
from flask_antom.domain.modes import MODES
from flask_antom.i18n import translations
from flask_antom.i18n.english import (
    CHECKOUT,
    HOSTED,
    METHODS,
    PAGE,
    PLURALS,
    RESULT,
    UNKNOWN,
)
from flask_antom.simulator import Server, Simulator
from tests.support.own_looks_shop import open_own_looks_shop
from tests.support.paths import PACKAGE
from tests.support.processes import free_port, run
from tests.support.templates import result_context

EXAMPLE = Path(own_looks.__file__).parent

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
    ("unknown", "title"): "· Lantern</title>",
    ("unknown", "head"): 'href="/static/lantern.css"',
    ("unknown", "heading"): '<p class="sign">Lantern</p>',
    ("unknown", "message"): '<p class="word">',
    ("unknown", "details"): '<div class="receipt">',
    ("unknown", "actions"): '<div class="onward">',
}


@pytest.fixture
def app(simulator: Simulator, gateway: Server, tmp_path: Path) -> Iterator[Flask]:
    with open_own_looks_shop(
        simulator, gateway, tmp_path, "http://127.0.0.1:5000"
    ) as app:
        yield app


def draw_result(app: Flask, status: str = "created") -> str:
    with app.test_request_context("/"):
        return unescape(render_template("antom/result.html", **result_context(status)))


def draw_hosted(app: Flask, problem: str | None = None) -> str:
    again = [("insteadOf", "R-1")] if problem else None
    url = None if problem else "/antoms"
    context: dict[str, Any] = {"url": url, "problem": problem, "again": again}
    with app.test_request_context("/"):
        page = render_template("antom/hosted.html", order_url="/", **context)
    return unescape(page)


def draw_unknown(app: Flask) -> str:
    context = {"order_reference": "L-1", "order_url": "/"}
    with app.test_request_context("/"):
        return unescape(render_template("antom/unknown.html", **context))


def draw_checkouts(app: Flask) -> str:
    client = app.test_client()
    return unescape("".join(client.get(f"/?mode={mode}").text for mode in MODES))


# Blocks


def test_every_block_of_the_package_is_overridden(app: Flask) -> None:
    environment = app.jinja_env
    ours = {
        (page, block)
        for page in ("result", "hosted", "unknown")
        for block in environment.get_template(f"antom/{page}_page.html").blocks
    }
    assert set(BLOCKS) == ours
    for page, block in ours:
        assert block in environment.get_template(f"antom/{page}.html").blocks


def test_every_block_is_seen(app: Flask) -> None:
    pages = {
        "result": draw_result(app),
        "hosted": draw_hosted(app),
        "unknown": draw_unknown(app),
    }
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
        told = translations.current()
    for own, english in (
        (told.checkout, CHECKOUT),
        (told.hosted, HOSTED),
        (told.page, PAGE),
        (told.unknown, UNKNOWN),
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
    problems = (None, "paid", "reload")
    hosted = "".join(draw_hosted(app, problem) for problem in problems)
    everywhere = draw_checkouts(app) + "".join(results.values()) + hosted
    with app.test_request_context("/"):
        told = translations.current()
    for text in (
        *(text for name, text in told.checkout.items() if name != "not_paid"),
        *told.hosted.values(),
        *told.page.values(),
        told.plural("refresh", 1),
        told.text("Card"),
        told.text("FPX online banking"),
    ):
        assert text.partition("%(")[0] in everywhere
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


# The command


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Make children heed Ctrl-C, even where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_lantern_starts_by_one_command(tmp_path: Path) -> None:
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    command = ("example_app.own_looks", "--port", port)
    with run(*command, settings={}, directory=tmp_path) as program:
        program.says(url)
        assert requests.get(url, timeout=10).status_code == 200
        program.process.send_signal(signal.SIGINT)
        assert program.exit_code() == 0

"""The example shop with its simulated Antom, served, and a browser in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    WebError,
)

from example_app.demo import Demo, open_shop
from example_app.payments import fulfil
from flask_antom.signals import payment_succeeded
from flask_antom.simulator.keys import KeyFiles
from tests.browser.example_shop.books import Books
from tests.browser.example_shop.buyer import PATIENCE, Buyer

OpenContext = Callable[..., BrowserContext]

#: Makes a breach of the policy seen even where the console says nothing.
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", function (event) {
  console.error("Content Security Policy: " + event.violatedDirective + " blocked " +
    event.blockedURI);
});"""


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys for all shops: to make them takes its time."""
    folder = tmp_path_factory.mktemp("keys")
    KeyFiles.in_folder(folder)
    return folder


@pytest.fixture
def demo(
    key_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Demo]:
    """The shop as ``python -m example_app`` starts it, on any free ports."""
    monkeypatch.delenv("FLASK_ANTOM_CLIENT_ID", raising=False)
    folder = tmp_path / "simulator"
    shutil.copytree(key_folder, folder)
    with payment_succeeded.connected_to(fulfil), open_shop(folder, 0, 0) as demo:
        yield demo


@pytest.fixture
def books(demo: Demo) -> Books:
    return Books(demo)


@pytest.fixture
def open_context(browser: Browser) -> Iterator[OpenContext]:
    """Opens browser contexts in which every error of a page fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def on_error(error: WebError) -> None:
        complaints.append(str(error.error))

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(locale="en-US", **options)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("weberror", on_error)
        context.on("console", on_console)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def buyer(open_context: OpenContext, demo: Demo) -> Buyer:
    """A buyer at a desktop computer."""
    context = open_context(viewport={"width": 1280, "height": 800})
    return Buyer(context.new_page(), demo)

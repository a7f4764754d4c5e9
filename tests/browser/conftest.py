"""A page of its own for each test, which fails the test for any error in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    WebError,
    expect,
)

#: Milliseconds that a page may take to show something on a busy machine.
PATIENCE = 20_000

expect.set_options(timeout=PATIENCE)

#: Makes a breach of the policy seen even where the console says nothing.
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", event =>
  console.error("Content Security Policy: " + event.violatedDirective + " blocked " +
    event.blockedURI));"""

OpenContext = Callable[..., BrowserContext]


@pytest.fixture
def page_errors() -> list[str]:
    """Uncaught errors and breaches of the Content-Security-Policy; must stay empty."""
    return []


@pytest.fixture
def open_context(browser: Browser, page_errors: list[str]) -> Iterator[OpenContext]:
    """Opens browser contexts in which every error of a page fails the test."""
    contexts: list[BrowserContext] = []

    def on_error(error: WebError) -> None:
        page_errors.append(str(error.error))

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            page_errors.append(message.text)

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"locale": "en-US"} | options)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("weberror", on_error)
        context.on("console", on_console)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert page_errors == []


@pytest.fixture
def context(open_context: OpenContext) -> BrowserContext:
    return open_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()

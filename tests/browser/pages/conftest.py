"""For each test of this directory a page of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from tests.browser.pages.form import LISTEN, Checkout
from tests.browser.pages.shop import Shop, open_shop


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """Uncaught errors and breaches of the Content-Security-Policy; must stay empty."""
    return []


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page that fails its test for any uncaught error or breach of its policy."""

    def on_error(error: Error) -> None:
        complaints.append(str(error))

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    page = context.new_page()
    page.on("pageerror", on_error)
    page.on("console", on_console)
    yield page
    assert complaints == []


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture
def form(context: BrowserContext, page: Page, shop: Shop) -> Checkout:
    """A checkout whose page is not opened yet."""
    checkout = Checkout(page, shop, [])
    context.expose_binding("heard", lambda source, event: checkout.heard.append(event))
    context.add_init_script(LISTEN)
    return checkout


@pytest.fixture
def checkout(form: Checkout) -> Checkout:
    """A checkout in the mode of the shop, whose window opens above the page."""
    form.open()
    return form

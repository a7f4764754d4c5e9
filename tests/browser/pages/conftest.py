"""A shop whose answers the test sets, and its payment form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import ScriptedShop, make_app, serve_shop


@pytest.fixture(scope="session")
def shop_app() -> Iterator[Flask]:
    """The app of all shops: its templates are compiled once."""
    with make_app() as app:
        yield app


@pytest.fixture
def shop(shop_app: Flask) -> Iterator[ScriptedShop]:
    with serve_shop(shop_app) as shop:
        yield shop


@pytest.fixture
def form(page: Page, shop: ScriptedShop) -> ScriptedForm:
    """A form whose page is not opened yet."""
    form = ScriptedForm(page, shop)
    form.record_events()
    return form


@pytest.fixture
def checkout(form: ScriptedForm) -> ScriptedForm:
    """A form in the mode of the shop, whose window opens above the page."""
    form.open()
    return form

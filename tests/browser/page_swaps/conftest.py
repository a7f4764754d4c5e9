"""A shop with pages that are swapped, and its form in each mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browser.page_swaps.swap_shop import add_swapped_pages
from tests.browser.page_swaps.swapped_form import SwappedForm
from tests.browser.pages.scripted_shop import ScriptedShop, make_app, serve_shop

OpenForm = Callable[..., SwappedForm]


@pytest.fixture(scope="session")
def swapping_app() -> Iterator[Flask]:
    with make_app() as app:
        add_swapped_pages(app)
        yield app


@pytest.fixture
def shop(swapping_app: Flask) -> Iterator[ScriptedShop]:
    with serve_shop(swapping_app) as shop:
        yield shop


@pytest.fixture
def open_form(page: Page, shop: ScriptedShop) -> OpenForm:
    """Opens a page of the shop: ``open_form("turbo", "mode=page", "home")``."""

    def open_one(swapper: str, query: str, name: str = "home") -> SwappedForm:
        form = SwappedForm(page, shop, swapper, query)
        form.record_events()
        form.load(name)
        return form

    return open_one

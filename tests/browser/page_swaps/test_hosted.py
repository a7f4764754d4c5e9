"""The way to Antom's own page leaves the shop in full, whatever swaps its pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.page_swaps.conftest import OpenForm
from tests.browser.page_swaps.swapped_form import DRAWING, SwappedForm

SWAPPERS = ["turbo", "htmx", "router"]


def expect_antoms_page(form: SwappedForm, order: str = "A-1") -> None:
    expect(form.page.get_by_role("heading")).to_have_text("Antom's own page")
    assert form.page.evaluate("window.isFirst") is None
    assert [sent["orderReference"] for sent in form.shop.hosted_forms] == [[order]]


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_by_the_button_of_the_mode_hosted(open_form: OpenForm, swapper: str) -> None:
    form = open_form(swapper, "mode=hosted")
    form.go_to("A-1")
    form.button.click()
    expect_antoms_page(form)


@pytest.mark.parametrize(("swapper", "name"), [("turbo", "frame"), ("htmx", "region")])
def test_out_of_a_frame_and_a_region(
    open_form: OpenForm, swapper: str, name: str
) -> None:
    form = open_form(swapper, "mode=hosted", name)
    form.button.click()
    expect_antoms_page(form)


@pytest.mark.parametrize("swapper", SWAPPERS)
@pytest.mark.parametrize("query", DRAWING)
def test_by_the_way_out_of_every_mode(
    open_form: OpenForm, swapper: str, query: str
) -> None:
    form = open_form(swapper, query)
    form.go_to("A-1")
    form.begin()
    form.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")
    form.hosted.click()
    expect_antoms_page(form)


@pytest.mark.parametrize("swapper", SWAPPERS)
@pytest.mark.parametrize("query", DRAWING)
def test_without_our_script(open_form: OpenForm, swapper: str, query: str) -> None:
    form = open_form(swapper, query)
    form.page.route("**/checkout.js*", lambda route: route.abort())
    form.go_to("A-1")
    form.button.click()
    expect_antoms_page(form)


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_the_link_of_a_notice_loads_the_result_page(
    open_form: OpenForm, swapper: str
) -> None:
    form = open_form(swapper, "mode=cashier", "pending")
    link = form.notice.get_by_role("link")
    link.evaluate("(link, url) => { link.href = url; }", form.shop.result)
    link.click()
    form.page.wait_for_url(form.shop.result)
    assert form.page.evaluate("window.isFirst") is None

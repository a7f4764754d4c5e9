"""The script of the result page where pages are swapped: it asks while it is shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.page_clock import count_answers, run_until_answered, stop_clock
from tests.browser.page_swaps.conftest import OpenForm
from tests.browser.page_swaps.swapped_form import SWAPPERS, SwappedForm


def visit_result(open_form: OpenForm, swapper: str) -> SwappedForm:
    form = open_form(swapper, "mode=cashier", "home")
    form.go_to("result")
    return form


@pytest.fixture(autouse=True)
def clock(page: object) -> None:
    stop_clock(page)  # type: ignore[arg-type]
    count_answers(page)  # type: ignore[arg-type]


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_it_asks_and_shows_the_news(open_form: OpenForm, swapper: str) -> None:
    form = visit_result(open_form, swapper)
    run_until_answered(form.page, 2_000)
    assert form.shop.status_requests == 1
    form.shop.status_answer = "succeeded"
    with form.page.expect_navigation():
        form.page.clock.run_for(2_000)
    assert form.page.evaluate("window.isFirst") is None


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_it_stops_when_the_buyer_goes_on(open_form: OpenForm, swapper: str) -> None:
    form = visit_result(open_form, swapper)
    run_until_answered(form.page, 2_000)
    form.go_to("home")
    form.shop.status_answer = "succeeded"
    form.page.clock.run_for(120_000)
    assert form.shop.status_requests == 1
    form.expect_page("home")


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_it_asks_once_at_a_time_after_some_visits(
    open_form: OpenForm, swapper: str
) -> None:
    form = visit_result(open_form, swapper)
    for _ in range(2):
        form.go_to("home")
        form.go_back_to("result")
    run_until_answered(form.page, 2_000)
    form.page.clock.run_for(1_000)
    assert form.shop.status_requests == 1


def test_an_answer_that_comes_too_late_changes_nothing(open_form: OpenForm) -> None:
    form = visit_result(open_form, "turbo")
    form.shop.status_answer = "succeeded"
    form.page.route("**/antom/status/*", lambda route: None)
    form.page.clock.run_for(2_000)
    form.go_to("home")
    expect(form.page.locator("html")).to_have_attribute("data-answers", "1")  # aborted
    form.expect_page("home")


def test_our_own_page_is_loaded_in_full(open_form: OpenForm) -> None:
    form = open_form("turbo", "mode=cashier", "home")
    form.page.evaluate("Turbo.visit('/antom/result/token')")
    form.page.wait_for_url("**/antom/result/token")
    form.page.wait_for_function("!window.isFirst")
    expect(form.page.locator("link[rel=stylesheet]")).to_have_count(1)

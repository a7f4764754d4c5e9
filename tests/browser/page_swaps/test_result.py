"""The script of the result page where pages are swapped: it asks while it is shown."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.page_clock import count_answers, run_until_answered
from tests.browser.page_swaps.conftest import OpenForm
from tests.browser.page_swaps.swapped_form import SWAPPERS, SwappedForm


@pytest.fixture(autouse=True)
def clock(page: Page) -> None:
    """The pages' clock, which a test can wind; it goes on, for the swappers' sake."""
    page.clock.install()
    count_answers(page)


def visit_result(open_form: OpenForm, swapper: str) -> SwappedForm:
    form = open_form(swapper, "mode=cashier", "home")
    form.go_to("result")
    return form


def count_requests(form: SwappedForm) -> int:
    return len(form.page.evaluate("requestTimes"))


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_it_asks_and_shows_the_news(open_form: OpenForm, swapper: str) -> None:
    form = visit_result(open_form, swapper)
    run_until_answered(form.page, 2_000)
    form.shop.status_answer = "succeeded"
    with form.page.expect_navigation():
        form.page.clock.run_for(2_000)
    assert form.page.evaluate("window.isFirst") is None


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_it_stops_when_the_buyer_goes_on(open_form: OpenForm, swapper: str) -> None:
    form = visit_result(open_form, swapper)
    run_until_answered(form.page, 2_000)
    form.go_to("home")
    asked = count_requests(form)
    form.shop.status_answer = "succeeded"
    form.page.clock.run_for(120_000)
    assert count_requests(form) == asked
    form.expect_page("home")


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_after_some_visits_it_asks_as_often_as_after_one(
    open_form: OpenForm, swapper: str
) -> None:
    form = visit_result(open_form, swapper)
    for _ in range(2):
        form.go_to("home")
        form.go_back_to("result")
    before = count_requests(form)
    for _ in range(3):
        run_until_answered(form.page, 2_000)
    times = form.page.evaluate("requestTimes")[before:]
    assert all(later - one >= 2_000 for one, later in pairwise(times))


@pytest.mark.parametrize("swapper", SWAPPERS)
def test_an_answer_that_comes_too_late_changes_nothing(
    open_form: OpenForm, swapper: str
) -> None:
    form = visit_result(open_form, swapper)
    form.shop.status_answer = "succeeded"
    held: list[Route] = []
    form.page.route("**/antom/status/*", lambda route: held.append(route))
    with form.page.expect_request("**/antom/status/*"):
        form.page.clock.run_for(2_000)
    with form.page.expect_event("requestfailed", lambda sent: "status" in sent.url):
        form.go_to("home")
    form.expect_page("home")


def test_our_own_page_is_loaded_in_full(open_form: OpenForm) -> None:
    form = open_form("turbo", "mode=cashier", "home")
    form.page.evaluate("Turbo.visit('/antom/result/token')")
    expect(form.page.locator("nav")).to_have_count(0)
    assert form.page.evaluate("window.isFirst") is None
    expect(form.page).to_have_url(form.shop.result)
    expect(form.page.locator("link[rel=stylesheet]")).to_have_count(1)

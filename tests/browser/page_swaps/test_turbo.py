"""Hotwired Turbo by itself: previews, refreshes by morphing, frames, streams."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.page_swaps.conftest import OpenForm
from tests.browser.page_swaps.swapped_form import DRAWING, SwappedForm

IN_PAGE = ["mode=element", "mode=page"]


def refresh_page(form: SwappedForm, to: str = "A-1") -> None:
    """Refresh the page of A-1 by morphing, as a broadcast does.

    :param to: the page that the shop answers with.
    """
    form.page.route(
        "**/turbo/A-1*",
        lambda route: route.continue_(url=route.request.url.replace("A-1", to)),
    )
    form.page.evaluate(
        """() => new Promise(resolve => {
          addEventListener('turbo:morph', resolve, { once: true });
          Turbo.session.refresh(location.href);
        })"""
    )


def count_sessions(form: SwappedForm) -> int:
    return len(form.shop.requested_orders())


@pytest.mark.parametrize("query", DRAWING)
def test_a_preview_asks_for_nothing(open_form: OpenForm, query: str) -> None:
    form = open_form("turbo", query, "A-1")
    form.begin()
    form.go_to("home")
    held: list[Route] = []
    form.page.route("**/turbo/A-1*", lambda route: held.append(route))
    form.page.evaluate("url => Turbo.visit(url)", form.address("A-1"))
    preview = form.page.locator("html[data-turbo-preview] [data-antom-checkout]")
    expect(preview).to_have_count(1)
    expect(form.place).to_be_empty()
    assert count_sessions(form) == 1
    (request,) = held
    request.continue_()
    form.expect_page("A-1")
    form.begin(2)
    form.expect_one_view()
    form.succeed()
    assert count_sessions(form) == 2


@pytest.mark.parametrize("query", DRAWING)
def test_back_over_an_error_page_there_is_one_view(
    open_form: OpenForm, query: str
) -> None:
    # Turbo runs all scripts of such a page again, itself included, and answers each
    # "Back" once more from then on.
    form = open_form("turbo", query, "A-1")
    form.begin()
    form.page.evaluate("window.firstTurbo = Turbo")
    form.page.evaluate("url => Turbo.visit(url)", form.address("missing"))
    form.expect_page("missing")
    form.page.evaluate(
        """async () => {
          while (Turbo === firstTurbo) {
            await new Promise(requestAnimationFrame);
          }
          let loads = 0;
          addEventListener('turbo:load', () => {
            loads += 1;
            document.documentElement.dataset.loads = loads;
          });
        }"""
    )
    form.page.go_back(wait_until="commit")
    expect(form.page.locator("html")).to_have_attribute("data-loads", "2")
    form.expect_page("A-1")
    if form.query.startswith("mode=cashier"):
        form.begin(2)
    else:
        expect(form.page.locator("[data-antom-place] > #scripted-sdk")).to_have_count(1)
        form.draw_again()
    form.expect_one_view()
    form.succeed()


@pytest.mark.parametrize("query", IN_PAGE)
def test_a_refresh_of_the_page_leaves_the_view_alone(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("turbo", f"{query}&morph", "A-1")
    form.begin()
    form.page.evaluate("window.view = sdk.drawn")
    with form.page.expect_response("**/antom/session"):
        refresh_page(form)
    assert form.page.evaluate("view.isConnected && sdk.drawn === view") is True
    form.expect_one_view()
    expect(form.place).to_have_attribute("aria-busy", "false")
    form.succeed()
    assert form.shop.requested_orders() == ["A-1", "A-1"]  # The same session again.


def test_a_refresh_of_the_page_leaves_a_pop_up_alone(open_form: OpenForm) -> None:
    form = open_form("turbo", "mode=cashier&morph", "A-1")
    form.begin()
    form.page.evaluate("document.body.append(document.createElement('aside'))")
    refresh_page(form)
    expect(form.page.locator("body > aside")).to_have_count(1)
    assert form.sdk("living") == 1
    form.succeed()
    assert count_sessions(form) == 1


@pytest.mark.parametrize("query", DRAWING)
def test_a_refresh_after_a_failure_gives_a_form_that_works(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("turbo", f"{query}&morph", "A-1")
    form.begin()
    form.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")
    expect(form.alert).not_to_be_empty()
    refresh_page(form)
    form.begin(2)
    expect(form.alert).to_be_empty()
    form.succeed()


@pytest.mark.parametrize("query", DRAWING)
def test_a_refresh_that_takes_the_form_away_ends_the_attempt(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("turbo", f"{query}&morph", "A-1")
    form.begin()
    refresh_page(form, to="succeeded")
    expect(form.page.locator("[data-antom-checkout]")).to_have_count(0)
    form.expect_nothing_left()


@pytest.mark.parametrize("query", DRAWING)
def test_a_refresh_that_brings_another_order_draws_that(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("turbo", f"{query}&morph", "A-1")
    form.begin()
    refresh_page(form, to="A-2")
    form.expect_page("A-2")
    form.begin(2)
    form.expect_one_view()
    assert form.shop.requested_orders() == ["A-1", "A-2"]


@pytest.mark.parametrize("query", DRAWING)
def test_in_a_frame_from_order_to_order(open_form: OpenForm, query: str) -> None:
    form = open_form("turbo", query, "frame")
    form.begin()
    form.page.evaluate("document.querySelector('turbo-frame a').click()")
    form.pay_second()


@pytest.mark.parametrize("query", DRAWING)
def test_a_stream_takes_the_form_away(open_form: OpenForm, query: str) -> None:
    form = open_form("turbo", query, "frame")
    form.begin()
    form.page.evaluate(
        """Turbo.renderStreamMessage('<turbo-stream action="update" target="pay">' +
          '<template><p>Thank you.</p></template></turbo-stream>')"""
    )
    expect(form.page.get_by_text("Thank you.")).to_be_visible()
    form.expect_nothing_left()


@pytest.mark.parametrize("query", DRAWING)
def test_a_form_that_is_permanent_works_on_the_next_page(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("turbo", query, "frame")
    form.page.evaluate(
        "document.querySelector('turbo-frame').dataset.turboPermanent = ''"
    )
    form.begin()
    form.page.evaluate(
        "() => { const url = new URL(location); url.searchParams.set('again', '');"
        " Turbo.visit(url); }"
    )
    form.page.wait_for_url("**again**")
    form.begin(2)
    form.expect_one_view()
    form.succeed()

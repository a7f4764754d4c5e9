"""htmx by itself: a region that is swapped, and a history of texts."""

from __future__ import annotations

import pytest

from tests.browser.page_swaps.conftest import OpenForm
from tests.browser.page_swaps.swapped_form import DRAWING


@pytest.mark.parametrize("how", ["innerHTML", "outerHTML"])
@pytest.mark.parametrize("query", DRAWING)
def test_a_region_is_swapped(open_form: OpenForm, query: str, how: str) -> None:
    form = open_form("htmx", query, "region")
    form.begin()
    form.page.evaluate("how => document.querySelector(`[hx-swap=${how}]`).click()", how)
    form.pay_second()


@pytest.mark.parametrize("query", DRAWING)
def test_a_checkout_is_not_kept_in_the_history(open_form: OpenForm, query: str) -> None:
    form = open_form("htmx", query, "A-1")
    form.begin()
    form.go_to("home")
    form.go_to("result")
    kept = form.page.evaluate("sessionStorage['htmx-history-cache']")
    assert "Welcome" in kept
    assert "orderReference" not in kept


@pytest.mark.parametrize("query", DRAWING)
def test_a_checkout_that_was_kept_all_the_same_works(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("htmx", query, "A-1")
    form.begin()
    form.page.evaluate("document.querySelector('form').removeAttribute('hx-history')")
    form.go_to("home")
    assert "orderReference" in form.page.evaluate(
        "sessionStorage['htmx-history-cache']"
    )
    form.go_back_to("A-1")
    form.begin(2)
    form.expect_one_view()
    form.succeed()

"""Forms that scripts insert, copy, move and remove, without a call of scan()."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.page_swaps.conftest import OpenForm
from tests.browser.page_swaps.swapped_form import DRAWING

pytestmark = pytest.mark.parametrize("query", DRAWING)


def test_a_copy_beside_the_form_has_a_place_of_its_own(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("router", query, "A-1")
    form.begin()
    form.page.evaluate(
        """() => {
          const form = document.querySelector('form');
          form.after(form.cloneNode(true));
        }"""
    )
    expect(form.button.last).to_be_enabled()
    ids = form.page.locator("[data-antom-place]").evaluate_all(
        "all => all.map(p => p.id)"
    )
    assert len(set(ids)) == 2
    form.expect_one_view()
    form.button.last.click()
    form.wait_for_calls(2)
    assert form.sdk("living") == 1


def test_the_form_that_comes_before_the_other_is_gone_is_drawn_then(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("router", query, "A-1")
    form.begin()
    form.page.evaluate(
        """async () => {
          const text = await (await fetch(location.href.replace('A-1', 'A-2'))).text();
          const page = new DOMParser().parseFromString(text, 'text/html');
          document.body.append(page.querySelector('main'));
        }"""
    )
    expect(form.button.last).to_be_enabled()
    assert form.shop.requested_orders() == ["A-1"]
    form.page.evaluate("document.querySelector('main').remove()")
    form.begin(2)
    form.expect_one_view()
    assert form.shop.requested_orders() == ["A-1", "A-2"]


def test_a_form_that_is_moved_is_drawn_anew(open_form: OpenForm, query: str) -> None:
    form = open_form("router", query, "A-1")
    form.begin()
    form.page.evaluate("document.body.append(document.querySelector('form'))")
    form.begin(2)
    form.expect_one_view()
    form.succeed()


def test_a_form_that_is_taken_away_and_put_back_works(
    open_form: OpenForm, query: str
) -> None:
    form = open_form("router", query, "A-1")
    form.begin()
    form.page.evaluate("window.kept = document.querySelector('main'); kept.remove()")
    form.expect_nothing_left()
    form.page.evaluate("document.body.append(kept)")
    form.begin(2)
    form.expect_one_view()
    form.succeed()
    assert form.shop.requested_orders() == ["A-1", "A-1"]

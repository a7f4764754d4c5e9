"""The form under Turbo, htmx and a router, in all modes that draw with the SDK."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.page_swaps.conftest import OpenForm
from tests.browser.page_swaps.swapped_form import DRAWING, SWAPPERS

pytestmark = [
    pytest.mark.parametrize("swapper", SWAPPERS),
    pytest.mark.parametrize("query", DRAWING),
]


def test_a_buyer_comes_pays_and_sees_the_result(
    open_form: OpenForm, swapper: str, query: str
) -> None:
    form = open_form(swapper, query)
    form.go_to("A-1")
    form.begin()
    form.expect_one_view()
    form.succeed()
    assert form.shop.requested_orders() == ["A-1"]


def test_whoever_goes_away_and_comes_back_can_pay(
    open_form: OpenForm, swapper: str, query: str
) -> None:
    form = open_form(swapper, query)
    form.go_to("A-1")
    form.begin()
    form.go_to("home")
    form.expect_nothing_left()
    form.go_back_to("A-1")
    form.begin(2)
    form.expect_one_view()
    form.succeed()
    assert form.shop.requested_orders() == ["A-1", "A-1"]


def test_from_order_to_order(open_form: OpenForm, swapper: str, query: str) -> None:
    form = open_form(swapper, query, "A-1")
    form.begin()
    form.go_to("A-2")
    form.begin(2)
    form.expect_one_view()
    form.go_back_to("A-1")
    form.begin(3)
    form.expect_one_view()
    form.succeed()
    assert form.shop.requested_orders() == ["A-1", "A-2", "A-1"]


def test_what_was_said_of_a_failure_does_not_come_back(
    open_form: OpenForm, swapper: str, query: str
) -> None:
    form = open_form(swapper, query, "A-1")
    form.begin()
    form.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")
    expect(form.alert).not_to_be_empty()
    form.go_to("home")
    form.go_back_to("A-1")
    form.begin(2)
    expect(form.alert).to_be_empty()
    form.expect_one_view()
    form.succeed()


def test_leaving_while_the_shop_is_asked_opens_nothing(
    open_form: OpenForm, swapper: str, query: str
) -> None:
    form = open_form(swapper, query)
    held: list[Route] = []
    form.page.route("**/antom/session", lambda route: held.append(route))
    form.go_to("A-1")
    form.wait_until_prepared()
    if query.startswith("mode=cashier"):
        form.button.click()
    expect(form.status).not_to_be_empty()
    form.go_to("home")
    (request,) = held
    with form.page.expect_response("**/antom/session"):
        request.continue_()
    expect(form.page.locator("form")).to_have_count(0)
    assert not form.has_sdk() or form.sdk("params.length") == 0

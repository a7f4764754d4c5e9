"""``antomCheckout.refresh()`` with Antom's own browser SDK and a real shop."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from flask_antom import Money
from flask_antom.i18n.english import CHECKOUT
from flask_antom.simulator import Simulator
from tests.browser.real_sdk.conftest import Visit
from tests.browser.real_sdk.sdk_checkout import WAYS
from tests.support.shop import make_order

IN_PAGE = [name for name, way in WAYS.items() if way.mode != "cashier"]


def change_order(visited: Visit, value: int) -> None:
    visited.shop.orders["A-1"] = make_order("A-1", Money(value, "MYR"))


def refresh(visited: Visit) -> None:
    """Call refresh(), and wait until its promise is kept."""
    visited.checkout.page.evaluate("() => antomCheckout.refresh()")


def amounts(visited: Visit) -> list[tuple[int, str]]:
    """Return what each attempt asks for, and its status."""
    return [(row.amount.value, row.status) for row in visited.shop.payments()]


@pytest.mark.parametrize("visited", IN_PAGE, indirect=True)
def test_the_new_amount_is_paid_once(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    change_order(visited, 9900)
    refresh(visited)
    checkout.wait_until_ready()
    expect(checkout.page.locator("[data-antom-place] iframe")).to_have_count(1)
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    simulator.notifier.drain()
    assert amounts(visited) == [(4200, "created"), (9900, "succeeded")]
    assert visited.shop.fulfilled() == 1


@pytest.mark.parametrize("visited", IN_PAGE, indirect=True)
def test_several_changes_in_a_row(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    for value in (100, 200, 9900):
        change_order(visited, value)
        refresh(visited)
    checkout.wait_until_ready()
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    simulator.notifier.drain()
    assert amounts(visited)[-1] == (9900, "succeeded")
    assert visited.shop.fulfilled() == 1


@pytest.mark.parametrize("visited", IN_PAGE, indirect=True)
def test_without_a_change_the_frame_stays(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    checkout.frame.evaluate("frame => { window.first = frame; }")
    refresh(visited)
    assert checkout.frame.evaluate("frame => window.first === frame")
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    assert len(visited.shop.payments()) == 1


@pytest.mark.parametrize("visited", IN_PAGE, indirect=True)
def test_an_order_that_became_free_has_no_view(
    visited: Visit, simulator: Simulator
) -> None:
    checkout = visited.checkout
    checkout.open()
    change_order(visited, 0)
    refresh(visited)
    checkout.expect_message(CHECKOUT["nothing"])
    expect(checkout.page.locator("iframe")).to_have_count(0)

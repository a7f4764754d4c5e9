"""Antom's own browser SDK, loaded by our macro, takes payments through our script.

The bundles are those of npm's ``@alipay/ams-checkout`` 1.47.2 and 1.12.0.
``antom_hosts.py`` says what stands in for Antom's servers. The shop, its notifications
and inquiries are real, with the simulator as the gateway.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from flask_antom.simulator import Simulator
from tests.browser.real_sdk.antom_hosts import SUBMIT
from tests.browser.real_sdk.buyer import PHONE, TRIED
from tests.browser.real_sdk.conftest import Visit, Visits
from tests.support.shop import Shopfront


def is_paid_once(shop: Shopfront, simulator: Simulator) -> bool:
    simulator.notifier.drain()
    paid = [row for row in shop.payments() if row.status == "succeeded"]
    return len(paid) == 1 and shop.fulfilled() == 1


def test_success(visited: Visit, simulator: Simulator) -> None:
    buyer = visited.buyer
    buyer.open()
    buyer.choose("Pay")
    buyer.sees("Payment received")
    assert buyer.hosts.operations.count(SUBMIT) == 1
    assert is_paid_once(visited.shop, simulator)
    for frame in buyer.hosts.frames:
        assert frame["shadow"] == ["true"]


def test_failure_then_success_on_the_same_page(
    visited: Visit, simulator: Simulator
) -> None:
    buyer = visited.buyer
    buyer.open()
    buyer.choose("Decline")
    buyer.is_told("did not go through")
    assert visited.shop.fulfilled() == 0
    if buyer.way.again:
        buyer.choose("Pay")
    else:
        expect(buyer.page.locator("iframe")).to_have_count(0)
        buyer.open()
        buyer.choose("Pay")
    buyer.sees("Payment received")
    assert is_paid_once(visited.shop, simulator)
    sessions = {payment.request_id for payment in visited.shop.payments()}
    assert len(sessions) == 1 or not buyer.way.again


def test_cancelled_then_paid(visited: Visit, simulator: Simulator) -> None:
    buyer = visited.buyer
    buyer.open()
    buyer.choose("Cancel")
    buyer.is_told("You left the payment")
    if buyer.way.mode != "element":
        expect(buyer.page.locator("iframe")).to_have_count(0)
        expect(buyer.button).to_be_enabled()
        buyer.button.click()
        buyer.stands()
    buyer.choose("Pay")
    buyer.sees("Payment received")
    assert is_paid_once(visited.shop, simulator)
    assert len(visited.shop.payments()) == 1


@pytest.mark.parametrize("way", ["pop-up", "pop-up-1.12"])
def test_closed_then_paid(visit: Visits, simulator: Simulator, way: str) -> None:
    with visit(way) as visited:
        buyer = visited.buyer
        buyer.open()
        buyer.page.locator("#asm-component-close-block").click()
        buyer.page.locator("#ams-component-retention-leave").click()
        buyer.is_told("You left the payment")
        buyer.open()
        buyer.choose("Pay")
        buyer.sees("Payment received")
        assert is_paid_once(visited.shop, simulator)
        assert len(visited.shop.payments()) == 1


@pytest.mark.parametrize("way", ["embedded", "embedded-1.12"])
def test_another_method_then_paid(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    with visit(way, methods=["GCASH", "ALIPAY_CN"]) as visited:
        buyer = visited.buyer
        buyer.open()
        with buyer.page.expect_response("**/antom/session"):
            buyer.page.get_by_label("Alipay").check()
        buyer.stands()
        buyer.choose("Pay")
        buyer.sees("Payment received")
        assert is_paid_once(visited.shop, simulator)
        first, second = visited.shop.payments()
        assert (first.method, first.open_key) == ("GCASH", None)
        assert (second.method, second.status) == ("ALIPAY_CN", "succeeded")


def test_processing_then_success(visited: Visit, simulator: Simulator) -> None:
    buyer = visited.buyer
    buyer.open()
    buyer.choose("Hang")
    buyer.sees("Waiting for your payment provider")
    assert visited.shop.fulfilled() == 0
    (payment,) = visited.shop.payments()
    simulator.approve(payment.request_id)
    buyer.sees("Payment received")
    assert is_paid_once(visited.shop, simulator)


def test_to_the_wallet_and_back(visited: Visit, simulator: Simulator) -> None:
    buyer = visited.buyer
    buyer.open()
    buyer.choose("Wallet")
    buyer.sees("Confirm your payment")
    buyer.page.get_by_role("button", name="Pay", exact=True).click()
    buyer.sees("Payment received")
    assert is_paid_once(visited.shop, simulator)


@pytest.mark.whole_chromium
def test_back_from_the_wallet_without_paying(
    visited: Visit, simulator: Simulator
) -> None:
    buyer = visited.buyer
    buyer.open()
    buyer.choose("Wallet")
    buyer.sees("Confirm your payment")
    buyer.page.go_back(wait_until="commit")
    expect(buyer.page).to_have_url(buyer.url)
    expect(buyer.status).to_be_attached()
    if buyer.way.mode == "cashier":
        expect(buyer.button).to_be_enabled()
    buyer.open()
    buyer.choose("Pay")
    buyer.sees("Payment received")
    assert is_paid_once(visited.shop, simulator)


@pytest.mark.parametrize("way", TRIED)
def test_on_a_phone_by_touch(visit: Visits, simulator: Simulator, way: str) -> None:
    with visit(way, PHONE) as visited:
        buyer = visited.buyer
        if buyer.way.mode == "cashier":
            buyer.button.tap()
        buyer.stands()
        buyer.choose("Pay")
        buyer.sees("Payment received")
        assert is_paid_once(visited.shop, simulator)


def test_two_tabs_share_a_session(visited: Visit, simulator: Simulator) -> None:
    first = visited.buyer
    first.open()
    second = type(first)(
        first.page.context.new_page(), first.hosts, first.way, first.url
    )
    second.visit()
    second.open()
    assert len(visited.shop.payments()) == 1
    second.choose("Pay")
    second.sees("Payment received")
    assert is_paid_once(visited.shop, simulator)
    first.page.bring_to_front()
    first.page.reload()
    if first.way.mode == "cashier":
        first.button.click()
    first.is_told("already paid")


def test_a_double_click_pays_once(visited: Visit, simulator: Simulator) -> None:
    buyer = visited.buyer
    if buyer.way.mode == "cashier":
        buyer.button.dblclick()
        buyer.stands()
    else:
        buyer.open()
    if buyer.way.mode == "element":
        buyer.web_app.get_by_label("Pay", exact=True).check()
        buyer.button.dblclick()
    else:
        buyer.choose("Pay")
    buyer.sees("Payment received")
    assert buyer.hosts.operations.count(SUBMIT) == 1
    assert is_paid_once(visited.shop, simulator)
    assert len(visited.shop.payments()) == 1


def test_an_expired_session_is_replaced(visited: Visit, simulator: Simulator) -> None:
    buyer = visited.buyer
    buyer.open()
    simulator.clock.advance(minutes=61)
    payment, db = visited.shop.antom.Payment, visited.shop.db
    with visited.shop.app.app_context():
        row = db.session.scalars(db.select(payment)).one()
        row.session_expires_at = row.created_at
        db.session.commit()
    buyer.visit()
    buyer.open()
    assert len(visited.shop.payments()) == 2
    buyer.choose("Pay")
    buyer.sees("Payment received")
    assert is_paid_once(visited.shop, simulator)

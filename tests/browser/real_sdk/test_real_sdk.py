"""Antom's own browser SDK, loaded by our macro, takes payments through our script.

The bundles are those of npm's ``@alipay/ams-checkout`` 1.47.2 and 1.12.0.
``antom_hosts.py`` says what stands in for Antom's servers. The shop, its notifications
and inquiries are real, with the simulator as the gateway.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from flask_antom.i18n.english import CHECKOUT
from flask_antom.simulator import Simulator
from tests.browser.real_sdk.antom_hosts import SUBMIT
from tests.browser.real_sdk.conftest import Visit, Visits
from tests.browser.real_sdk.sdk_checkout import (
    PHONE,
    TRIED,
    TRIED_WITH_OLD,
    WAYS,
    SdkCheckout,
)
from tests.support.shop import Shopfront


def is_paid_once(shop: Shopfront, simulator: Simulator) -> bool:
    simulator.notifier.drain()
    paid = [row for row in shop.payments() if row.status == "succeeded"]
    return len(paid) == 1 and shop.fulfilled() == 1


@pytest.mark.parametrize("visited", TRIED_WITH_OLD, indirect=True)
def test_success(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    assert checkout.hosts.operations.count(SUBMIT) == 1
    assert is_paid_once(visited.shop, simulator)
    for frame in checkout.hosts.frames:
        assert frame["shadow"] == ["true"]


@pytest.mark.parametrize("visited", TRIED_WITH_OLD, indirect=True)
def test_failure_then_success_on_the_same_page(
    visited: Visit, simulator: Simulator
) -> None:
    checkout = visited.checkout
    checkout.open()
    checkout.choose("Decline")
    checkout.expect_message(CHECKOUT["failed"])
    assert visited.shop.fulfilled() == 0
    if checkout.way.again:
        checkout.choose("Pay")
    else:
        expect(checkout.page.locator("iframe")).to_have_count(0)
        checkout.open()
        checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    assert is_paid_once(visited.shop, simulator)
    sessions = {payment.request_id for payment in visited.shop.payments()}
    assert len(sessions) == 1 or not checkout.way.again


@pytest.mark.parametrize("visited", TRIED_WITH_OLD, indirect=True)
def test_cancelled_then_paid(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    checkout.choose("Cancel")
    checkout.expect_message(CHECKOUT["cancelled"])
    if checkout.way.mode != "element":
        expect(checkout.page.locator("iframe")).to_have_count(0)
        expect(checkout.button).to_be_enabled()
        checkout.button.click()
        checkout.wait_until_ready()
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    assert is_paid_once(visited.shop, simulator)
    assert len(visited.shop.payments()) == 1


@pytest.mark.parametrize("way", ["pop-up", "pop-up-1.12"])
def test_closed_then_paid(visit: Visits, simulator: Simulator, way: str) -> None:
    with visit(way) as visited:
        checkout = visited.checkout
        checkout.open()
        checkout.page.locator("#asm-component-close-block").click()
        checkout.page.locator("#ams-component-retention-leave").click()
        checkout.expect_message(CHECKOUT["cancelled"])
        checkout.open()
        checkout.choose("Pay")
        checkout.expect_heading("Payment received")
        assert is_paid_once(visited.shop, simulator)
        assert len(visited.shop.payments()) == 1


@pytest.mark.parametrize("way", [way for way in TRIED if WAYS[way].embedded])
def test_another_method_then_paid(
    visit: Visits, simulator: Simulator, way: str
) -> None:
    with visit(way, methods=["GCASH", "ALIPAY_CN"]) as visited:
        checkout = visited.checkout
        checkout.open()
        with checkout.page.expect_response("**/antom/session"):
            checkout.page.get_by_label("Alipay").check()
        checkout.wait_until_ready()
        checkout.choose("Pay")
        checkout.expect_heading("Payment received")
        assert is_paid_once(visited.shop, simulator)
        first, second = visited.shop.payments()
        assert (first.method, first.status) == ("GCASH", "created")
        assert (second.method, second.status) == ("ALIPAY_CN", "succeeded")


def test_processing_then_success(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    checkout.choose("Hang")
    checkout.expect_heading("Waiting for your payment provider")
    assert visited.shop.fulfilled() == 0
    (payment,) = visited.shop.payments()
    simulator.approve(payment.request_id)
    checkout.expect_heading("Payment received")
    assert is_paid_once(visited.shop, simulator)


@pytest.mark.parametrize("visited", TRIED_WITH_OLD, indirect=True)
def test_to_the_wallet_and_back(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    checkout.choose("Wallet")
    checkout.expect_heading("Confirm your payment")
    checkout.page.get_by_role("button", name="Pay", exact=True).click()
    checkout.expect_heading("Payment received")
    assert is_paid_once(visited.shop, simulator)


@pytest.mark.whole_chromium
def test_back_from_the_wallet_without_paying(
    visited: Visit, simulator: Simulator
) -> None:
    checkout = visited.checkout
    checkout.open()
    checkout.choose("Wallet")
    checkout.expect_heading("Confirm your payment")
    checkout.page.go_back(wait_until="commit")
    expect(checkout.page).to_have_url(checkout.url)
    expect(checkout.status).to_be_attached()
    if checkout.way.mode == "cashier":
        expect(checkout.button).to_be_enabled()
    checkout.open()
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    assert is_paid_once(visited.shop, simulator)


@pytest.mark.parametrize("way", TRIED)
def test_on_a_phone_by_touch(visit: Visits, simulator: Simulator, way: str) -> None:
    with visit(way, PHONE) as visited:
        checkout = visited.checkout
        checkout.open()
        checkout.choose("Pay")
        checkout.expect_heading("Payment received")
        assert is_paid_once(visited.shop, simulator)


def test_two_tabs_share_a_session(visited: Visit, simulator: Simulator) -> None:
    first = visited.checkout
    first.open()
    second = SdkCheckout(
        first.page.context.new_page(), first.hosts, first.way, first.url
    )
    second.visit()
    second.open()
    assert len(visited.shop.payments()) == 1
    second.choose("Pay")
    second.expect_heading("Payment received")
    assert is_paid_once(visited.shop, simulator)
    first.page.bring_to_front()
    first.page.reload()
    expect(first.page.locator("[data-antom-notice]")).to_contain_text("is paid")
    expect(first.page.locator("[data-antom-checkout]")).to_have_count(0)


def test_a_double_click_pays_once(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    if checkout.way.mode == "cashier":
        checkout.button.dblclick()
        checkout.wait_until_ready()
    else:
        checkout.open()
    if checkout.way.mode == "element":
        checkout.web_app.get_by_label("Pay", exact=True).check()
        checkout.button.dblclick()
    else:
        checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    assert checkout.hosts.operations.count(SUBMIT) == 1
    assert is_paid_once(visited.shop, simulator)
    assert len(visited.shop.payments()) == 1


def test_an_expired_session_is_replaced(visited: Visit, simulator: Simulator) -> None:
    checkout = visited.checkout
    checkout.open()
    simulator.clock.advance(minutes=61)
    payment, db = visited.shop.antom.Payment, visited.shop.db
    with visited.shop.app.app_context():
        row = db.session.scalars(db.select(payment)).one()
        row.session_expires_at = row.created_at
        db.session.commit()
    checkout.visit()
    checkout.open()
    assert len(visited.shop.payments()) == 2
    checkout.choose("Pay")
    checkout.expect_heading("Payment received")
    assert is_paid_once(visited.shop, simulator)


def test_a_second_tab_has_paid(visited: Visit, simulator: Simulator) -> None:
    first = visited.checkout
    first.open()
    (payment,) = visited.shop.payments()
    simulator.approve(payment.request_id)
    simulator.notifier.drain()
    first.choose("Decline")
    first.expect_heading("Payment received")


@pytest.mark.parametrize("way", ["pop-up", "pop-up-1.12"])
def test_the_focus_comes_back_from_a_pop_up_on_a_phone(visit: Visits, way: str) -> None:
    with visit(way, PHONE) as visited:
        checkout = visited.checkout
        for leave in ("close", "cancel"):
            checkout.open()
            if leave == "close":
                checkout.page.locator("#asm-component-close-block").tap()
                checkout.page.locator("#ams-component-retention-leave").tap()
            else:
                checkout.choose("Cancel")
            checkout.expect_message(CHECKOUT["cancelled"])
            expect(checkout.page.locator("iframe")).to_have_count(0)
            expect(checkout.button).to_be_focused()

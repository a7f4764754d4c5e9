"""The journeys of buyers through a checkout.

A journey is a generator: where it yields, the buyer stops and reads. ``ends.py`` says
what they read at each stop, and what they can do next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from playwright.sync_api import expect

from tests.browser.journeys.trip import SILENCE, Trip

Journey = Callable[[Trip], Iterator[None]]

BALANCE = "USER_BALANCE_NOT_ENOUGH"


def pay(trip: Trip) -> None:
    """Pay as buyers do who see a form again: by the button where there is no view."""
    tab = trip.tab
    if tab.frame.count() == 0:
        expect(tab.button).to_be_enabled()
        tab.press_pay()
        tab.wait_until_ready()
    tab.choose("Pay")


def success(trip: Trip) -> Iterator[None]:
    trip.begin().choose("Pay")
    yield


def failure_and_retry(trip: Trip) -> Iterator[None]:
    trip.hosts.fail_with = BALANCE
    trip.begin().choose("Decline")
    yield
    trip.hosts.fail_with = ""
    if trip.way.mode == "hosted":
        trip.tab.choose("Pay")
    else:
        pay(trip)
    yield


def close(trip: Trip) -> Iterator[None]:
    trip.begin().leave_view()
    yield
    pay(trip)
    yield


def redirect_and_back(trip: Trip) -> Iterator[None]:
    trip.begin().choose("Wallet")
    expect(trip.tab.heading).to_have_text("Confirm your payment")
    trip.tab.press(trip.tab.page.get_by_role("button", name="Pay", exact=True))
    yield


def redirect_and_decline(trip: Trip) -> Iterator[None]:
    tab = trip.begin()
    tab.choose("Wallet")
    expect(tab.heading).to_have_text("Confirm your payment")
    tab.press(tab.page.get_by_role("button", name="Decline", exact=True))
    if trip.way.mode == "hosted":  # The wallet leads back to the Checkout Page.
        tab.follow("Back to the shop without paying")
    yield
    tab.follow(tab.say.page["back"])
    tab.go_to_checkout()
    if trip.way.mode in ("element", "page"):
        tab.wait_until_ready()
    pay(trip)
    yield


def new_tab_paid(trip: Trip) -> Iterator[None]:
    trip.begin()
    with trip.new_tab() as wallet:
        wallet.get_by_role("button", name="Pay and close the tab").click()
        expect(wallet.get_by_role("heading")).to_have_text("Paid")
    yield


def new_tab_pending(trip: Trip) -> Iterator[None]:
    trip.begin()
    with trip.new_tab():
        trip.simulator.pend(trip.request_id)
    yield


def new_tab_abandoned(trip: Trip) -> Iterator[None]:
    trip.tab.page.clock.install()
    trip.begin()
    with trip.new_tab():
        pass
    trip.tab.page.clock.fast_forward(SILENCE)
    yield
    pay(trip)
    yield


def new_tab_other_method(trip: Trip) -> Iterator[None]:
    trip.tab.page.clock.install()
    trip.begin()
    with trip.new_tab():
        pass
    trip.tab.page.clock.fast_forward(SILENCE)
    yield
    trip.tab.page.get_by_label("Alipay").check()
    pay(trip)
    yield


def back_from_wallet(trip: Trip) -> Iterator[None]:
    tab = trip.begin()
    tab.choose("Wallet")
    expect(tab.heading).to_have_text("Confirm your payment")
    if trip.way.mode == "hosted":
        tab.page.go_back(wait_until="commit")
        expect(tab.heading).not_to_have_text("Confirm your payment")
        tab.page.go_back(wait_until="commit")
        expect(tab.heading).to_have_text("Pay for your order")
    tab.go_back("Checkout")
    if trip.way.mode in ("element", "page"):
        tab.wait_until_ready()
    yield
    pay(trip)
    yield


def back_from_result(trip: Trip) -> Iterator[None]:
    trip.begin().choose("Pay")
    expect(trip.tab.heading).to_have_text(trip.tab.say.result["succeeded"].heading)
    trip.settle()
    while trip.tab.heading.inner_text() != "Checkout":
        trip.tab.page.go_back(wait_until="domcontentloaded")
    yield


def back_from_result_kept(trip: Trip) -> Iterator[None]:
    """Go back to a page that the browser has kept as it was."""
    tab = trip.begin()
    tab.page.evaluate("window.kept = true")
    tab.choose("Pay")
    expect(tab.heading).to_have_text(tab.say.result["succeeded"].heading)
    trip.settle()
    while tab.heading.inner_text() != "Checkout":
        tab.page.go_back(wait_until="commit")
        expect(tab.heading).not_to_have_text(tab.say.result["succeeded"].heading)
    assert tab.page.evaluate("window.kept") is True
    if trip.way.mode in ("cashier", "hosted"):
        tab.press_pay()
    yield


def back_within_shop(trip: Trip) -> Iterator[None]:
    tab = trip.enter()
    if trip.way.embedded:
        tab.open()
    tab.follow("your order")
    expect(tab.heading).to_have_text("Order A-1")
    tab.go_back("Checkout")
    if trip.way.mode in ("element", "page"):
        tab.wait_until_ready()
    yield
    pay(trip)
    yield


def two_tabs(trip: Trip) -> Iterator[None]:
    trip.enter()
    if trip.way.mode == "cashier":
        trip.tab.open()
    second = trip.second_tab()
    second.enter(trip.order_url)
    second.open()
    second.choose("Pay")
    expect(second.heading).to_have_text(second.say.result["succeeded"].heading)
    trip.settle()
    second.page.close()
    trip.tab.page.bring_to_front()
    if trip.way.mode == "hosted":
        trip.tab.press_pay()
    else:
        trip.tab.choose("Pay")
    yield


def come_later(trip: Trip) -> None:
    """Open the order's page once the shop knows."""
    trip.settle()
    trip.tab.enter(trip.order_url)


def already_paid(trip: Trip) -> Iterator[None]:
    trip.meanwhile("paid")
    yield


def already_paid_when_drawn(trip: Trip) -> Iterator[None]:
    trip.elsewhere()
    trip.simulator.approve(trip.request_id)
    come_later(trip)
    yield


def pending(trip: Trip) -> Iterator[None]:
    trip.begin().choose("Later")
    if trip.way.mode == "hosted":
        trip.settle()
    yield


def pending_elsewhere(trip: Trip) -> Iterator[None]:
    trip.meanwhile("pending")
    yield


def pending_when_drawn(trip: Trip) -> Iterator[None]:
    trip.elsewhere()
    trip.simulator.pend(trip.request_id)
    come_later(trip)
    yield


JOURNEYS: Mapping[str, Journey] = {
    journey.__name__: journey
    for journey in (
        success,
        failure_and_retry,
        close,
        redirect_and_back,
        redirect_and_decline,
        new_tab_paid,
        new_tab_pending,
        new_tab_abandoned,
        new_tab_other_method,
        back_from_wallet,
        back_from_result,
        back_from_result_kept,
        back_within_shop,
        two_tabs,
        already_paid,
        already_paid_when_drawn,
        pending,
        pending_elsewhere,
        pending_when_drawn,
    )
}

#: Those in which a mistake costs a buyer money or their order: played on each device.
RISKY = (
    "new_tab_paid",
    "new_tab_pending",
    "new_tab_abandoned",
    "new_tab_other_method",
    "back_from_wallet",
    "back_from_result",
    "back_within_shop",
    "two_tabs",
    "already_paid",
)

#: Alike in each mode, or how others end: a quick run plays each in one mode.
ALIKE = ("success", "already_paid_when_drawn", "pending_when_drawn")

#: Those that need a browser which keeps pages for "Back".
KEPT = ("back_from_result_kept",)

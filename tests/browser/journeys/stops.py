"""Whether a buyer reads the truth at a stop, and can go on from there."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from flask_antom.i18n.english import RESULT
from tests.browser.journeys.ends import End
from tests.browser.journeys.trip import Trip

OPEN = ("created", "processing")

ANYTHING = re.compile(".")


def wait_for(trip: Trip, end: End) -> None:
    """Wait until the buyer reads what they are to read, without scrolling."""
    tab, say = trip.tab, trip.tab.say
    match end.place:
        case "result":
            expect(tab.heading).to_have_text(say.result[end.words].heading)
        case "notice":
            is_read(tab.notice.get_by_text(say.result[end.words].heading, exact=True))
            expect(tab.notice).to_have_attribute("data-antom-notice", end.words)
        case "hosted":
            words = say.checkout.get(end.words)
            if end.words in RESULT:  # the same as the result page
                expect(tab.heading).to_have_text(say.result[end.words].heading)
                words = say.result[end.words].message
            is_read(tab.page.get_by_text(str(words), exact=True))
        case "form" | "view":
            if end.words:
                said = tab.page.locator(
                    "p[role=status]:not(:empty), p[role=alert]:not(:empty)"
                )
                expect(said).to_have_text(say.checkout[end.words])
                is_read(said)
            expect(tab.frame).to_have_count(1 if has_view(trip, end) else 0)
    for step in end.steps:
        wait_for_step(trip, end, step)


def has_view(trip: Trip, end: End) -> bool:
    """Whether the SDK's view stands; an element stays when the buyer has left it."""
    stays = trip.way.mode == "element" and end.words in ("cancelled", "balance")
    return end.place == "view" or stays


def wait_for_step(trip: Trip, end: End, step: str) -> None:
    """Wait until the buyer can take a step."""
    if step == "pay":
        expect(trip.tab.button).to_be_enabled()
        return
    link = link_of(trip, end, step)
    is_read(link)
    expect(link).to_have_attribute("href", ANYTHING if step != "again" else "")
    if step == "view":  # A paid order is not to be paid once more.
        expect(trip.tab.button.filter(visible=True)).to_have_count(0)


def link_of(trip: Trip, end: End, step: str) -> Locator:
    say = trip.tab.say
    words = say.page[step] if end.place == "result" else say.checkout[step]
    return trip.tab.page.get_by_role("link", name=words, exact=True)


def is_read(element: Locator) -> None:
    expect(element).to_be_visible()
    expect(element).to_be_in_viewport()


def take_step(trip: Trip, end: End) -> None:
    """Follow the first of the links; it leads where it says."""
    step = next((step for step in end.steps if step != "pay"), "")
    if not step:
        return
    trip.tab.press(link_of(trip, end, step))
    if step in ("continue", "back"):
        expect(trip.tab.heading).to_have_text("Order A-1")
    else:
        status = trip.shop.front.payments()[-1].status
        words = trip.tab.say.result[status].heading
        expect(trip.tab.heading).to_have_text(words)


def is_true(trip: Trip, end: End) -> None:
    """Hold what the shop and Antom know against the stop."""
    trip.settle()
    front, simulator = trip.shop.front, trip.simulator
    found = [payment.status for payment in front.payments()]
    known = [
        "open" if wanted == "open" and status in OPEN else status
        for status, wanted in zip(found, end.payments, strict=False)
    ]
    assert (*known, *found[len(known) :]) == end.payments, found
    assert len(simulator.payments()) == len(end.payments)
    cancelled = [one for one in simulator.payments() if one.cancelled_at is not None]
    assert len(cancelled) == end.cancelled
    is_paid = "succeeded" in end.payments
    assert front.fulfilled() == is_paid
    taken = [one for one in simulator.payments() if one.status == "SUCCESS"]
    assert len(taken) == is_paid
    for payment in taken:
        (attempt,) = (one for one in payment.attempts if one.paid_at is not None)
        assert attempt.refunded_at is None

"""In which order do the receivers hear about one payment?"""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from flask_antom.errors import DeliveryFailed
from flask_antom.signals import (
    payment_needs_review,
    payment_succeeded,
    refund_succeeded,
)
from tests.integration.actions import refund, refund_notice
from tests.support.offline import GUIDE, OfflineShop
from tests.support.receivers import DONE, Switch, event, is_delivered

pytestmark = pytest.mark.every_database

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    offline.answers["refund"] = DONE
    return offline


@pytest.fixture
def told(offline: OfflineShop) -> list[str]:
    """The signals that receivers have taken, in their order."""
    told: list[str] = []
    names = {
        "payment_succeeded": payment_succeeded,
        "payment_needs_review": payment_needs_review,
        "refund_succeeded": refund_succeeded,
    }
    for name, signal in names.items():

        def receive(app: Flask, name: str = name, **extra: Any) -> None:
            told.append(name)

        offline.shop.connect(signal, receive)
    return told


@pytest.fixture
def switch(offline: OfflineShop) -> Switch:
    """A broken receiver of ``payment_succeeded``, which is called first."""
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    return switch


def give_back(offline: OfflineShop, amount: int | None = None) -> None:
    """Refund the payment, whatever becomes of the events that still wait."""
    with contextlib.suppress(DeliveryFailed):
        refund(offline.shop, amount)


def sweep_later(offline: OfflineShop) -> None:
    """Sweep when everything is due, and once more for what had to wait meanwhile."""
    for _ in range(2):
        offline.shop.clock.wind(2 * AN_HOUR)
        offline.shop.sweep()


def test_an_order_that_was_given_back_whole_is_not_fulfilled(
    switch: Switch, offline: OfflineShop
) -> None:
    assert offline.notify().status_code == 500
    give_back(offline)
    calls = switch.calls
    switch.is_broken = False
    sweep_later(offline)
    assert switch.calls == calls == 1
    assert offline.shop.fulfilled() == 0
    assert is_delivered(offline)
    assert is_delivered(offline, "refund_succeeded")
    assert offline.notify().status_code == 200
    assert offline.shop.fulfilled() == 0


def test_an_order_that_was_given_back_in_part_is_fulfilled_first(
    switch: Switch, told: list[str], offline: OfflineShop
) -> None:
    assert offline.notify().status_code == 500
    give_back(offline, 1000)
    assert "refund_succeeded" not in told
    assert not is_delivered(offline, "refund_succeeded")
    told.clear()
    switch.is_broken = False
    sweep_later(offline)
    assert told == ["payment_succeeded", "refund_succeeded"]
    assert offline.shop.fulfilled() == 1
    assert is_delivered(offline)
    assert is_delivered(offline, "refund_succeeded")


def test_a_refund_that_antom_reports_waits_its_turn(
    switch: Switch, told: list[str], offline: OfflineShop
) -> None:
    assert offline.notify().status_code == 500
    notice = refund_notice("fromDashboard", 1000, paymentId=GUIDE["paymentId"])
    offline.notify(notice)
    assert "refund_succeeded" not in told
    told.clear()
    switch.is_broken = False
    sweep_later(offline)
    assert told == ["payment_succeeded", "refund_succeeded"]


def test_an_event_that_is_given_up_blocks_nothing(
    switch: Switch, told: list[str], offline: OfflineShop
) -> None:
    for _ in range(40):
        assert offline.notify().status_code == 500
        offline.shop.clock.wind(AN_HOUR)
    assert event(offline).next_attempt_at.year == 9999
    told.clear()
    give_back(offline, 1000)
    sweep_later(offline)
    assert told.count("refund_succeeded") == 1
    assert is_delivered(offline, "refund_succeeded")
    assert not is_delivered(offline)


def test_a_review_is_never_blocked(
    switch: Switch, told: list[str], offline: OfflineShop
) -> None:
    assert offline.notify().status_code == 500
    told.clear()
    cancelled = GUIDE | {"paymentStatus": "CANCELLED"}
    offline.answers["inquiryPayment"] = cancelled
    with contextlib.suppress(DeliveryFailed):
        offline.shop.call("sync")
    assert "payment_needs_review" in told
    assert is_delivered(offline, "payment_needs_review")
    assert not is_delivered(offline)


def test_events_of_other_payments_do_not_wait(
    switch: Switch, told: list[str], offline: OfflineShop
) -> None:
    offline.add_payment("other", reference="A-2")
    assert offline.notify().status_code == 500
    switch.is_broken = False
    assert offline.notify(paymentRequestId="other", paymentId="P-2").status_code == 200
    assert offline.shop.fulfilled("A-2") == 1
    assert offline.shop.fulfilled() == 0


def test_two_events_of_a_payment_are_told_one_at_a_time(
    offline: OfflineShop, database_kind: str
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    running: list[str] = []
    met: list[str] = []

    def be_slow(app: Flask, payment: Any, **extra: Any) -> None:
        running.append("payment_succeeded")
        begun.set()
        assert may_end.wait(30)
        running.remove("payment_succeeded")

    def note_what_runs(app: Flask, payment: Any, **extra: Any) -> None:
        met.extend(["refund_succeeded", *running])

    offline.shop.connect(payment_succeeded, be_slow)
    offline.shop.connect(refund_succeeded, note_what_runs)
    notice = refund_notice("fromDashboard", 1000, paymentId=GUIDE["paymentId"])
    with ThreadPoolExecutor() as pool:
        first = pool.submit(offline.notify)
        assert begun.wait(30)
        second = pool.submit(offline.notify, notice)
        try:
            if not database_kind.startswith("sqlite"):  # one lock for all writers
                assert second.result(timeout=30).status_code == 200
        finally:
            may_end.set()
        assert first.result(timeout=60).status_code == 200
        assert second.result(timeout=60).status_code == 200
    sweep_later(offline)
    assert met == ["refund_succeeded"]
    assert offline.shop.fulfilled() == 1
    assert is_delivered(offline, "refund_succeeded")

"""Does a default log at INFO tell the whole story of a payment?"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import Refused
from flask_antom.signals import payment_succeeded
from tests.integration.actions import refund
from tests.support.offline import GUIDE, SESSION, OfflineShop, failed
from tests.support.receivers import DONE, Switch


class Story:
    """The lines of the package as a person greps them, with ids made equal."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def told(self, *, order: str | None = "A-1") -> list[str]:
        lines = [
            f"{record.levelname} {record.getMessage()}"
            for record in self._caplog.records
            if record.name.startswith("flask_antom.")
        ]
        self._caplog.clear()
        found = [line for line in lines if order is None or f"order={order}" in line]
        return [_with_equal_ids(line) for line in found]


def _with_equal_ids(line: str) -> str:
    line = re.sub(r"event_id=\d+", "event_id=N", line)
    return re.sub(r"\b(payment|refund)=[^ ]+", r"\1=ID", line)


@pytest.fixture
def story(caplog: pytest.LogCaptureFixture) -> Iterator[Story]:
    with caplog.at_level(logging.INFO, logger="flask_antom"):
        yield Story(caplog)


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.answers |= {"createPaymentSession": SESSION, "refund": DONE}
    return offline


def open_session(offline: OfflineShop, method: str = "GCASH") -> str:
    answer: Any = offline.shop.pay(method=method).json
    request_id: str = answer["paymentRequestId"]
    return request_id


@pytest.mark.every_database
def test_a_payment_and_its_refund(offline: OfflineShop, story: Story) -> None:
    request_id = open_session(offline)
    offline.notify(paymentRequestId=request_id)
    refund(offline.shop, 1000)
    assert story.told() == [
        "INFO Session opened in the mode cashier for GCASH, 42.00 MYR."
        " order=A-1 payment=ID",
        "INFO Notification PAYMENT_RESULT: applied. order=A-1 payment=ID",
        "INFO Payment is succeeded, was created, by notification. order=A-1 payment=ID",
        "INFO Delivered payment_succeeded. order=A-1 payment=ID event_id=N",
        "INFO Refund of 10.00 MYR asked. order=A-1 payment=ID refund=ID",
        "INFO Refund is succeeded, was pending, by refund."
        " order=A-1 payment=ID refund=ID",
        "INFO Delivered refund_succeeded. order=A-1 payment=ID event_id=N",
    ]


def test_a_payment_that_a_sweep_finds(offline: OfflineShop, story: Story) -> None:
    request_id = open_session(offline)
    offline.answers["inquiryPayment"] = GUIDE | {
        "paymentRequestId": request_id,
        "paymentStatus": "SUCCESS",
    }
    offline.shop.clock.wind(timedelta(hours=2))
    story.told(order=None)
    offline.shop.sweep()
    assert story.told(order=None) == [
        "INFO Payment is succeeded, was created, by inquiry. order=A-1 payment=ID",
        "INFO Delivered payment_succeeded. order=A-1 payment=ID event_id=N",
        "INFO Swept: payments 1.",
    ]


def test_a_card_that_is_captured_by_hand(offline: OfflineShop, story: Story) -> None:
    offline.answers["capture"] = DONE
    offline.add_payment(method="CARD")
    offline.notify(paymentMethodType="CARD")
    story.told()
    offline.shop.call("capture", Money(4200, "MYR"))
    assert story.told() == [
        "INFO Capture of 42.00 MYR asked. order=A-1 payment=ID",
        "INFO 42.00 MYR captured. order=A-1 payment=ID",
        "INFO Payment is succeeded, was authorized, by capture. order=A-1 payment=ID",
        "INFO Delivered payment_succeeded. order=A-1 payment=ID event_id=N",
    ]


def test_a_payment_that_is_cancelled(offline: OfflineShop, story: Story) -> None:
    offline.answers["cancel"] = DONE | {"cancelTime": "2026-01-01T00:00:00Z"}
    offline.add_payment()
    offline.notify()
    story.told()
    offline.shop.call("cancel")
    assert story.told() == [
        "INFO Cancel asked. order=A-1 payment=ID",
        "INFO Payment is cancelled, was succeeded, by cancel. order=A-1 payment=ID",
        "INFO Delivered payment_cancelled. order=A-1 payment=ID event_id=N",
    ]


def test_what_antom_refuses_says_so(offline: OfflineShop, story: Story) -> None:
    offline.add_payment()
    offline.notify()
    story.told()
    offline.answers |= {
        "cancel": {"result": failed("CANCEL_WINDOW_EXCEED")},
        "refund": {"result": failed("REFUND_WINDOW_EXCEED")},
    }
    with suppress(Refused):
        offline.shop.call("cancel")
    with suppress(Refused):
        refund(offline.shop)
    assert story.told() == [
        "INFO Cancel asked. order=A-1 payment=ID",
        "INFO Antom refused the cancel: cancel: CANCEL_WINDOW_EXCEED."
        " order=A-1 payment=ID",
        "INFO Refund of 42.00 MYR asked. order=A-1 payment=ID refund=ID",
        "INFO Refund is failed, was pending, by refund (REFUND_WINDOW_EXCEED)."
        " order=A-1 payment=ID refund=ID",
        "INFO Delivered refund_failed. order=A-1 payment=ID event_id=N",
    ]


def test_antom_is_silent(offline: OfflineShop, story: Story) -> None:
    del offline.answers["createPaymentSession"]
    assert offline.shop.pay().status_code == 503
    (first, *_) = story.told()
    assert first == (
        "WARNING Antom createPaymentSession: no answer: silence order=A-1 payment=ID"
    )


def test_a_failure_and_a_late_success(offline: OfflineShop, story: Story) -> None:
    offline.add_payment()
    offline.notify(result=failed("USER_BALANCE_NOT_ENOUGH"))
    offline.notify()
    assert story.told() == [
        "INFO Notification PAYMENT_RESULT: applied. order=A-1 payment=ID",
        "INFO Payment is failed, was created, by notification"
        " (USER_BALANCE_NOT_ENOUGH). order=A-1 payment=ID",
        "INFO Delivered payment_failed. order=A-1 payment=ID event_id=N",
        "INFO Notification PAYMENT_RESULT: applied. order=A-1 payment=ID",
        "INFO Payment is succeeded, was failed, by notification. order=A-1 payment=ID",
        "INFO Delivered payment_succeeded. order=A-1 payment=ID event_id=N",
    ]


def test_a_receiver_fails_and_recovers(offline: OfflineShop, story: Story) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    offline.add_payment()
    offline.notify()
    switch.is_broken = False
    offline.notify()
    assert story.told()[-2:] == [
        "ERROR A receiver failed: payment_succeeded. order=A-1 payment=ID event_id=N",
        "INFO Delivered payment_succeeded. order=A-1 payment=ID event_id=N",
    ]


def test_a_session_that_nobody_pays(offline: OfflineShop, story: Story) -> None:
    past = datetime.now(UTC) - timedelta(hours=3)
    offline.add_payment(session_expires_at=past, inquire_at=past)
    offline.answers["inquiryPayment"] = {"result": failed("ORDER_NOT_EXIST")}
    offline.shop.sweep()
    assert story.told() == [
        "INFO Payment is expired, was created, by clock. order=A-1 payment=ID",
        "INFO Delivered payment_expired. order=A-1 payment=ID event_id=N",
    ]


def test_an_unknown_payment(offline: OfflineShop, story: Story) -> None:
    offline.notify(paymentRequestId="unknown", paymentId="P-9")
    assert story.told(order=None)[0] == (
        "INFO Notification PAYMENT_RESULT: foreign. payment=ID payment_id=P-9"
    )


def test_each_line_has_its_names_as_attributes(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="flask_antom"):
        request_id = open_session(offline)
        offline.notify(paymentRequestId=request_id)
    named = [record for record in caplog.records if hasattr(record, "order")]
    assert len(named) == 4
    assert {vars(record)["order"] for record in named} == {"A-1"}
    assert {vars(record)["payment"] for record in named} == {request_id}
    outcomes = [vars(record)["outcome"] for record in named]
    assert outcomes == ["opened", "applied", "succeeded", "delivered"]

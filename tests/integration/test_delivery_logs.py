"""Does the log say what became of a delivery: of which order, payment and event?"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from flask_antom.errors import DeliveryFailed
from flask_antom.signals import payment_succeeded
from tests.integration.actions import refund
from tests.support.offline import OfflineShop, open_offline
from tests.support.receivers import DONE, ID, Switch, disconnect_all

pytestmark = pytest.mark.every_database

NAMES = ("A-1", ID, "payment_succeeded")


@pytest.fixture
def offline(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> Iterator[OfflineShop]:
    offline.add_payment()
    with caplog.at_level(logging.INFO, logger="flask_antom"):
        yield offline


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return the lines of this level that name order, payment and event."""
    return [
        message
        for record in caplog.records
        if record.levelno == level
        and record.name.startswith("flask_antom")
        and all(name in (message := record.getMessage()) for name in NAMES)
    ]


def test_a_delivery(offline: OfflineShop, caplog: pytest.LogCaptureFixture) -> None:
    offline.notify()
    assert len(lines(caplog, logging.INFO)) == 1
    offline.notify()  # a copy delivers nothing
    assert len(lines(caplog, logging.INFO)) == 1


def test_a_receiver_that_raises(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    offline.notify()
    (line,) = lines(caplog, logging.ERROR)
    assert "given up" not in line
    assert [record.exc_info is not None for record in caplog.records].count(True) == 1
    assert lines(caplog, logging.INFO) == []
    switch.is_broken = False
    offline.notify()
    assert len(lines(caplog, logging.INFO)) == 1


def test_a_receiver_that_rolls_back(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    def roll_back(app: object, **extra: object) -> None:
        offline.shop.db.session.rollback()

    offline.shop.connect(payment_succeeded, roll_back)
    offline.notify()
    assert len(lines(caplog, logging.ERROR)) == 1


def test_an_event_that_is_given_up(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    for _ in range(40):
        offline.notify()
        offline.shop.clock.wind(timedelta(hours=1))
        given_up = [line for line in lines(caplog, logging.ERROR) if "given up" in line]
        if given_up:
            break
    assert len(given_up) == 1


def test_an_event_that_is_overtaken(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    switch = Switch()
    offline.answers["refund"] = DONE
    offline.shop.connect(payment_succeeded, switch)
    offline.notify()
    caplog.clear()
    switch.is_broken = False
    with contextlib.suppress(DeliveryFailed):
        refund(offline.shop)
    offline.shop.clock.wind(timedelta(hours=1))
    offline.shop.sweep()
    assert len(lines(caplog, logging.INFO)) == 1
    assert lines(caplog, logging.ERROR) == []


def test_an_event_that_nobody_hears(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    disconnect_all(offline)
    offline.notify()
    assert len(lines(caplog, logging.ERROR)) == 1
    assert lines(caplog, logging.INFO) == []


def test_a_worker_names_them_too(
    shop_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"ANTOM_EVENT_DELIVERY": "worker", "SQLALCHEMY_DATABASE_URI": shop_url}
    with (
        caplog.at_level(logging.INFO, logger="flask_antom"),
        open_offline(**settings) as offline,
    ):
        offline.add_payment()
        offline.notify()
        assert lines(caplog, logging.INFO) == []
        offline.shop.sweep()
        assert len(lines(caplog, logging.INFO)) == 1

"""Is what we call delivered truly there? Also after an error that a receiver hid."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom.signals import payment_succeeded
from tests.support.conflicts import A, add_stock
from tests.support.offline import OfflineShop
from tests.support.receivers import (
    Switch,
    disconnect_all,
    event,
    is_delivered,
    write_row,
    written,
)

pytestmark = pytest.mark.every_database

Hide = Callable[[OfflineShop], None]


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    add_stock(offline)
    return offline


def insert_a_key_that_is_taken(offline: OfflineShop) -> None:
    table = offline.shop.fulfilment.__table__
    row = {"id": A, "order_reference": "own", "request_id": "", "about": ""}
    offline.shop.db.session.execute(sa.insert(table).values(row))


def name_no_table(offline: OfflineShop) -> None:
    offline.shop.db.session.execute(sa.text("SELECT 1 FROM no_such_table"))


def flush_a_key_that_is_taken(offline: OfflineShop) -> None:
    session = offline.shop.db.session
    session.add(offline.shop.fulfilment(id=A, order_reference="own", request_id=""))
    session.flush()


def write_without_a_value(offline: OfflineShop) -> None:
    table = offline.shop.fulfilment.__table__
    row = {"order_reference": None, "request_id": "", "about": ""}
    offline.shop.db.session.execute(sa.insert(table).values(row))


ERRORS: list[Hide] = [
    insert_a_key_that_is_taken,
    name_no_table,
    flush_a_key_that_is_taken,
    write_without_a_value,
]


def hidden() -> contextlib.suppress:
    return contextlib.suppress(sa.exc.SQLAlchemyError)


def assert_it_failed(offline: OfflineShop, status: int) -> None:
    """Assert that the failure is answered and counted, and that nothing is written."""
    kept = event(offline)
    assert status == 500
    assert (kept.delivered_at, kept.attempts) == (None, 1)
    assert kept.last_error
    assert kept.next_attempt_at is not None
    assert written(offline) == []


@pytest.mark.parametrize("error", ERRORS)
def test_a_database_error_that_a_receiver_hides_loses_nothing(
    offline: OfflineShop, error: Hide
) -> None:
    switch = Switch()

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        write_row(offline, "before")
        offline.shop.db.session.flush()
        with hidden():
            if switch.is_broken:
                error(offline)

    disconnect_all(offline)
    offline.shop.connect(payment_succeeded, fulfil)
    assert_it_failed(offline, offline.notify().status_code)
    switch.is_broken = False
    assert [offline.notify().status_code for _ in range(2)] == [200, 200]
    assert is_delivered(offline)
    assert written(offline) == ["before"]


def test_a_sweep_counts_a_hidden_error_until_it_is_given_up(
    offline: OfflineShop,
) -> None:
    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        write_row(offline, "before")
        offline.shop.db.session.flush()
        with hidden():
            name_no_table(offline)

    disconnect_all(offline)
    offline.shop.connect(payment_succeeded, fulfil)
    status = offline.notify().status_code
    assert_it_failed(offline, status)
    for attempt in range(2, 40):
        offline.shop.clock.wind(timedelta(hours=2))
        summary = offline.shop.sweep()
        if event(offline).next_attempt_at.year == 9999:
            assert (summary.given_up, summary.needs_a_person) == (1, True)
            break
        assert (summary.events, summary.failed) == (0, 1)
        assert event(offline).attempts == attempt
    assert event(offline).next_attempt_at.year == 9999


def test_an_error_under_a_savepoint_is_the_receivers_own_business(
    offline: OfflineShop,
) -> None:
    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        write_row(offline, "before")
        for error in ERRORS:
            with hidden(), offline.shop.db.session.begin_nested():
                error(offline)
        write_row(offline, "after")

    offline.shop.connect(payment_succeeded, fulfil)
    assert [offline.notify().status_code for _ in range(2)] == [200, 200]
    assert sorted(written(offline)) == ["after", "before"]
    assert offline.shop.fulfilled() == 1
    assert (event(offline).attempts, is_delivered(offline)) == (1, True)


def test_a_receiver_that_commits_and_then_raises_is_counted(
    offline: OfflineShop,
) -> None:
    """Its own commit stays, and so does the failure of the event."""
    switch, session = Switch(), offline.shop.db.session

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        if switch.is_broken:
            session.commit()
        switch(app)
        write_row(offline, "own")

    offline.shop.connect(payment_succeeded, fulfil)
    assert offline.notify().status_code == 500
    kept = event(offline)
    assert (kept.delivered_at, kept.attempts) == (None, 1)
    assert kept.last_error == "RuntimeError: no stock left"
    switch.is_broken = False
    assert [offline.notify().status_code for _ in range(2)] == [200, 200]
    assert (switch.calls, written(offline)) == (2, ["own"])
    assert is_delivered(offline)

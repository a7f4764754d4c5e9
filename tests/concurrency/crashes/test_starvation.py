"""A receiver kills its process in each sweep: whom does it starve, and how long?"""

from __future__ import annotations

import functools
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_antom.signals import payment_succeeded
from tests.concurrency.crashes.worker import run_worker
from tests.support.databases import empty_database
from tests.support.offline import OfflineShop, open_offline
from tests.support.recording_shop import count_signals
from tests.support.shop import Shopfront

pytestmark = pytest.mark.slow

DEADLY = "pay-1"

#: Two attempts later, and a day after the first, an event is given up.
NEARLY_ENOUGH = 28


def sweep_and_die(hours: int, shop: Shopfront) -> None:
    """Sweep with a receiver that one order kills."""

    def kill(app: Flask, payment: Any, **extra: Any) -> None:
        if payment.request_id == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)

    shop.connect(payment_succeeded, kill)
    shop.clock.wind(timedelta(hours=hours))
    shop.sweep()


def deadly_event(offline: OfflineShop) -> Any:
    shop = offline.shop
    (payment,) = (
        row for row in shop.rows(shop.antom.Payment) if row.request_id == DEADLY
    )
    rows = shop.rows(shop.antom.Event)
    (found,) = (row for row in rows if row.payment_ref == payment.id)
    return found


def set_attempts(offline: OfflineShop, attempts: int) -> None:
    """Spare this test the attempts between the second and the last ones."""
    shop, event = offline.shop, deadly_event(offline)
    statement = shop.db.update(shop.antom.Event).where(shop.antom.Event.id == event.id)
    with shop.app.app_context():
        shop.db.session.execute(statement.values(attempts=attempts))
        shop.db.session.commit()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killer_starves_nobody_and_is_given_up(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with (
        empty_database(kind, request, tmp_path) as url,
        open_offline(
            SQLALCHEMY_DATABASE_URI=url, ANTOM_EVENT_DELIVERY="worker"
        ) as offline,
    ):
        for number in (1, 2, 3):
            offline.add_payment(f"pay-{number}", reference=f"A-{number}")
            offline.notify(paymentRequestId=f"pay-{number}", paymentId=f"P-{number}")
        settings = offline.shop.settings
        for attempts in (1, 2):
            action = functools.partial(sweep_and_die, 2 * attempts)
            assert run_worker(settings, action).was_killed
            assert deadly_event(offline).attempts == attempts
        assert count_signals(offline.shop) == {"payment_succeeded": 2}

        set_attempts(offline, NEARLY_ENOUGH)
        for hours in (30, 32):
            action = functools.partial(sweep_and_die, hours)
            assert run_worker(settings, action).was_killed
        assert deadly_event(offline).attempts == NEARLY_ENOUGH + 2
        for hours in (34, 36):
            action = functools.partial(sweep_and_die, hours)
            assert not run_worker(settings, action).was_killed
        kept = deadly_event(offline)
        assert (kept.delivered_at, kept.next_attempt_at.year) == (None, 9999)
        assert kept.attempts == NEARLY_ENOUGH + 2
        assert "process" in kept.last_error
        assert count_signals(offline.shop) == {"payment_succeeded": 2}

"""Does the health view say what is wrong, and nothing else?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flask_antom.contrib.health import init_health
from tests.support.offline import OfflineShop, open_offline
from tests.support.receivers import disconnect_all

WELL = {
    "status": "ok",
    "database": "ok",
    "events": "ok",
    "payments": "ok",
    "sweep": "ok",
}


def ask(offline: OfflineShop) -> tuple[int, Any]:
    answer = offline.shop.app.test_client().get("/antom/health")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.json


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    init_health(offline.shop.app)
    return offline


@pytest.mark.every_database
def test_all_is_well(offline: OfflineShop) -> None:
    assert ask(offline) == (200, WELL)
    offline.add_payment()
    offline.notify()
    assert ask(offline) == (200, WELL)


@pytest.mark.every_database
def test_an_event_waits(offline: OfflineShop) -> None:
    disconnect_all(offline)
    offline.add_payment()
    offline.notify()
    assert ask(offline) == (200, WELL)
    offline.shop.clock.wind(timedelta(minutes=16))
    assert ask(offline) == (503, WELL | {"status": "fault", "events": "late"})


def test_no_sweep_runs(offline: OfflineShop) -> None:
    offline.add_payment(inquire_at=offline.shop.clock.now())
    offline.shop.clock.wind(timedelta(minutes=14))
    assert ask(offline) == (200, WELL)
    offline.shop.clock.wind(timedelta(minutes=2))
    assert ask(offline) == (503, WELL | {"status": "fault", "sweep": "late"})


def test_a_payment_stays_open(offline: OfflineShop) -> None:
    now = offline.shop.clock.now()
    later = now + timedelta(days=30)
    offline.add_payment(status="pending", created_at=now, inquire_at=later)
    offline.shop.clock.wind(timedelta(days=6))
    assert ask(offline) == (200, WELL)
    offline.shop.clock.wind(timedelta(days=2))
    assert ask(offline) == (503, WELL | {"status": "fault", "payments": "late"})


def test_sessions_that_nobody_has_begun_do_not_hide_it(
    offline: OfflineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_antom.store.ages._MOST", 3)
    now = offline.shop.clock.now()
    later = now + timedelta(days=30)
    offline.add_payment(status="pending", created_at=now, inquire_at=later)
    for number in range(3):  # Antom is asked about them before
        soon = later - timedelta(days=1 + number)
        offline.add_payment(f"more-{number}", created_at=now, inquire_at=soon)
    offline.shop.clock.wind(timedelta(days=8))
    assert ask(offline) == (503, WELL | {"status": "fault", "payments": "late"})


def test_the_database_is_away(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    with offline.shop.app.app_context():
        offline.shop.db.drop_all()
    assert ask(offline) == (503, {"status": "fault", "database": "unreachable"})
    assert "cannot read the tables: OperationalError." in caplog.text


def test_there_is_none_unless_it_is_asked_for() -> None:
    with open_offline() as offline:
        assert offline.shop.app.test_client().get("/antom/health").status_code == 404

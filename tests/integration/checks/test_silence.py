"""A sweep says that notifications do not come, once, from what is stored anyway."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from flask_antom.contrib import rq
from flask_antom.store.arrivals import Silence
from tests.support.clocks import Stopwatch
from tests.support.offline import OfflineShop

URL = "http://127.0.0.1:5000/antom/notify"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    name = "flask_antom.flows.silence"
    return [one.getMessage() for one in caplog.records if one.name == name]


def pay(offline: OfflineShop, number: int, **columns: Any) -> None:
    """Store a payment that was paid now, and that Antom was asked about."""
    clock = offline.shop.clock
    offline.add_payment(
        f"paymentRequestId{number:02}",
        f"A-{number}",
        status="succeeded",
        payment_id=f"P-{number}",
        paid_at=clock.now(),
        open_key=None,
        **columns,
    )


def be_told(offline: OfflineShop, number: int) -> None:
    """Antom posts a notification of that payment."""
    notice = {
        "paymentRequestId": f"paymentRequestId{number:02}",
        "paymentId": f"P-{number}",
        "paymentTime": offline.shop.clock.now().isoformat(),
    }
    assert offline.notify(**notice).status_code == 200


def sweep_after(offline: OfflineShop, minutes: float) -> None:
    clock: Stopwatch = offline.shop.clock
    clock.wind(timedelta(minutes=minutes))
    clock.sleep(minutes * 60)
    offline.shop.sweep()


@pytest.mark.every_database
def test_payments_that_are_learnt_of_by_asking_are_told_once(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    pay(offline, 1)
    sweep_after(offline, 4)
    assert lines(caplog) == []
    sweep_after(offline, 2)
    pay(offline, 2)
    for _ in range(3):
        sweep_after(offline, 6)
    (line,) = lines(caplog)
    assert line.startswith("Order A-1 was paid at ")
    assert URL in line
    assert "flask antom check --online" in line


def test_jobs_of_rq_that_are_processes_of_their_own_tell_it_once(
    offline: OfflineShop,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: dict[str, str] = {}
    connection = SimpleNamespace(
        get=kept.get, set=lambda key, value, ex: kept.update({key: value})
    )
    job = SimpleNamespace(connection=connection, origin="default")
    monkeypatch.setattr(rq, "get_current_job", lambda: job)
    app = offline.shop.app
    pay(offline, 1)
    offline.shop.clock.wind(timedelta(minutes=6))
    for _ in range(3):
        app.extensions["antom"].silence = Silence()  # of a new process
        with app.app_context():
            rq.sweep()
    assert len(lines(caplog)) == 1


def test_it_is_told_again_after_notifications_came_again(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    pay(offline, 1)
    sweep_after(offline, 6)
    pay(offline, 2)
    be_told(offline, 2)
    sweep_after(offline, 6)
    assert len(lines(caplog)) == 1
    pay(offline, 3)
    sweep_after(offline, 6)
    sweep_after(offline, 6)
    assert [line.split()[1] for line in lines(caplog)] == ["A-1", "A-3"]


def test_a_shop_that_is_notified_hears_nothing(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (1, 2):
        pay(offline, number)
        be_told(offline, number)
    for _ in range(3):
        sweep_after(offline, 6)
    assert lines(caplog) == []


@pytest.mark.parametrize(
    "columns", [{"environment": "prod"}, {"client_id": "SANDBOX_OTHER"}]
)
def test_payments_of_others_are_not_looked_at(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture, columns: dict[str, str]
) -> None:
    pay(offline, 1, **columns)
    sweep_after(offline, 6)
    assert lines(caplog) == []


def test_old_payments_say_nothing_of_today(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    pay(offline, 1)
    sweep_after(offline, 25 * 60)
    assert lines(caplog) == []


def test_sweeps_of_cron_do_not_tell_it_all_day(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is a process of its own, and remembers nothing."""
    pay(offline, 1)
    for _ in range(24):
        offline.shop.app.extensions["antom"].silence = Silence()
        sweep_after(offline, 59)
    assert len(lines(caplog)) == 1


def test_a_notification_costs_nothing_more(offline: OfflineShop) -> None:
    """The look is a sweep's, and one a minute."""
    looks: list[None] = []
    state = offline.shop.app.extensions["antom"]
    latest = state.arrivals.latest_paid

    class Counted:
        def latest_paid(self, *args: Any) -> Any:
            looks.append(None)
            return latest(*args)

    state.arrivals = Counted()
    offline.add_payment()
    offline.notify()
    assert looks == []
    for _ in range(5):
        offline.shop.sweep()
    assert len(looks) == 1
    sweep_after(offline, 1)
    assert len(looks) == 2

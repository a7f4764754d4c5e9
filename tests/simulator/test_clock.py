"""The clock: real time plus what it was wound, and timers in order."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from flask_antom.simulator import Clock


def test_it_shows_real_time_until_it_is_wound() -> None:
    clock = Clock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)

    clock.advance(days=1, hours=1, minutes=1, seconds=1)

    wound = timedelta(days=1, hours=1, minutes=1, seconds=1)
    assert abs(clock.offset - wound) < timedelta(seconds=5)
    assert clock.now() - datetime.now(UTC) > timedelta(days=1)


def test_it_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="only goes forward"):
        Clock().advance(seconds=-1)


def test_timers_fire_in_order_and_see_their_time() -> None:
    clock = Clock()
    start = clock.now()
    fired: list[tuple[str, timedelta]] = []

    def note(name: str) -> None:
        fired.append((name, clock.now() - start))

    def plan_more() -> None:
        note("first")
        clock.at(clock.now() + timedelta(minutes=1), lambda: note("planned"))

    clock.at(start + timedelta(minutes=9), lambda: note("last"))
    clock.at(start + timedelta(minutes=1), plan_more)
    clock.at(start + timedelta(minutes=60), lambda: note("later"))
    clock.advance(minutes=10)

    assert [name for name, _ in fired] == ["first", "planned", "last"]
    for (_, when), minutes in zip(fired, (1, 2, 9), strict=True):
        assert timedelta() <= when - timedelta(minutes=minutes) < timedelta(seconds=5)


def test_a_timer_that_fails_does_not_stop_the_clock(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    fired: list[str] = []

    def fail() -> None:
        raise RuntimeError("on purpose")

    clock.at(clock.now(), fail)
    clock.at(clock.now(), lambda: fired.append("next"))
    clock.fire_due()

    assert fired == ["next"]
    assert "on purpose" in caplog.text


def test_timers_fire_by_themselves_while_it_runs() -> None:
    clock = Clock()
    fired = threading.Event()
    clock.start()
    try:
        clock.at(clock.now() + timedelta(hours=1), fired.set)
        assert not fired.is_set()
        clock.offset += timedelta(hours=1)
        assert fired.wait(10)
    finally:
        clock.stop()


def test_a_stopped_clock_leaves_timers_to_those_who_wind_it() -> None:
    clock = Clock()
    clock.start()
    clock.stop()
    fired = threading.Event()
    clock.at(clock.now(), fired.set)

    assert not fired.wait(0.05)
    clock.fire_due()
    assert fired.is_set()

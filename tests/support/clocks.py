"""Time without its pauses, for tests of what comes after them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask_antom.clock import SystemClock


class Stopwatch(SystemClock):
    """Whoever sleeps has waited, and nobody waits.

    What truly takes time counts as well.
    """

    def __init__(self) -> None:
        self._slept = 0.0
        self._wound = timedelta()

    def now(self) -> datetime:
        return super().now() + self._wound

    def wind(self, time: timedelta) -> None:
        """Move the clock forward at once."""
        self._wound += time

    def monotonic(self) -> float:
        return super().monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


class StoppedClock(SystemClock):
    """Time that goes only where it is wound.

    :param now: returns the present.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._slept = 0.0

    def now(self) -> datetime:
        return self._now()

    def monotonic(self) -> float:
        return self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds

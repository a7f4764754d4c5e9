"""A clock that tests can wind forward, with timers."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from ..clock import SYSTEM_CLOCK

logger: logging.Logger = logging.getLogger("flask_antom.simulator")

Work = Callable[[], None]


class Clock:
    """Real time plus an offset, with timers.

    Timers fire in the order of their times, one at a time. While the clock runs (that
    is, while the simulator serves) they fire by themselves. :meth:`advance` and
    :meth:`fire_due` fire them at once.

    :param wall: returns the real time: aware, in UTC.
    :ivar on_wind: called after the clock was wound, to save its offset.
    """

    def __init__(self, wall: Callable[[], datetime] = SYSTEM_CLOCK.now) -> None:
        self._wall = wall
        self.on_wind: Work | None = None
        self._offset = timedelta()
        self._stopped_at: datetime | None = None
        self._timers: list[tuple[datetime, int, Work]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._firing = threading.RLock()
        self._thread: threading.Thread | None = None
        self._running = False

    def now(self) -> datetime:
        """Return the simulated time: aware, in UTC."""
        return self._stopped_at or self._wall() + self._offset

    @property
    def offset(self) -> timedelta:
        """The time by which the clock is ahead of real time."""
        return self._offset

    @offset.setter
    def offset(self, offset: timedelta) -> None:
        with self._changed:
            self._offset = offset
            self._changed.notify_all()

    def at(self, time: datetime, work: Work) -> None:
        """Do some work at ``time``, or as soon as possible if that is past."""
        with self._changed:
            heapq.heappush(self._timers, (time, next(self._numbers), work))
            self._changed.notify_all()

    def advance(
        self,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> None:
        """Wind the clock forward and fire every timer that becomes due on the way.

        The clock stops at the time of each timer. So work that plans more work, such
        as a repeated notification, happens in order and to the second. When this
        returns, all of it is done.

        :raises ValueError: for a step backwards.
        """
        step = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if step < timedelta():
            raise ValueError("The clock only goes forward.")
        with self._firing:
            self._stopped_at = self.now()
            target = self._stopped_at + step
            while (timer := self._take(target)) is not None:
                time, work = timer
                self._stopped_at = max(self._stopped_at, time)
                self._fire(work)
            self.offset = max(self._offset, target - self._wall())
            self._stopped_at = None
            if step and self.on_wind is not None:
                self.on_wind()

    def fire_due(self) -> None:
        """Fire the timers that are due, and wait for one that is being fired."""
        self.advance()

    @property
    def is_running(self) -> bool:
        """Whether timers fire by themselves."""
        return self._running

    def start(self) -> None:
        """Start to fire timers when they are due, in a daemon thread."""
        self._running = True
        self._thread = threading.Thread(
            target=self._run, name="antom-simulator-clock", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; wait for a timer that is being fired."""
        with self._changed:
            self._running = False
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._running:
                    return
                wait = self._seconds_to_next()
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
            self._fire_one()

    def _fire_one(self) -> None:
        with self._firing:
            timer = self._take(self.now())
            if timer is not None:
                self._fire(timer[1])

    def _seconds_to_next(self) -> float | None:
        if not self._timers:
            return None
        return (self._timers[0][0] - self.now()).total_seconds()

    def _take(self, until: datetime) -> tuple[datetime, Work] | None:
        with self._changed:
            if self._timers and self._timers[0][0] <= until:
                time, _, work = heapq.heappop(self._timers)
                return time, work
            return None

    def _fire(self, work: Work) -> None:
        try:
            work()
        except Exception:
            logger.exception("A timer of the simulator failed.")

"""The clock of a test: it is wound, and whatever is due by then happens."""

from __future__ import annotations

from datetime import datetime

from ..app_state import AppState
from ..flows import sweep
from ..simulator import Simulator
from .contexts import in_app
from .postman import Postman


class KitClock:
    """The clock of Antom and of the app. It stands still until it is wound."""

    def __init__(self, state: AppState, simulator: Simulator, postman: Postman) -> None:
        self._state = state
        self._clock = simulator.clock
        self._postman = postman

    def now(self) -> datetime:
        """Return the present of the test: aware, in UTC."""
        return self._clock.now()

    def advance(
        self,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
        sweep: bool = True,
    ) -> None:
        """Wind the clock forward.

        Antom sends what becomes due, such as repeats of notifications. Then the app
        sweeps: it asks Antom about open payments, lets sessions expire and delivers
        what has waited.

        :param sweep: whether the app sweeps; ``False`` stands for a scheduler that does
            not run.
        :raises ValueError: for a step backwards.
        :raises Exception: what a receiver raises.
        """
        with self._postman.working():
            self._clock.advance(
                seconds=seconds, minutes=minutes, hours=hours, days=days
            )
            if sweep:
                self._sweep()

    def advance_to(self, time: datetime) -> None:
        """Wind the clock to a time, if it is not past; the app does not sweep."""
        left = (time - self._clock.now()).total_seconds()
        self.advance(seconds=max(left, 0), sweep=False)

    def _sweep(self) -> None:
        in_app(self._state.app, lambda: sweep.sweep(self._state))

"""Time without its pauses, for tests of what comes after them."""

from __future__ import annotations

import time


class Stopwatch:
    """The transport's ``time``: who sleeps has waited, and nobody waits.

    What truly takes time counts as well, unless the clock stands still.
    """

    def __init__(self, *, stands_still: bool = False) -> None:
        self._slept = 0.0
        self._stands_still = stands_still

    def monotonic(self) -> float:
        return self._slept if self._stands_still else time.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds

"""A rate limit for one process: a bucket of tokens. Pure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class RateLimit:
    """Allows a number of actions at once, and as many more each minute.

    :param number: how many actions.
    :param clock: returns the time in seconds.
    """

    def __init__(
        self, number: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._number = number
        self._clock = clock
        self._left = float(number)
        self._refilled_at = clock()
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether one more action is allowed. Takes a token if so."""
        with self._lock:
            moment = self._clock()
            refilled = self._left + (moment - self._refilled_at) * self._number / 60
            self._left = min(refilled, self._number)
            self._refilled_at = moment
            if self._left < 1:
                return False
            self._left -= 1
            return True

"""How often may something happen? A bucket of tokens, for one process. Pure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class RateLimit:
    """Allows a number of events at once, and as many more each minute.

    :param number: of events.
    :param clock: gives seconds.
    """

    def __init__(
        self, number: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._number = number
        self._clock = clock
        self._left = float(number)
        self._seen_at = clock()
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Take a token; ``False`` if there is none."""
        with self._lock:
            moment = self._clock()
            refilled = self._left + (moment - self._seen_at) * self._number / 60
            self._left = min(refilled, self._number)
            self._seen_at = moment
            if self._left < 1:
                return False
            self._left -= 1
            return True

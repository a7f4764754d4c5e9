"""Limits for the log of one process: buckets of tokens, and faults told once. Pure."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable


class RateLimit:
    """Allows a number of actions at once, and as many more in each period.

    :param number: how many actions.
    :param clock: returns the time in seconds.
    :param period: in seconds.
    """

    def __init__(
        self,
        number: int,
        clock: Callable[[], float] = time.monotonic,
        period: float = 60,
    ) -> None:
        self._number = number
        self._clock = clock
        self._period = period
        self._left = float(number)
        self._refilled_at = clock()
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether one more action is allowed. Takes a token if so."""
        with self._lock:
            moment = self._clock()
            passed = moment - self._refilled_at
            refilled = self._left + passed * self._number / self._period
            self._left = min(refilled, self._number)
            self._refilled_at = moment
            if self._left < 1:
                return False
            self._left -= 1
            return True


class RateLimits:
    """Limits lines of a log, for each reason and sender, and for each reason.

    One sender cannot silence another one, and no reason another reason. So a flood of
    a stranger does not hide a fault with Antom. Many senders with one reason share
    that reason's limit.

    :param clock: returns the time in seconds.
    """

    #: Lines at once, and in each period: of a sender for a reason, and for a reason.
    PER_SENDER = 3
    PER_REASON = 20
    PERIOD = 600

    #: The latest senders; older ones are forgotten.
    SENDERS = 256

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_sender: dict[tuple[str, str], RateLimit] = {}
        self._by_reason: dict[str, RateLimit] = {}
        self._missed: Counter[str] = Counter()
        self._told_at = clock()

    def allows(self, reason: str, sender: str) -> bool:
        """Whether one more line is allowed; if not, it is counted as missed.

        :param reason: one of a few words.
        """
        with self._lock:
            key = (reason, sender[:64])
            limit = self._by_sender.pop(key, None) or self._limit(self.PER_SENDER)
            self._by_sender[key] = limit
            if len(self._by_sender) > self.SENDERS:
                del self._by_sender[next(iter(self._by_sender))]
            if reason not in self._by_reason:
                self._by_reason[reason] = self._limit(self.PER_REASON)
            if limit.allows() and self._by_reason[reason].allows():
                return True
            self._missed[reason] += 1
            return False

    def missed(self) -> str:
        """Return a sentence about the lines that were missed, or no text; forget them.

        It begins with a blank.
        """
        with self._lock:
            missed, self._missed = self._missed, Counter()
            self._told_at = self._clock()
        if not missed:
            return ""
        listed = ", ".join(f"{reason} {number}" for reason, number in missed.items())
        return f" Not logged since the last line: {listed}."

    def missed_long_ago(self) -> str:
        """Do the same if the last sentence is a period old; else return no text."""
        is_due = self._missed and self._clock() - self._told_at >= self.PERIOD
        return self.missed() if is_due else ""

    def _limit(self, number: int) -> RateLimit:
        return RateLimit(number, self._clock, self.PERIOD)


class ToldFaults:
    """The faults that the log has told of, and their codes.

    A fault that comes again soon keeps its code, so that the log need not repeat it.

    :param clock: returns the time in seconds.
    """

    #: How long a code is kept, in seconds.
    PERIOD = 600

    #: The latest faults; older ones are told again.
    FAULTS = 256

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[tuple[str | None, str], tuple[str, float]] = {}

    def code_of(self, order: str | None, what: str) -> str | None:
        """Return the code of a fault that was told of late, else ``None``."""
        with self._lock:
            code, since = self._told.get((order, what), (None, 0.0))
            return code if self._clock() - since < self.PERIOD else None

    def keep(self, order: str | None, what: str, code: str) -> None:
        """Remember the code of a fault."""
        with self._lock:
            self._told.pop((order, what), None)
            self._told[order, what] = code, self._clock()
            if len(self._told) > self.FAULTS:
                del self._told[next(iter(self._told))]

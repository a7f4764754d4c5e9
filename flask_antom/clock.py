"""Time: the present, waiting, and how a time of Antom's is read."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

_EPOCH_MS = re.compile(r"\d{13}", re.ASCII)


class SystemClock:
    """The time that one app goes by. Tests hand over a subclass."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards, to measure how long a call takes."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


#: The clock of every app that is given no other.
SYSTEM_CLOCK = SystemClock()


def parse_time(text: str) -> datetime:
    """Return a time of Antom's: epoch milliseconds or ISO 8601 with an offset.

    :returns: aware, in UTC. Offsets such as ``+08:30``, ``+0800`` and ``Z`` are known.
    :raises ValueError: for anything else, a time without an offset included.
    """
    if _EPOCH_MS.fullmatch(text):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset from UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time outside the calendar") from None

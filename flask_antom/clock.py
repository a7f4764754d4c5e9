"""Time: the present, waiting, and reading Antom's times."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

_EPOCH_MS = re.compile(r"\d{13}", re.ASCII)


class SystemClock:
    """The clock of one app. Tests pass a subclass."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards, to measure a duration."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for this many seconds."""
        time.sleep(seconds)


#: The clock of every app that does not get another one.
SYSTEM_CLOCK = SystemClock()


def parse_time(text: str) -> datetime:
    """Parse one of Antom's times: epoch milliseconds, or ISO 8601 with an offset.

    :param text: an offset may be written as ``+08:30``, ``+0800`` or ``Z``.
    :returns: an aware time in UTC.
    :raises ValueError: for anything else, also for a time without an offset.
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

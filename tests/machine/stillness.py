"""Time that stands still, and a log in which nothing is overlooked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

#: When everything begins; so no day is special in one run and not in another.
START = datetime(2026, 11, 23, 4, tzinfo=UTC)


class ReceiverDown(Exception):
    """What a receiver raises that was told to."""


class Alarm(logging.Handler):
    """Keeps what is logged as an error; receivers that were told to fail do not count.

    A sweep and the simulator's clock log what they cannot raise.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is None or record.exc_info[0] is not ReceiverDown:
            self.errors.append(logging.Formatter().format(record))


@contextmanager
def alarmed() -> Iterator[Alarm]:
    """Keep errors of the package, the simulator's too, and no other message."""
    logger, alarm = logging.getLogger("flask_antom"), Alarm()
    level, propagates = logger.level, logger.propagate
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    logger.addHandler(alarm)
    try:
        yield alarm
    finally:
        logger.removeHandler(alarm)
        logger.propagate = propagates
        logger.setLevel(level)

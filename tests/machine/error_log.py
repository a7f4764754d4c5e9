"""A log in which no error is overlooked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class ReceiverDown(Exception):
    """A receiver raises this on request."""


class ErrorLog(logging.Handler):
    """Keeps what is logged as an error, unless a receiver raised it on request.

    A sweep and the simulator's clock log what they cannot raise.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is None or record.exc_info[0] is not ReceiverDown:
            self.errors.append(logging.Formatter().format(record))


@contextmanager
def collect_errors() -> Iterator[ErrorLog]:
    """Keep errors of the package, the simulator's too, and no other message."""
    logger, error_log = logging.getLogger("flask_antom"), ErrorLog()
    level, propagates = logger.level, logger.propagate
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    logger.addHandler(error_log)
    try:
        yield error_log
    finally:
        logger.removeHandler(error_log)
        logger.propagate = propagates
        logger.setLevel(level)

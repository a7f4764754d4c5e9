"""A log in which no error is overlooked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tests.machine.order_book import LoaderDown
from tests.machine.processes import Died


class ReceiverDown(Exception):
    """A receiver raises this on request."""


#: Errors that are raised on request.
_ON_REQUEST = (ReceiverDown, LoaderDown, SystemExit, Died)

#: What the shop is told so; the invariants see whether it is true.
_TOLD = ("%s is not delivered: %s.", "Nobody listens, so this waits: ")


class ErrorLog(logging.Handler):
    """Keeps what is logged as an error, unless it was raised on request.

    A sweep and the simulator's clock log what they cannot raise.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        raised = record.exc_info[0] if record.exc_info else None
        is_on_request = raised is not None and issubclass(raised, _ON_REQUEST)
        if not is_on_request and not record.msg.startswith(_TOLD):
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

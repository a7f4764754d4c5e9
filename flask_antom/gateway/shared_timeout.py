"""One time limit for several calls to Antom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..clock import SystemClock


class SharedTimeout:
    """The time that several calls share.

    :ivar left: the seconds that are left.
    """

    __slots__ = ("left",)

    def __init__(self, left: float) -> None:
        self.left: float = left


#: The time of the calls that are made now; ``None`` if each has its own.
shared_timeout: ContextVar[SharedTimeout | None] = ContextVar(
    "antom_wait", default=None
)


@contextmanager
def share_timeout(seconds: float) -> Iterator[None]:
    """Limit all calls within the block together to this many seconds."""
    token = shared_timeout.set(SharedTimeout(seconds))
    try:
        yield
    finally:
        shared_timeout.reset(token)


@contextmanager
def count_once(clock: SystemClock) -> Iterator[None]:
    """Count the time of the block, not that of each call in one of its threads."""
    wait, started = shared_timeout.get(), clock.monotonic()
    left = 0.0 if wait is None else wait.left
    try:
        yield
    finally:
        if wait is not None:
            wait.left = left - (clock.monotonic() - started)

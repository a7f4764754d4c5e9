"""One thread that ends the calls of this process which take too long."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import Any, Self

#: The longest that the thread sleeps. If nothing is watched then, it ends.
_NAP = 1.0

_of_this_thread = threading.local()


class Deadline:
    """Limits the calls that this thread makes inside the ``with`` block.

    When the time is over, the socket that the thread waits on is shut down.

    :ivar end_at: the end, by the monotonic clock.
    :ivar is_over: whether the time is over.
    :ivar socket: the socket to shut down.
    """

    def __init__(self, seconds: float, watchdog: Watchdog) -> None:
        self.end_at: float = time.monotonic() + seconds
        self.is_over: bool = False
        self.socket: socket.socket | None = None
        self._watchdog = watchdog

    def __enter__(self) -> Self:
        _of_this_thread.deadline = self
        self._watchdog.watch(self)
        return self

    def __exit__(self, *error: Any) -> None:
        self._watchdog.forget(self)
        self.socket = None

    def share(self, others: int = 0) -> float:
        """Return an equal part of the remaining seconds.

        :param others: how many other steps need a part.
        """
        return max(self.end_at - time.monotonic(), 0.001) / (others + 1)

    def watch(self, sock: socket.socket | None) -> None:
        """Shut down this socket when the time is over.

        :raises TimeoutError: if it is over already.
        """
        self.socket = sock
        if self.is_over:
            raise TimeoutError

    def expire(self) -> None:
        """Shut down the socket."""
        self.is_over = True
        if (sock := self.socket) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def current_deadline() -> Deadline:
    """Return the deadline that limits the calls of this thread."""
    deadline: Deadline = _of_this_thread.deadline
    return deadline


class Watchdog:
    """Ends each watched deadline in time.

    Its thread runs while there is something to watch, and about a second longer. So a
    call seldom starts a thread, and seldom wakes one: its end is later than the next
    time at which the thread looks by itself.

    :ivar pid: the process that this one belongs to. A forked process needs another one,
        because threads do not survive a fork.
    :param nap: the longest time in seconds that the thread sleeps.
    """

    def __init__(self, nap: float = _NAP) -> None:
        self.pid: int = os.getpid()
        self._nap = nap
        self._watched: set[Deadline] = set()
        self._changed = threading.Condition(threading.Lock())
        self._wakes_at: float | None = None  # None if there is no thread

    def watch(self, deadline: Deadline) -> None:
        """Expire this deadline at its end."""
        with self._changed:
            if self._wakes_at is None:
                threading.Thread(
                    target=self._run, name="antom-watchdog", daemon=True
                ).start()
                self._wakes_at = 0.0
            elif deadline.end_at < self._wakes_at:
                self._changed.notify()
            self._watched.add(deadline)

    def forget(self, deadline: Deadline) -> None:
        """Leave this deadline alone from now on."""
        with self._changed:
            self._watched.discard(deadline)

    def _run(self) -> None:
        with self._changed:
            try:
                while self._watched:
                    now = time.monotonic()
                    self._expire(now)
                    ends = [deadline.end_at for deadline in self._watched]
                    self._wakes_at = min([now + self._nap, *ends])
                    self._changed.wait(self._wakes_at - now)
            finally:
                self._wakes_at = None

    def _expire(self, now: float) -> None:
        """Expire what is over. The lock keeps its socket from being used again."""
        for deadline in [each for each in self._watched if each.end_at <= now]:
            self._watched.discard(deadline)
            deadline.expire()


_watchdog = Watchdog()


def of_this_process() -> Watchdog:
    """Return the watchdog of this process."""
    global _watchdog
    if _watchdog.pid != os.getpid():
        _watchdog = Watchdog()
    return _watchdog

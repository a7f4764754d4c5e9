"""Calls a broker that may hang, and leaves one alone for a while that failed.

The calls of an app are made one after the other in a thread of their own. It is always
the same thread, because some clients keep a connection in each thread.
"""

from __future__ import annotations

import contextvars
import os
import queue
import threading
import time
import weakref
from collections.abc import Callable

#: Seconds for which a caller waits, since Antom waits for our answer meanwhile.
_PATIENCE = 3.0

#: Seconds for which a broker that failed is not called again.
_PAUSE = 30.0

_NO_ANSWER = "no answer"


class BrokerGuard:
    """A broker that raises or hangs costs one call, and then a pause.

    :ivar patience: seconds after which a call counts as failed.
    :ivar pause: seconds without a call after a failure.
    :param clock: returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.patience: float = _PATIENCE
        self.pause: float = _PAUSE
        self._clock = clock
        self._rests_until: float | None = None
        self._callers: dict[int, _Caller] = {}  # by process: threads survive no fork

    def call(self, put: Callable[[], object]) -> str:
        """Make a call, unless the broker is left alone now. Raise nothing.

        :returns: what went wrong, if a pause begins with this call; else an empty text.
        """
        if self.rests() or self.hangs():
            return ""
        caller = self._caller()
        return caller.call(_Call(put, self, caller.lock), self.patience)

    def hangs(self) -> bool:
        """Whether a call that nobody waits for any more has not come back."""
        return self._caller().hangs()

    def _caller(self) -> _Caller:
        pid = os.getpid()
        return self._callers.get(pid) or self._callers.setdefault(pid, _Caller())

    def rests(self) -> bool:
        """Whether the broker is left alone now."""
        return self._rests_until is not None and self._clock() < self._rests_until

    def rest(self) -> bool:
        """Leave the broker alone for a while; whether that is new."""
        if self.rests():
            return False
        self._rests_until = self._clock() + self.pause
        return True


class _Call:
    """One call, in the context of whoever waits for it."""

    def __init__(
        self, put: Callable[[], object], guard: BrokerGuard, lock: threading.Lock
    ) -> None:
        self.done = threading.Event()
        self.failure = ""
        self._put = put
        self._guard = guard
        self._lock = lock
        self._context: contextvars.Context | None = contextvars.copy_context()

    def make(self) -> None:
        """Make it, unless it is too late."""
        with self._lock:
            context, self._context = self._context, None
        try:
            if context is not None and not self._guard.rests():
                context.run(self._put)
        except BaseException as error:
            self.fail(type(error).__name__)
        finally:
            self.done.set()

    def fail(self, failure: str) -> None:
        """Say what went wrong, unless the broker is left alone already."""
        with self._lock:
            self._context = None
            if self._guard.rest():
                self.failure = failure


class _Caller:
    """The thread of one process that makes the calls. It ends with its owner."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._is_started = False
        self._overdue: _Call | None = None

    def hangs(self) -> bool:
        return self._overdue is not None and not self._overdue.done.is_set()

    def call(self, call: _Call, patience: float) -> str:
        """Have a call made, and wait for it; return what went wrong."""
        try:
            self._start()
        except RuntimeError as error:  # there is no thread to be had
            call.fail(type(error).__name__)
            return call.failure
        self._calls.put(call)
        if not call.done.wait(patience):
            self._overdue = call
            call.fail("no answer")
        return call.failure

    def _start(self) -> None:
        with self.lock:
            if self._is_started:
                return
            threading.Thread(
                target=_make_calls,
                args=(self._calls,),
                name="antom-broker",
                daemon=True,
            ).start()
            self._is_started = True
            weakref.finalize(self, self._calls.put, None)


def _make_calls(calls: queue.SimpleQueue[_Call | None]) -> None:
    while (call := calls.get()) is not None:
        call.make()
        del call

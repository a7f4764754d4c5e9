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
    """Lets a broker that raises or hangs cost one call, and then a pause.

    :param clock: returns the time in seconds.
    :param patience: seconds after which a call counts as failed.
    :param pause: seconds without a call after a failure.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        patience: float = _PATIENCE,
        pause: float = _PAUSE,
    ) -> None:
        self._clock = clock
        self._patience = patience
        self.pause: float = pause
        self._rests_until: float | None = None
        self._callers: dict[int, _Caller] = {}  # by process: threads survive no fork

    def call(self, put: Callable[[], object]) -> str:
        """Make a call, unless the broker is left alone now. Raise nothing.

        :returns: what went wrong, if a pause begins with this call; else an empty text.
        """
        pid = os.getpid()
        caller = self._callers.get(pid) or self._callers.setdefault(pid, _Caller())
        if self._rests() or caller.hangs():
            return ""
        failure = caller.call(put, self._rests, self._patience)
        if not failure:
            return ""
        with caller.lock:
            if self._rests():
                return ""
            self._rests_until = self._clock() + self.pause
        return failure

    def _rests(self) -> bool:
        return self._rests_until is not None and self._clock() < self._rests_until


class _Caller:
    """The thread of one process that makes the calls. It ends with its owner."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._overdue: _Call | None = None

    def hangs(self) -> bool:
        """Whether a call that nobody waits for any more has not come back."""
        return self._overdue is not None and not self._overdue.done.is_set()

    def call(
        self, put: Callable[[], object], is_off: Callable[[], bool], patience: float
    ) -> str:
        """Make a call and wait for it.

        :param is_off: whether to do without it, as soon as its turn has come.
        :returns: what went wrong.
        """
        try:
            self._start()
        except RuntimeError as error:  # there is no thread to be had
            return type(error).__name__
        call = _Call(put, is_off)
        self._calls.put(call)
        if call.done.wait(patience):
            return call.failure
        call.is_off = lambda: True
        self._overdue = call
        return _NO_ANSWER

    def _start(self) -> None:
        with self.lock:
            if self._thread is None:
                thread = threading.Thread(
                    target=_make_calls,
                    args=(self._calls,),
                    name="antom-broker",
                    daemon=True,
                )
                thread.start()
                self._thread = thread
                weakref.finalize(self, self._calls.put, None)


class _Call:
    """One call, in the context of whoever waits for it."""

    def __init__(self, put: Callable[[], object], is_off: Callable[[], bool]) -> None:
        self.is_off = is_off
        self.done = threading.Event()
        self.failure = ""
        self._context: contextvars.Context | None = contextvars.copy_context()
        self._put = put

    def make(self) -> None:
        context, self._context = self._context, None
        try:
            if context is not None and not self.is_off():
                context.run(self._put)
        except BaseException as error:
            self.failure = type(error).__name__
        finally:
            self.done.set()


def _make_calls(calls: queue.SimpleQueue[_Call | None]) -> None:
    while (call := calls.get()) is not None:
        call.make()
        del call

"""One thread ends all calls that take too long."""

from __future__ import annotations

import threading

import pytest

from flask_antom.gateway.http import HttpClient, Unreachable
from flask_antom.gateway.watchdog import Deadline, Watchdog
from tests.support.gateways import serving, silent
from tests.support.processes import run_code

#: Far more than anything here may take, for machines with other things to do.
PATIENCE = 20.0


class NotedDeadline(Deadline):
    """A deadline whose end can be waited for."""

    def __init__(self, seconds: float, watchdog: Watchdog) -> None:
        super().__init__(seconds, watchdog)
        self.expired = threading.Event()

    def expire(self) -> None:
        super().expire()
        self.expired.set()


class CountingWatchdog(Watchdog):
    """A watchdog that keeps its threads in a list."""

    def __init__(self, nap: float) -> None:
        super().__init__(nap)
        self.threads: list[threading.Thread] = []
        self.started = threading.Semaphore(0)

    def _run(self) -> None:
        self.threads.append(threading.current_thread())
        self.started.release()
        super()._run()


@pytest.mark.parametrize("nap", [0.01, 1.0])
def test_each_deadline_expires_whatever_the_order(nap: float) -> None:
    watchdog = CountingWatchdog(nap)
    seconds = (0.3, 0.1, 0.2, 0.01, 0.4)
    deadlines = [NotedDeadline(one, watchdog) for one in seconds]
    for deadline in deadlines:
        watchdog.watch(deadline)
    assert all(deadline.expired.wait(PATIENCE) for deadline in deadlines)
    assert all(deadline.is_over for deadline in deadlines)
    assert len(watchdog.threads) == 1


def test_a_long_deadline_keeps_no_short_one_waiting() -> None:
    watchdog = CountingWatchdog(nap=3600)
    with Deadline(3600, watchdog) as long, NotedDeadline(0.05, watchdog) as short:
        assert short.expired.wait(PATIENCE)
        assert short.is_over
        assert not long.is_over


def test_what_has_ended_does_not_expire() -> None:
    watchdog = CountingWatchdog(nap=3600)
    with NotedDeadline(0.1, watchdog) as early:
        pass
    with NotedDeadline(0.2, watchdog) as late:
        assert late.expired.wait(PATIENCE)
    assert not early.expired.is_set()


def test_the_thread_ends_when_there_is_nothing_to_watch_and_starts_again() -> None:
    watchdog = CountingWatchdog(nap=0.01)
    for count in (1, 2):
        with NotedDeadline(3600, watchdog):
            assert watchdog.started.acquire(timeout=PATIENCE)
        watchdog.threads[-1].join(PATIENCE)
        assert not watchdog.threads[-1].is_alive()
        assert len(watchdog.threads) == count


def test_many_threads_share_one_watchdog() -> None:
    watchdog = CountingWatchdog(nap=3600)
    failures: list[str] = []
    with serving(silent) as gateway:

        def call(seconds: float) -> None:
            client = HttpClient(lambda: watchdog)
            try:
                client.send(gateway.url, {}, b"", seconds)
            except Unreachable as error:
                failures.append(str(error))

        threads = [
            threading.Thread(target=call, args=[0.2 + count / 50])
            for count in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    assert len(failures) == 20
    assert len(watchdog.threads) == 1


def fail_to_start(thread: threading.Thread) -> None:
    raise RuntimeError("no thread")


def test_without_a_thread_the_call_fails_and_the_next_one_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watchdog = CountingWatchdog(nap=0.01)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail_to_start)
        with pytest.raises(RuntimeError, match="no thread"):
            watchdog.watch(Deadline(1, watchdog))
    with NotedDeadline(0.01, watchdog) as deadline:
        assert deadline.expired.wait(PATIENCE)


FORKING = """
import os, sys, threading
from flask_antom.gateway.http import HttpClient, Unreachable
client, url = HttpClient(), sys.argv[1]
def call():
    try:
        client.send(url, {}, b"", 0.3)
    except Unreachable:
        return
    os._exit(1)
call()
for thread in threading.enumerate():  # Python warns of a fork beside a thread
    if thread is not threading.main_thread():
        thread.join()
child = os.fork()
call()
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_process_has_a_watchdog_of_its_own() -> None:
    with serving(silent) as gateway:
        done = run_code(FORKING, gateway.url)
    assert (done.returncode, done.stderr) == (0, "")

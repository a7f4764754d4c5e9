"""A broker that raises or hangs costs one call, and then a pause."""

from __future__ import annotations

import contextvars
import gc
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_antom.broker_guard import BrokerGuard
from tests.support.clocks import StoppedClock
from tests.support.processes import run_code, until

#: Far more than a call may take that does not hang, for busy machines.
PATIENCE = 45.0


class Broker:
    """A broker, its guard, and time that stands still.

    :ivar calls: how often it was called.
    """

    def __init__(self) -> None:
        self.clock = StoppedClock(lambda: datetime.now(UTC))
        self.guard = BrokerGuard(self.clock.monotonic)
        self.calls = 0
        self._released = threading.Event()

    def put(self, act: Callable[[], object] = lambda: None) -> str:
        """Put a job; what the broker does with it is given."""

        def count_and_act() -> None:
            self._count()
            act()

        self.guard.patience = PATIENCE
        return self.guard.call(count_and_act)

    def hang(self) -> str:
        """Put a job, and give up waiting for it; the broker has it then."""
        entered, released = threading.Event(), threading.Event()

        def wait() -> None:
            self._count()
            entered.set()
            released.wait(PATIENCE)

        self.guard.patience = 0.02
        said = self.guard.call(wait)
        while said and not entered.is_set():
            until(lambda: entered.is_set() or not self.guard.hangs())
            if not entered.is_set():  # the thread was too slow to begin
                self.wait()
                said = self.guard.call(wait)
        if said:
            self._released = released
        return said

    def release(self) -> None:
        """End the call that hangs."""
        self._released.set()
        until(lambda: not self.guard.hangs())

    def wait(self) -> None:
        """Wait until the pause is over."""
        self.clock.sleep(self.guard.pause)

    def _count(self) -> None:
        self.calls += 1


def fail(error: type[BaseException] = OSError) -> None:
    raise error("a password")


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.mark.parametrize(
    "error", [OSError, ValueError, SystemExit, KeyboardInterrupt, GeneratorExit]
)
def test_an_error_costs_one_call_and_is_named_once(
    broker: Broker, error: type[BaseException]
) -> None:
    assert broker.put(lambda: fail(error)) == error.__name__
    assert [broker.put() for _ in range(3)] == ["", "", ""]
    assert broker.calls == 1
    broker.wait()
    assert broker.put() == ""
    assert broker.calls == 2


def test_nobody_waits_for_a_broker_that_hangs(broker: Broker) -> None:
    assert broker.hang() == "no answer"
    assert broker.put() == ""
    assert broker.calls == 1


def test_a_broker_that_still_hangs_after_the_pause_is_not_called(
    broker: Broker,
) -> None:
    broker.hang()
    broker.wait()
    assert broker.put() == ""
    assert broker.calls == 1
    broker.release()
    assert broker.put() == ""
    assert broker.calls == 2


class Model:
    """A guard as it should be.

    :ivar calls: how often the broker should have been called.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.rests = False
        self.hangs = False

    def put(self, failure: str) -> str:
        if self.rests or self.hangs:
            return ""
        self.calls += 1
        self.rests = bool(failure)
        self.hangs = failure == "no answer"
        return failure


@given(st.lists(st.sampled_from(["put", "fail", "hang", "release", "wait"])))
def test_it_does_what_it_should_in_any_order(steps: list[str]) -> None:
    broker, model = Broker(), Model()
    for step in steps:
        if step == "put":
            assert broker.put() == model.put("")
        elif step == "fail":
            assert broker.put(fail) == model.put("OSError")
        elif step == "hang":
            assert broker.hang() == model.put("no answer")
        elif step == "release":
            broker.release()
            model.hangs = False
        else:
            broker.wait()
            model.rests = False
        assert broker.calls == model.calls
    broker.release()


def test_many_at_once_learn_of_one_failure(broker: Broker) -> None:
    barrier, said = threading.Barrier(8), []

    def put() -> None:
        barrier.wait(PATIENCE)
        said.append(broker.put(fail))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(said) == [""] * 7 + ["OSError"]
    assert broker.calls == 1


def test_those_who_wait_behind_a_call_that_hangs_make_none(broker: Broker) -> None:
    entered, release = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        release.wait(PATIENCE)

    first = threading.Thread(target=broker.put, args=[wait])
    first.start()
    assert entered.wait(PATIENCE)
    broker.guard.patience = 0.02
    assert broker.guard.call(fail) == "no answer"
    release.set()
    first.join(PATIENCE)
    until(lambda: not broker.guard.hangs())
    assert broker.calls == 1


def test_the_call_sees_the_context_of_the_caller(broker: Broker) -> None:
    tenant = contextvars.ContextVar("tenant", default="none")
    seen: list[str] = []
    for name in ("one", "two"):
        tenant.set(name)
        broker.put(lambda: seen.append(tenant.get()))
    assert seen == ["one", "two"]


def test_all_calls_are_made_in_one_thread(broker: Broker) -> None:
    threads: set[threading.Thread] = set()
    for _ in range(3):
        broker.put(lambda: threads.add(threading.current_thread()))
    assert len(threads) == 1
    assert threads.isdisjoint({threading.main_thread()})


def test_the_thread_ends_with_the_app(broker: Broker) -> None:
    threads: list[threading.Thread] = []
    Broker().put(lambda: threads.append(threading.current_thread()))
    gc.collect()
    (thread,) = threads
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_process_that_can_start_no_thread_goes_on(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert broker.put() == "RuntimeError"
    broker.wait()
    assert (broker.put(), broker.calls) == ("", 1)


FORKING = """
import gc, os, threading
from flask_antom.broker_guard import BrokerGuard
pids = []
guard = BrokerGuard()
assert guard.call(lambda: pids.append(os.getpid())) == ""
child = os.fork()
guard.patience = 45
assert guard.call(lambda: pids.append(os.getpid())) == ""
assert pids[-1] == os.getpid()
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_process_has_a_thread_of_its_own() -> None:
    done = run_code(FORKING)
    assert done.returncode == 0, done.stderr

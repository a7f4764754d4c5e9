"""A process of the shop that is killed at a given point."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from flask_antom import checkpoints
from flask_antom.flows import inquiries
from tests.support.recording_shop import open_recording_shop
from tests.support.shop import Shopfront

#: What a process of the shop does; a function of a module, with its arguments bound.
Action = Callable[[Shopfront], Any]

#: Forks each worker from a process that has imported everything and has no threads.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class WorkerRun:
    """The points that a worker passed, and how it ended.

    :ivar passed: the points that it passed; the last one is where it was killed.
    """

    passed: list[str]
    was_killed: bool


def run_worker(
    settings: dict[str, Any], action: Action, kill_at: int | None = None
) -> WorkerRun:
    """Run an action in a worker, and return how it went.

    :param kill_at: the number of the point, from 0, at which it is killed.
    :raises AssertionError: if it ended in another way.
    """
    reader, writer = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_work, args=(settings, action, kill_at, writer))
    process.start()
    writer.close()
    passed: list[str] = []
    try:
        while True:
            passed.append(reader.recv())
    except EOFError:
        process.join()
    reader.close()
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return WorkerRun(passed, process.exitcode == -signal.SIGKILL)


def _work(
    settings: dict[str, Any], action: Action, kill_at: int | None, report: Connection
) -> None:
    shop = open_recording_shop(settings)
    left = kill_at

    def hook(name: str) -> None:
        nonlocal left
        report.send(name)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left = None if left is None else left - 1

    inquiries.THREADS = 1  # points are passed in one order
    checkpoints.hook = hook
    action(shop)

"""Asks Antom about several rows at once, and takes the answers one after the other.

Threads only ask. The answers are applied by the caller's thread, which alone uses the
database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from ..store.due_queue import DueQueue

#: So many rows in a row without an answer end a sweep.
MAX_SILENT = 3

#: How many calls are under way at once.
THREADS = 12

_BATCH = 50
_LEASE = timedelta(minutes=2)

RowT = TypeVar("RowT")
AnswerT = TypeVar("AnswerT")

#: A row, and a function that returns Antom's answer or raises the error of the call.
Asked = tuple[RowT, Callable[[], AnswerT]]


def claimed(
    queue: DueQueue[RowT], due_by: datetime, stopped: threading.Event
) -> Iterator[list[RowT]]:
    """Claim the rows that are due, batch by batch. Later ones are left."""
    while not stopped.is_set() and (batch := queue.claim_due(_BATCH, _LEASE, due_by)):
        yield list(batch)


def ask_each(
    queue: DueQueue[RowT],
    ask: Callable[[RowT], AnswerT],
    due_by: datetime,
    stopped: threading.Event,
) -> Iterator[Asked[RowT, AnswerT]]:
    """Claim the rows that are due, and ask about them.

    The first rows are as many as end a sweep if Antom is silent. So a gateway that is
    down is not asked more often.
    """
    most = min(MAX_SILENT, THREADS)
    with ThreadPoolExecutor(THREADS, "antom-inquiry") as pool:
        for batch in claimed(queue, due_by, stopped):
            while batch and not stopped.is_set():
                window, batch = batch[:most], batch[most:]
                yield from _ask_window(pool, window, ask)
                most = THREADS


def ask_together(
    rows: list[RowT], ask: Callable[[RowT], AnswerT]
) -> Iterator[Asked[RowT, AnswerT]]:
    """Ask about a few rows that the caller has the right to ask about."""
    with ThreadPoolExecutor(THREADS, "antom-inquiry") as pool:
        yield from _ask_window(pool, rows, ask)


def _ask_window(
    pool: ThreadPoolExecutor, window: list[RowT], ask: Callable[[RowT], AnswerT]
) -> Iterator[Asked[RowT, AnswerT]]:
    if len(window) == 1:
        yield window[0], partial(ask, window[0])
        return
    # What sends a request may ask for the current app.
    answers = [pool.submit(copy_context().run, ask, row) for row in window]
    for row, answer in zip(window, answers, strict=True):
        yield row, answer.result

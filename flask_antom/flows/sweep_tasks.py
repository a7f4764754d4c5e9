"""The tasks of a sweep: each is done or put off, until Antom is silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import Enum, auto
from functools import partial
from typing import Any, TypeVar

from ..errors import AntomError, DeliveryFailed, OutcomeUnknown
from ..log_lines import Facts, Log, about
from ..store.due_queue import DueQueue
from ..store.rows import PaymentRow, RefundRow
from .inquiries import MAX_SILENT, ask_each

log: Log = Log(__name__)

RowT = TypeVar("RowT", PaymentRow, RefundRow)
AnswerT = TypeVar("AnswerT")


#: A row's id, its names, and a function that does the task.
Task = tuple[int, Facts, Callable[[], bool | None]]


class Result(Enum):
    """The result of one task."""

    DONE = auto()
    NOT_YET = auto()  # it is put off
    SILENT = auto()  # it is put off, because its outcome at Antom is unknown


def do_each(
    queue: DueQueue[RowT],
    ask: Callable[[RowT], AnswerT],
    settle: Callable[[RowT, AnswerT], None],
    due_by: datetime,
    stopped: threading.Event,
) -> Iterator[Result]:
    """Ask about each row that is due, and apply the answer."""
    asked = ask_each(queue, ask, due_by, stopped)
    tasks = (
        (row.id, row.names, partial(_settle, settle, row, answer))
        for row, answer in asked
    )
    return until_silent(queue, tasks)


def until_silent(queue: DueQueue[Any], tasks: Iterable[Task]) -> Iterator[Result]:
    """Do each task. Stop if Antom is silent several times in a row.

    A task without success is put off, so that it is not tried every two minutes.
    """
    silent = 0
    for ref, names, task in tasks:
        with about(**names):
            result = _try(task)
        if result is not Result.DONE:
            queue.put_off(ref)
        silent = silent + 1 if result is Result.SILENT else 0
        yield result
        if silent == MAX_SILENT:
            log.warning("Antom is silent; the rest is left for the next sweep.")
            return


def _settle(
    settle: Callable[[RowT, AnswerT], None], row: RowT, answer: Callable[[], AnswerT]
) -> None:
    settle(row, answer())


def _try(task: Callable[[], bool | None]) -> Result:
    """Do a task; one that returns ``False`` is put off."""
    try:
        is_done = task()
    except DeliveryFailed:
        return Result.DONE  # the state is stored; the event is a task of its own
    except AntomError as error:
        log.warning("%s", error)
        return Result.SILENT if isinstance(error, OutcomeUnknown) else Result.NOT_YET
    except Exception as error:
        log.error("A sweep could not finish a task.", error=error)
        return Result.NOT_YET
    return Result.NOT_YET if is_done is False else Result.DONE

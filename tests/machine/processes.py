"""Processes of the shop that end, at any point of :mod:`flask_antom.checkpoints`.

A process that has ended executes no statement and commits nothing. The database rolls
its transactions back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import sqlalchemy as sa

from flask_antom import checkpoints
from flask_antom.flows import inquiries


class Died(BaseException):
    """The process has ended here."""


@dataclass
class Processes:
    """The processes of a shop, of which one runs at a time.

    :ivar points_left: the points that are passed until one ends; ``None`` for ever.
    """

    points_left: int | None = None
    _is_dead: bool = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """Run the block in a process of its own, which may end early."""
        try:
            yield
        except (Died, SystemExit):
            pass
        finally:
            self._is_dead = False

    def live(self) -> None:
        """Raise an error in a process that has ended."""
        if self._is_dead:
            raise Died

    def _pass(self, name: str) -> None:
        self.live()
        if self.points_left is None:
            return
        self.points_left -= 1
        if self.points_left <= 0:
            self.points_left = None
            self._is_dead = True
            raise Died(name)

    @contextmanager
    def watch(self, engine: sa.Engine) -> Iterator[None]:
        """Make processes end, and keep those that have ended from the database."""

        def live(*context: Any) -> None:
            self.live()

        sa.event.listen(engine, "before_cursor_execute", live)
        sa.event.listen(engine, "commit", live)
        try:
            with mock.patch.object(checkpoints, "hook", self._pass):
                yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", live)
            sa.event.remove(engine, "commit", live)


class InTurn:
    """A pool without threads: all is done at once, always in the same order."""

    def __init__(self, *threads: Any) -> None:
        pass

    def __enter__(self) -> InTurn:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        """Do some work, and keep its result or its error."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given))
        except Exception as error:
            done.set_exception(error)
        return done


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Ask Antom in turn, so that a failure can be played again."""
    with mock.patch.object(inquiries, "ThreadPoolExecutor", InTurn):
        yield

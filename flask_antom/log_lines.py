"""The log: one line for each fact, and the ids of what it is about.

All lines of the package are written by a :class:`Log`. It takes texts, numbers and
errors of ours, and shows of anything else the type alone: no secret gets into a line by
mistake, and nobody outside can break one or forge another.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import Enum
from typing import Any, Final, TypedDict

from typing_extensions import Unpack

from .errors import AntomError


class Facts(TypedDict, total=False):
    """The names of what a line is about. They are attributes of the record, too.

    The first five are ids, which end the line as ``order=A-1``. The id of an event is
    ``event_id``, because structlog keeps the line itself in ``event``.
    """

    order: str | None
    payment: str | None
    payment_id: str | None
    refund: str | None
    event_id: int | None
    signal: str | None
    status: str | None
    outcome: str | None
    reason: str | None
    source: str | None
    method: str | None
    operation: str | None


#: The names that end a line.
IDS: Final = ("order", "payment", "payment_id", "refund", "event_id")

#: A longer text is cut: of a sentence, of a fact.
_LONGEST_TEXT = 1000
_LONGEST_FACT = 128

_current: ContextVar[Mapping[str, Any] | None] = ContextVar(
    "flask_antom_facts", default=None
)


@contextmanager
def about(**facts: Unpack[Facts]) -> Iterator[None]:
    """Add facts to all lines that are logged in the block; ``None`` adds nothing."""
    known = {name: value for name, value in facts.items() if value is not None}
    token = _current.set({**(_current.get() or {}), **known})
    try:
        yield
    finally:
        _current.reset(token)


class Log:
    """The lines of one room.

    :param name: the room's ``__name__``, which is the name of the logger.
    """

    __slots__ = ("_facts", "_logger")

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        self._facts: Facts = {}

    def of(self, **facts: Unpack[Facts]) -> Log:
        """Return the same log for lines that are about this."""
        log = Log.__new__(Log)
        log._logger, log._facts = self._logger, facts
        return log

    def debug(self, sentence: str, *values: object, **facts: Unpack[Facts]) -> None:
        """Log what only helps to find a fault."""
        self._log(logging.DEBUG, sentence, values, facts)

    def info(self, sentence: str, *values: object, **facts: Unpack[Facts]) -> None:
        """Log a step in the story of a payment."""
        self._log(logging.INFO, sentence, values, facts)

    def warning(
        self,
        sentence: str,
        *values: object,
        error: BaseException | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Log what somebody may have to look at.

        :param error: is logged with its traceback.
        """
        self._log(logging.WARNING, sentence, values, facts, error)

    def error(
        self,
        sentence: str,
        *values: object,
        error: BaseException | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Log what somebody has to look at.

        :param error: is logged with its traceback.
        """
        self._log(logging.ERROR, sentence, values, facts, error)

    def _log(
        self,
        level: int,
        sentence: str,
        values: tuple[object, ...],
        facts: Mapping[str, Any],
        error: BaseException | None = None,
    ) -> None:
        if not self._logger.isEnabledFor(level):
            return
        named = {
            name: shown(value, _LONGEST_FACT)
            for name, value in {
                **(_current.get() or {}),
                **self._facts,
                **facts,
            }.items()
            if value is not None
        }
        ids = "".join(f" {name}={_word(named[name])}" for name in IDS if name in named)
        line = (f"{sentence}%s", *map(shown, values), ids)
        options: dict[str, Any] = {"exc_info": error, "stacklevel": 3}
        try:
            self._logger.log(level, *line, extra=named, **options)
        except KeyError:  # the host's record factory has a name of ours
            self._logger.log(level, *line, **options)


def shown(value: object, longest: int = _LONGEST_TEXT) -> Any:
    """Return a value as a line may show it: a number, or text without control signs."""
    if type(value) in (bool, int, float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, AntomError):
        return _on_one_line(str(value)[:longest])
    if isinstance(value, BaseException):
        return type(value).__name__
    if type(value) is str:
        return _on_one_line(value[:longest])
    return "-" if value is None else f"<{type(value).__name__}>"


def _on_one_line(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode()
        for sign in text
    )


def _word(value: object) -> str:
    """Return a fact as one word; in quotes, if it would be more."""
    text = str(value)
    is_word = text and not set(text) & set(' "=')
    return text if is_word else json.dumps(text, ensure_ascii=False)

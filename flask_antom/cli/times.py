"""Times and pauses as a person types them: ``today``, ``2h``, ``2026-11-28``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click

#: A time, once the present is known.
Moment = Callable[[datetime], datetime]

_AGE = re.compile(r"(\d{1,4})(min|h|d)", re.ASCII)
_UNITS = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


class _Pause(click.FloatRange):
    """Seconds, more than none and at most a day. Of ``nan``, no comparison is true."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(min=0.0, max=86400.0, min_open=True)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return seconds


#: The seconds between two looks of a command that goes on.
PAUSE = _Pause()


def read_moment(text: str) -> Moment:
    """Return the time that a person means.

    :raises click.BadParameter: for any other text.
    """
    try:
        return _read(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no time: write today, yesterday, 30min, 2h, 7d, or"
            " 2026-11-28, or 2026-11-28T09:00+08:00. Without an offset it is in UTC."
        ) from None


def _read(text: str) -> Moment:
    if text in ("today", "yesterday"):
        days = timedelta(days=text == "yesterday")
        return lambda now: _midnight(now) - days
    if age := _AGE.fullmatch(text):
        length = int(age[1]) * _UNITS[age[2]]
        return lambda now: now - length
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return lambda now: moment.astimezone(UTC)


def _midnight(now: datetime) -> datetime:
    day: date = now.astimezone(UTC).date()
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

"""Finds the place of a time in a table, by the ids of its rows.

Rows get their ids as time goes on. So a time is found by a few looks at the primary
key, and no table needs an index of when its rows were added.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from .rows import in_utc

#: By how much a row may be older than one with a lower id: a transaction takes time,
#: and the clocks of two machines differ.
SLACK = timedelta(minutes=15)

#: So many ids too many cost nothing.
_CLOSE = 500


class Spot(NamedTuple):
    """An id, and the time of the first row that has it or a higher one."""

    ref: int
    at: datetime


class ByTime:
    """The rows of one table, by the time at which they were added.

    :param execute: executes a statement in the current unit of work.
    :param at: the column of that time.
    """

    def __init__(self, execute: Callable[..., Any], table: Any, at: str) -> None:
        self._execute = execute
        self._id = table.c.id
        self._at = table.c[at]

    def end(self, moment: datetime) -> int | None:
        """Return an id that is higher than those of all rows before a time.

        ``None`` stands for the end of the table. A few younger rows may have lower ids.
        """
        first, last = self._spot(self._first), self._spot(self._last)
        moment += SLACK
        if first is None or last is None or last.at < moment:
            return None
        return first.ref if first.at >= moment else self._search(first, last, moment)

    def below(self, ref: int | None, count: int) -> Spot | None:
        """Return the row that has so many ids up to, and without, the given one.

        :param ref: ``None`` stands for the end of the table.
        :returns: ``None`` if there are not so many.
        """
        query = sa.select(self._id, self._at).order_by(self._id.desc())
        if ref is not None:
            query = query.where(self._id < sa.bindparam("ref", ref))
        return self._spot(query.offset(count - 1).limit(1))

    def _search(self, low: Spot, high: Spot, moment: datetime) -> int:
        """Look where the time would be if as many rows came at any time.

        A look at the middle makes sure that what is left gets smaller by half.
        """
        while high.ref - low.ref > _CLOSE:
            width, middle = high.ref - low.ref, (low.ref + high.ref) // 2
            share = (moment - low.at) / max(high.at - low.at, timedelta.resolution)
            guess, margin = low.ref + int(width * share), max(_CLOSE // 3, width // 32)
            for ref in (guess - margin, guess + margin, middle):
                if not low.ref < ref < high.ref:
                    continue
                spot = self._spot(self._from, ref=ref) or high
                if spot.at < moment:
                    low = spot
                else:
                    high = Spot(ref, spot.at)
        return high.ref

    def _spot(self, query: Any, **values: Any) -> Spot | None:
        row = self._execute(query, **values).first()
        if row is None:
            return None
        at = in_utc(row[1])
        return Spot(row[0], at) if at is not None else None

    @cached_property
    def _first(self) -> Any:
        return sa.select(self._id, self._at).order_by(self._id).limit(1)

    @cached_property
    def _last(self) -> Any:
        return sa.select(self._id, self._at).order_by(self._id.desc()).limit(1)

    @cached_property
    def _from(self) -> Any:
        return self._first.where(self._id >= sa.bindparam("ref"))

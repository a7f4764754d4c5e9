"""The numbers behind the charts, of the latest payments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Any, NamedTuple

import sqlalchemy as sa

from ...domain.payment_states import TAKEN, Status
from ...store.rows import in_utc
from ...store.transactions import Store, Transactions, reading

#: How many payments the charts are about. They are found by the primary key.
LATEST = 1000

#: The methods that have a bar of their own; the others share one.
_MOST_METHODS = 8

#: The ends of the bars of times, in seconds, with their labels.
_STEPS = (
    (30, "under 30 s"),
    (60, "30 to 60 s"),
    (120, "1 to 2 min"),
    (300, "2 to 5 min"),
    (900, "5 to 15 min"),
    (3600, "15 to 60 min"),
    (float("inf"), "over an hour"),
)


class Bar(NamedTuple):
    """One bar: a whole, and the part of it that is paid.

    :ivar status: of a bar of outcomes: the status.
    """

    label: str
    value: int
    paid: int = 0
    status: str = ""


class Numbers(NamedTuple):
    """What the charts show.

    :ivar size: how many payments were read.
    :ivar since: when the first of them was opened.
    :ivar paid: how many of them are paid.
    :ivar typical: the median of the seconds from opening to paying.
    """

    size: int
    since: datetime | None
    paid: int
    typical: float | None
    outcomes: Sequence[Bar]
    methods: Sequence[Bar]
    times: Sequence[Bar]


class Figures(Store):
    """Reads the latest payments, in one query."""

    def __init__(self, transactions: Transactions, payment: Any) -> None:
        super().__init__(transactions)
        table: sa.Table = payment.__table__
        names = ("id", "status", "method", "created_at", "paid_at")
        self._latest = (
            sa.select(*(table.c[name] for name in names))
            .order_by(table.c.id.desc())
            .limit(LATEST)
        )

    @reading
    def read(self) -> Numbers:
        """Return the numbers of the latest payments."""
        return count(self.execute(self._latest).all())


def count(rows: Sequence[Any]) -> Numbers:
    """Return the numbers of these payments, newest first."""
    took = [_seconds(row) for row in rows if row.paid_at is not None]
    return Numbers(
        size=len(rows),
        since=in_utc(rows[-1].created_at) if rows else None,
        paid=sum(row.status in TAKEN for row in rows),
        typical=median(took) if took else None,
        outcomes=_outcomes(rows),
        methods=_methods(rows),
        times=_times(took) if took else [],
    )


def _seconds(row: Any) -> float:
    """Return how long a buyer took. Antom's clock may be behind ours."""
    paid_at, created_at = in_utc(row.paid_at), in_utc(row.created_at)
    if paid_at is None or created_at is None:
        return 0.0
    return max((paid_at - created_at).total_seconds(), 0.0)


def _outcomes(rows: Iterable[Any]) -> list[Bar]:
    found = Counter(str(row.status) for row in rows)
    known = [str(status.value) for status in Status]
    names = [*known, *sorted(set(found) - set(known))]
    return [
        Bar(name, found[name], found[name] if name in TAKEN else 0, name)
        for name in names
        if found[name]
    ]


def _methods(rows: Sequence[Any]) -> list[Bar]:
    asked = Counter(row.method or "not chosen yet" for row in rows)
    paid = Counter(row.method for row in rows if row.status in TAKEN)
    ranked = asked.most_common()
    bars = [Bar(name, many, paid[name]) for name, many in ranked[:_MOST_METHODS]]
    rest = ranked[_MOST_METHODS:]
    if rest:
        paid_rest = sum(paid[name] for name, _ in rest)
        bars.append(Bar("all others", sum(many for _, many in rest), paid_rest))
    return bars


def _times(took: Iterable[float]) -> list[Bar]:
    found = Counter(next(name for end, name in _STEPS if one < end) for one in took)
    return [Bar(name, found[name], found[name]) for _, name in _STEPS]

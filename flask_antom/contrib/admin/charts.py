"""How long the bars of a chart are. The template draws them as SVG, with no script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .figures import Bar
from .texts import tone

#: The length of the longest bar, in units of the drawing.
LONGEST = 100


class Drawn(NamedTuple):
    """A bar, with its length, that of the part that is paid, and its colour."""

    bar: Bar
    length: float
    paid: float
    tone: str = ""


def draw(bars: Sequence[Bar]) -> list[Drawn]:
    """Return bars with a part that is paid."""
    most = max((bar.value for bar in bars), default=0)
    return [
        Drawn(bar, _length(bar.value, most), _length(bar.paid, most)) for bar in bars
    ]


def draw_outcomes(bars: Sequence[Bar]) -> list[Drawn]:
    """Return bars that have the colours of their statuses."""
    return [one._replace(paid=0, tone=tone(one.bar.status)) for one in draw(bars)]


def _length(value: int, most: int) -> float:
    """Return the length of a bar; one that is not empty can be seen."""
    return round(max(LONGEST * value / most, 1.0), 2) if value else 0.0

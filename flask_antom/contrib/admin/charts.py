"""Where the bars of a chart are. The template draws them as SVG, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .figures import Bar
from .texts import tone

#: The widths of a chart, in units of its own: of the labels, the bars and the numbers.
LABELS, BARS, NUMBERS = 170, 300, 90

#: The height of a line with a bar.
LINE = 30


class Drawn(NamedTuple):
    """A bar, with its place."""

    bar: Bar
    y: int
    width: float
    paid: float
    tone: str = ""


class Chart(NamedTuple):
    """A chart: its size, and its bars from top to bottom."""

    height: int
    bars: Sequence[Drawn]

    width: int = LABELS + BARS + NUMBERS
    left: int = LABELS
    line: int = LINE


def draw(bars: Sequence[Bar]) -> Chart:
    """Return a chart whose bars have a part that is paid."""
    most = max((bar.value for bar in bars), default=0)
    drawn = [
        Drawn(bar, LINE * place, _length(bar.value, most), _length(bar.paid, most))
        for place, bar in enumerate(bars)
    ]
    return Chart(LINE * len(bars), drawn)


def draw_outcomes(bars: Sequence[Bar]) -> Chart:
    """Return a chart whose bars have the colours of their statuses."""
    chart = draw(bars)
    coloured = [one._replace(paid=0, tone=tone(one.bar.status)) for one in chart.bars]
    return chart._replace(bars=coloured)


def _length(value: int, most: int) -> float:
    """Return the length of a bar; one that is not empty can be seen."""
    return round(max(BARS * value / most, 3.0), 1) if value else 0.0

"""Results as lines of a table: medians, ratios and their spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Clock = Callable[[], float]
Write = Callable[[float], str]


@dataclass(frozen=True)
class Result:
    """A line of the table.

    :ivar ours: the measured value, as text with its unit.
    :ivar beside: the value to compare with, and its name.
    :ivar ratio: ours to the other; the median over the rounds.
    :ivar spread: the least and the greatest ratio of a round.
    :ivar target: such as ``<= 1.2``; empty without a target.
    """

    name: str
    ours: str
    beside: str = ""
    ratio: float | None = None
    target: str = ""
    spread: tuple[float, float] | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached; ``None`` without a target."""
        if not self.target or self.ratio is None:
            return None
        sign, limit = self.target.split()
        at_least = sign == ">="
        return self.ratio >= float(limit) if at_least else self.ratio <= float(limit)

    def row(self) -> str:
        verdict = {True: "yes", False: "**no**", None: ""}[self.is_met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        spread = "" if self.spread is None else "{:.2f}–{:.2f}".format(*self.spread)  # noqa: RUF001
        cells = (self.name, self.ours, self.beside, self.target, ratio, spread, verdict)
        return f"| {' | '.join(cells)} |"


HEADER = (
    "| What | Ours | Beside | Target | Ratio | Spread | Met |\n"
    "|---|---|---|---|---|---|---|"
)


def beside(
    name: str,
    ours: Sequence[float],
    others: Sequence[float],
    label: str,
    write: Write,
    target: str = "",
) -> Result:
    """Return the line for two figures that were taken in the same rounds."""
    ratios = [a / b for a, b in zip(ours, others, strict=True)]
    return Result(
        name,
        write(statistics.median(ours)),
        f"{write(statistics.median(others))} ({label})",
        statistics.median(ratios),
        target,
        (min(ratios), max(ratios)),
    )


def beside_limit(name: str, ours: float, limit: float, write: Write) -> Result:
    """Return the line for a figure that has a limit."""
    label = f"{write(limit)}, the limit"
    return Result(name, write(ours), label, ours / limit, "<= 1")


def seconds_of(
    work: Callable[[], object], times: int, clock: Clock = time.perf_counter
) -> float:
    """Return the seconds of one call, as the mean of several."""
    begin = clock()
    for _ in range(times):
        work()
    return (clock() - begin) / times


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def micro(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def milli(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def count(value: float) -> str:
    return f"{value:g}"


def megabytes(size: float) -> str:
    return f"{size / 1e6:.1f} MB"

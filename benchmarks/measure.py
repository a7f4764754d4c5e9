"""Measures side by side: alternating rounds, medians and ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True)
class Result:
    """A line of the table.

    :ivar ours: the measured value, as text with its unit.
    :ivar floor: the value to compare with.
    :ivar ratio: ours to the floor; the median over the rounds.
    :ivar target: such as ``<= 1.2``; empty without a target.
    """

    name: str
    ours: str
    floor: str
    ratio: float
    target: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached; ``None`` without a target."""
        if not self.target:
            return None
        sign, limit = self.target.split()
        at_least = sign == ">="
        return self.ratio >= float(limit) if at_least else self.ratio <= float(limit)

    def row(self) -> str:
        verdict = {True: "yes", False: "**no**", None: ""}[self.is_met]
        cells = (
            *(self.name, self.ours, self.floor),
            *(f"{self.ratio:.2f}", self.target, verdict),
        )
        return f"| {' | '.join(cells)} |"


HEADER = "| What | Ours | Beside | Ratio | Target | Met |\n|---|---|---|---|---|---|"


def seconds_of(
    work: Callable[[], object], times: int, clock: Clock = time.perf_counter
) -> float:
    """Return the seconds of one call, as the mean of several."""
    begin = clock()
    for _ in range(times):
        work()
    return (clock() - begin) / times


def compare(
    ours: Callable[[], object],
    floor: Callable[[], object],
    times: int,
    rounds: int,
    clock: Clock = time.perf_counter,
) -> tuple[float, float, float]:
    """Time two calls in turn; return the median seconds of each and the median ratio.

    :param clock: ``time.process_time`` for work that does not wait: other programs
        disturb it less.
    """
    seconds_of(ours, times)
    seconds_of(floor, times)
    pairs = [
        (seconds_of(ours, times, clock), seconds_of(floor, times, clock))
        for _ in range(rounds)
    ]
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[0] / pair[1] for pair in pairs),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def micro(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def milli(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"

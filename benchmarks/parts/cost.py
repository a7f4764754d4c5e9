"""The CPU time of a notification, beside the other build and the floors.

The apps are called in their processes, in turn, without servers and clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.bench import AGAINST, Bench, Side, collected, new_ids
from benchmarks.measure import Result, milli
from benchmarks.postgres import open_postgres

#: In a round, the sides take turns this often, with as many notifications each.
SLICES, REQUESTS = 6, 50


def run(bench: Bench) -> Iterator[Result]:
    """Measure new notifications, and then a copy of each."""
    new, copy = collected(), collected()
    with (
        open_postgres() as postgres,
        bench.open_sides(postgres, with_floors=True) as sides,
    ):
        for side in sides.values():
            _measure(side, new_ids(50))
        for turn in bench.turns("cost", [*sides]):
            slices: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
            for _ in range(SLICES):
                ids = new_ids(REQUESTS)
                for name in turn:
                    slices[name].append(_measure(sides[name], ids))
            for name in sides:
                new[name].append(median(pair[0] for pair in slices[name]))
                copy[name].append(median(pair[1] for pair in slices[name]))
    yield from bench.results("Notification, new: CPU", new, milli, {AGAINST: "<= 0.55"})
    yield from bench.results(
        "Notification, a copy: CPU", copy, milli, {AGAINST: "<= 0.7"}
    )


def _measure(side: Side, request_ids: list[str]) -> tuple[float, float]:
    side.subject.ask("expect", request_ids=request_ids)
    new, copy = side.subject.ask("notify_twice", request_ids=request_ids)
    return new, copy

"""A sweep, beside the other build: its CPU time, and its speed where Antom is slow."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import AGAINST, Bench, collected, new_ids
from benchmarks.measure import Result, milli, number
from benchmarks.postgres import open_postgres
from benchmarks.processes import open_gateway

DUE = 200

#: How long ago the payments were opened, in minutes: all are due, and none has lapsed.
AGE = 45

#: Seconds of an answer of Antom's.
DELAY = 0.1


def run(bench: Bench) -> Iterator[Result]:
    """Measure with an Antom that answers at once, in the same process."""
    series = collected()
    with open_postgres() as postgres, bench.open_sides(postgres) as sides:
        for turn in bench.turns("sweep", [*sides]):
            ids = new_ids(DUE)
            for name in turn:
                subject = sides[name].subject
                subject.ask("expect", request_ids=ids, minutes=AGE)
                series[name].append(subject.ask("sweep", request_ids=ids)["cpu"])
    yield from bench.results(
        "Sweep: CPU a payment", series, milli, {AGAINST: "<= 0.45"}
    )


def run_slow(bench: Bench) -> Iterator[Result]:
    """Measure with a gateway that takes 100 ms for each answer."""
    series = collected()
    with (
        open_gateway(bench.environments.present, delay=DELAY) as url,
        open_postgres() as postgres,
        bench.open_sides(postgres, gateway=url) as sides,
    ):
        for turn in bench.turns("slow", [*sides]):
            ids = new_ids(DUE)
            for name in turn:
                subject = sides[name].subject
                subject.ask("expect", request_ids=ids, minutes=AGE)
                seconds = subject.ask("sweep", request_ids=ids)["seconds"]
                series[name].append(1 / seconds)
    yield from bench.results(
        f"Sweep of {DUE}, Antom takes 100 ms: payments a second",
        *(series, number),
        {AGAINST: ">= 7"},
    )

"""The session route, beside the other build and the one HTTP call that it needs.

The route commits the attempt, signs, calls, verifies the answer and commits the
session. The floor signs such a request and verifies such an answer by bare
``cryptography``, and posts by ``requests`` over a kept connection. The route's own CPU
time is that of the route less that of the floor, in the same process.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import AGAINST, PRESENT, Bench, collected
from benchmarks.measure import Result, beside, milli
from benchmarks.postgres import open_postgres
from benchmarks.processes import open_gateway

CALLS = 60


def run(bench: Bench) -> Iterator[Result]:
    """Measure with a gateway that answers at once: the worst case for the ratio."""
    own, whole = collected(), collected()
    walls, calls = [], []
    with (
        open_gateway(bench.environments.present) as url,
        open_postgres() as postgres,
        bench.open_sides(postgres, gateway=url) as sides,
    ):
        for side in sides.values():
            side.subject.ask("sessions", count=20)
        for turn in bench.turns("session", [*sides]):
            for name in turn:
                route, floor = sides[name].subject.ask("sessions", count=CALLS)
                own[name].append(route["cpu"] - floor["cpu"])
                whole[name].append(route["cpu"])
                if name == PRESENT:
                    walls.append(route["seconds"])
                    calls.append(floor["seconds"])
    yield from bench.results("Session route, own CPU", own, milli, {AGAINST: "<= 0.45"})
    yield from bench.results("Session route, whole: CPU", whole, milli)
    label = "one signed call by requests"
    yield beside("Session route, whole: time", walls, calls, label, milli)
    yield beside(
        "Session route where Antom takes 300 ms",
        [wall - call + 0.3 for wall, call in zip(walls, calls, strict=True)],
        [0.3 for _ in calls],
        "a guess at Antom's answer",
        milli,
    )

"""Another route of the host's, which uses ``db.session``: the extension costs nothing.

The route reads an order, changes it, commits and reads it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from benchmarks.bench import AGAINST, PRESENT, Bench, Series, collected
from benchmarks.measure import Result, beside, micro
from benchmarks.postgres import open_postgres
from benchmarks.processes import Subject, open_subject

#: In a round, the sides take turns this often, with as many calls each.
SLICES, CALLS = 6, 60
WITHOUT = "without Flask-Antom"


def run(bench: Bench) -> Iterator[Result]:
    """Measure with each build, and without any."""
    series = collected()
    with ExitStack() as stack:
        postgres = stack.enter_context(open_postgres())
        subjects: dict[str, Subject] = {}
        for name, environment in bench.builds.items():
            subject = stack.enter_context(open_subject(environment, "antom_shop"))
            subject.ask("open_host", database=postgres.new_database(name))
            subjects[name] = subject
        subject = stack.enter_context(open_subject(bench.builds[PRESENT], "host"))
        subject.ask("open", database=postgres.new_database("without"))
        subjects[WITHOUT] = subject
        for subject in subjects.values():
            subject.ask("route", count=50)
        for turn in bench.turns("route", [*subjects]):
            slices = collected()
            for _ in range(SLICES):
                for name in turn:
                    slices[name].append(subjects[name].ask("route", count=CALLS))
            for name in turn:
                series[name].append(median(slices[name]))
    name = "Another route, with db.session: CPU"
    yield beside(name, series[PRESENT], series[WITHOUT], WITHOUT, micro, "<= 1.05")
    if bench.against is not None:
        both: Series = {side: series[side] for side in (PRESENT, AGAINST)}
        yield from bench.results(name, both, micro)

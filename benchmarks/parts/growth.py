"""A sweep's time and memory for each due payment, in a small and in a large shop.

1,000 payments are due, spread over the table. All others are paid, and each of them has
its notification and its event. Antom answers at once in this process, so the time is
that of the database and of Flask-Antom.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.bench import PRESENT, Bench, collected, new_ids
from benchmarks.measure import Result, beside, megabytes, micro
from benchmarks.parts.sweep import AGE
from benchmarks.postgres import open_postgres
from benchmarks.processes import Subject, open_subject

SMALL, LARGE = 1_000, 1_000_000
DUE, MANY = 1_000, 4_000


def run(bench: Bench) -> Iterator[Result]:
    """Measure the sizes in turn, so other programs disturb both alike."""
    times, peaks = collected(), collected()
    with ExitStack() as stack:
        postgres = stack.enter_context(open_postgres())
        shops: dict[int, Subject] = {}
        for size in (SMALL, LARGE):
            bench.say(f"growth: fill a shop of {size:,} payments")
            environment = bench.builds[PRESENT]
            shop = stack.enter_context(open_subject(environment, "antom_shop"))
            shop.ask("open", database=postgres.new_database(f"of_{size}"), past=size)
            shops[size] = shop
        for turn in bench.turns("growth", [str(size) for size in shops]):
            for size in map(int, turn):
                shops[size].ask("remove_each", step=size // DUE)
                found = _sweep(shops[size], DUE)
                times[str(size)].append(found["seconds"])
                peaks[str(size)].append(found["peak"])
        bench.say(f"growth: {MANY:,} due at once")
        many = _sweep(shops[LARGE], MANY)["peak"]
    small, large = str(SMALL), str(LARGE)
    name, label = f"{DUE:,} due of {LARGE:,} payments", f"of {SMALL:,}"
    yield beside(
        f"Sweep, {name}: time of each",
        *(times[large], times[small], label),
        *(micro, "<= 1.3"),
    )
    yield beside(
        f"Sweep, {name}: peak of memory",
        *(peaks[large], peaks[small], label),
        *(megabytes, "<= 1.1"),
    )
    yield beside(
        f"Sweep, {MANY:,} due of {LARGE:,} payments: peak of memory",
        *([many], peaks[large][-1:], f"{DUE:,} due"),
        *(megabytes, "<= 1.1"),
    )


def _sweep(shop: Subject, due: int) -> dict[str, float]:
    ids = new_ids(due)
    shop.ask("expect", request_ids=ids, minutes=AGE)
    found: dict[str, float] = shop.ask("sweep", request_ids=ids)
    return found

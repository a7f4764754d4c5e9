"""What a clerk asks, and an idle sweep, in a small and in a large shop.

Each payment is paid, and has its notification and its event. The last one is of now. As
many notifications and events are old in both shops, as after a year of purges.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.bench import PRESENT, Bench, collected
from benchmarks.measure import Result, beside, milli
from benchmarks.postgres import open_postgres
from benchmarks.processes import Subject, open_subject

#: Payments, seconds from one to the next, and the days after which 640 rows are old.
SHOPS = {1_000: (480, 2), 1_000_000: (30, 347)}

#: Commands of ``flask antom``; ORDER and DAYS stand for what differs.
COMMANDS = (
    "list",
    "list --since today",
    "list --status review",
    "list --status created",
    "list --status cancelled",
    "list --until 1d",
    "show ORDER",
    "events",
    "notifications",
    "notifications --outcome orphan",
    "purge --older-than DAYS --dry-run",
)

#: So often in a row; the fastest counts, for other programs only slow it down.
_TIMES = 9


def run(bench: Bench) -> Iterator[Result]:
    """Measure the sizes in turn, so other programs disturb both alike."""
    series = {name: collected() for name in (*COMMANDS, "idle")}
    with ExitStack() as stack:
        postgres = stack.enter_context(open_postgres())
        shops: dict[int, Subject] = {}
        for size, (spread, _) in SHOPS.items():
            bench.say(f"desk: fill a shop of {size:,} payments")
            environment = bench.builds[PRESENT]
            shop = stack.enter_context(open_subject(environment, "antom_shop"))
            database = postgres.new_database(f"of_{size}")
            shop.ask("open", database=database, past=size, spread=spread)
            shops[size] = shop
        orders = {size: shop.ask("an_order") for size, shop in shops.items()}
        for turn in bench.turns("desk", [str(size) for size in shops]):
            for size in map(int, turn):
                for name in COMMANDS:
                    words = name.replace("ORDER", orders[size])
                    words = words.replace("DAYS", str(SHOPS[size][1]))
                    found = [
                        shops[size].ask("command", arguments=words.split())
                        for _ in range(_TIMES)
                    ]
                    series[name][str(size)].append(min(found))
                found = [shops[size].ask("idle") for _ in range(_TIMES)]
                series["idle"][str(size)].append(min(found))
    small, large = map(str, SHOPS)
    for name, times in series.items():
        what = "A sweep with nothing to do" if name == "idle" else f"`{name}`"
        yield beside(
            f"{what}, {int(large):,} payments",
            *(times[large], times[small], f"of {int(small):,}"),
            *(milli, "<= 1.3"),
        )

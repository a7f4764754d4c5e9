"""The statements and transactions of each task, as PostgreSQL's log has them.

A library's statements that bypass SQLAlchemy are seen too. The receiver's own statement
does not count, nor do BEGIN, COMMIT and ROLLBACK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from benchmarks.bench import AGAINST, PRESENT, Bench, Side, new_ids
from benchmarks.measure import Result, beside, beside_limit, count
from benchmarks.parts.sweep import AGE
from benchmarks.postgres import Postgres, open_postgres
from benchmarks.processes import open_gateway

DUE = 100

_ENDS = ("COMMIT", "ROLLBACK")


class Cost(NamedTuple):
    """The cost of a task for the database."""

    statements: float
    transactions: float


def run(bench: Bench) -> Iterator[Result]:
    """Count for a new notification, a copy, a session and a swept payment."""
    found: dict[str, dict[str, Cost]] = {}
    with (
        open_gateway(bench.environments.present) as url,
        open_postgres() as postgres,
        bench.open_sides(postgres, gateway=url) as sides,
    ):
        postgres.log_statements()
        for name, side in sides.items():
            bench.say(f"statements: {name}")
            found[name] = {
                what: Cost(*costs) for what, costs in _count(postgres, side).items()
            }
    for what in found[PRESENT]:
        for index, unit in enumerate(Cost._fields):
            ours = found[PRESENT][what][index]
            name = f"{what}: own {unit}"
            if (what, unit) == ("Notification, new", "statements"):
                yield beside_limit(name, ours, 4, count)
            elif bench.against is None:
                yield Result(name, count(ours))
            if bench.against is not None:
                other = found[AGAINST][what][index]
                yield beside(name, [ours], [other], bench.against, count)


def _count(postgres: Postgres, side: Side) -> dict[str, tuple[float, float]]:
    def cost(work: Callable[[], object], tasks: int = 1) -> tuple[float, float]:
        before = len(postgres.logged(side.database))
        work()
        new = postgres.logged(side.database)[before:]
        own = [
            statement
            for statement in new
            if "shop_order" not in statement
            and not statement.startswith(("BEGIN", *_ENDS))
        ]
        ends = sum(statement.startswith(_ENDS) for statement in new)
        return len(own) / tasks, ends / tasks

    ask = side.subject.ask
    warm_up, once = new_ids(10), new_ids(1)
    due = new_ids(DUE)
    ask("expect", request_ids=[*warm_up, *once])
    ask("notify_twice", request_ids=warm_up)
    for _ in range(10):
        ask("session")
    ask("expect", request_ids=due, minutes=AGE)
    return {
        "Notification, new": cost(lambda: ask("notify", request_id=once[0])),
        "Notification, a copy": cost(lambda: ask("notify", request_id=once[0])),
        "Session": cost(lambda: ask("session")),
        "Sweep, a payment": cost(lambda: ask("sweep", request_ids=due), DUE),
    }

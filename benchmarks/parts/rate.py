"""Notifications a second and their latency, beside the other build and the floors.

All serve the same signed bytes, in turn, from two gunicorn processes of four threads
over the same PostgreSQL, for eight clients on the same machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.bench import AGAINST, FAIR, FLOOR, Bench, Side, collected, new_ids
from benchmarks.load import Load, http, send_all
from benchmarks.measure import Result, milli, number, percentile
from benchmarks.messages import NOTIFY_PATH, notification
from benchmarks.postgres import open_postgres
from benchmarks.processes import Server, gunicorn

REQUESTS = 400

#: Makes the requests of a round, and expects them on all sides.
Make = Callable[[Mapping[str, Side]], list[bytes]]


def run(bench: Bench) -> Iterator[Result]:
    """Measure notifications that come once each."""
    with open_servers(bench) as (sides, servers):
        yield from _compare(bench, "each once", sides, servers, unique)


def run_traffic(bench: Bench) -> Iterator[Result]:
    """Measure the other kinds of traffic."""
    kinds: dict[str, Make] = {
        "all of one payment": lambda sides: unique(sides, 1) * REQUESTS,
        "5 % forged": partial(unique, forged=20),
    }
    with open_servers(bench) as (sides, servers):
        yield from _compare(bench, "all repeated", sides, servers, unique, again=True)
        for kind, make in kinds.items():
            yield from _compare(bench, kind, sides, servers, make)


@contextmanager
def open_servers(bench: Bench) -> Iterator[tuple[dict[str, Side], dict[str, Server]]]:
    """Serve every side, each with its own tables."""
    with ExitStack() as stack:
        postgres = stack.enter_context(open_postgres())
        sides = stack.enter_context(bench.open_sides(postgres, with_floors=True))
        servers = {
            name: stack.enter_context(
                gunicorn(side.environment, side.app, database=side.database)
            )
            for name, side in sides.items()
        }
        for server in servers.values():
            send_all(server.port, unique(sides, 100))
        yield sides, servers


def _compare(
    bench: Bench,
    kind: str,
    sides: Mapping[str, Side],
    servers: Mapping[str, Server],
    make: Make,
    *,
    again: bool = False,
) -> Iterator[Result]:
    """Send the same requests to each side.

    :param again: whether they are sent once before they are measured.
    """
    rates, middle, late = collected(), collected(), collected()
    for turn in bench.turns(f"rate, {kind}", [*sides]):
        requests = make(sides)
        loads: dict[str, Load] = {}
        for name in turn:
            if again:
                send_all(servers[name].port, requests)
            loads[name] = send_all(servers[name].port, requests)
        if len({tuple(sorted(load.statuses.items())) for load in loads.values()}) > 1:
            raise RuntimeError(f"Not the same: {loads}.")
        for name in sides:
            rates[name].append(loads[name].rate)
            middle[name].append(percentile(loads[name].latencies, 0.5))
            late[name].append(percentile(loads[name].latencies, 0.99))
    targets = {FLOOR: ">= 0.7"}
    if kind == "each once":
        targets |= {AGAINST: ">= 1.7", FAIR: ">= 0.75"}
    name = f"Notifications, {kind}"
    yield from bench.results(f"{name}: a second", rates, number, targets)
    yield from bench.results(f"{name}: p50", middle, milli)
    yield from bench.results(f"{name}: p99", late, milli, {FLOOR: "<= 1.5"})


def unique(sides: Mapping[str, Side], size: int = 0, forged: int = 0) -> list[bytes]:
    """Add open payments on all sides, and return a notification for each.

    :param forged: every n-th is signed with a wrong key.
    """
    ids = new_ids(size or REQUESTS)
    for side in sides.values():
        side.subject.ask("expect", request_ids=ids)
    return [
        http(
            NOTIFY_PATH,
            *notification(request_id, is_forged=bool(forged) and place % forged == 0),
        )
        for place, request_id in enumerate(ids)
    ]

"""The session route, beside a bare view on Antom's own SDK.

Both ask the same stand-in of Antom. Ours also keeps its attempts in PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.bench import Bench, collected, new_ids
from benchmarks.load import http, send_all
from benchmarks.measure import Result, number
from benchmarks.postgres import open_postgres
from benchmarks.processes import gunicorn, open_gateway, open_subject

SDK = "a bare view on Antom's SDK"

#: The SDK takes long: it loads its key for each call.
CALLS = {True: 12, False: 60}
REQUESTS = {True: 48, False: 240}


def run(bench: Bench) -> Iterator[Result]:
    """Measure the CPU time of a call, and calls a second under gunicorn."""
    costs, rates = collected(), collected()
    with ExitStack() as stack:
        url = stack.enter_context(open_gateway(bench.environments.present))
        postgres = stack.enter_context(open_postgres())
        sides = stack.enter_context(bench.open_sides(postgres, gateway=url))
        environment = bench.environments.sdk
        sdk = stack.enter_context(open_subject(environment, "bare_sdk"))
        sdk.ask("open", gateway=url)
        subjects = {name: side.subject for name, side in sides.items()} | {SDK: sdk}
        ports = {
            name: stack.enter_context(
                gunicorn(
                    side.environment, side.app, database=side.database, gateway=url
                )
            ).port
            for name, side in sides.items()
        }
        app = "benchmarks.subjects.bare_sdk:make_app()"
        ports[SDK] = stack.enter_context(gunicorn(environment, app, gateway=url)).port
        for port in ports.values():
            send_all(port, _requests(24))
        for turn in bench.turns("sdk", [*subjects]):
            for name in turn:
                is_sdk = name == SDK
                found = subjects[name].ask("sessions", count=CALLS[is_sdk])
                costs[name].append(1 / found[0]["cpu"])
                load = send_all(ports[name], _requests(REQUESTS[is_sdk]))
                if [*load.statuses] != [201]:
                    raise RuntimeError(f"{name}: {load.statuses}")
                rates[name].append(load.rate)
    name = "Session route: calls a second"
    targets = {SDK: ">= 12"}
    yield from bench.results_beside_peers(f"{name} of CPU", costs, number, targets)
    yield from bench.results_beside_peers(name, rates, number, {SDK: ""})


def _requests(size: int) -> list[bytes]:
    return [
        http(
            "/antom/session",
            {"Content-Type": "application/json"},
            json.dumps(
                {"orderReference": order, "paymentMethodType": "GCASH"}
            ).encode(),
        )
        for order in new_ids(size)
    ]

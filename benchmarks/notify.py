"""Notifications a second and their latency, beside the hand-written floor.

Both serve the same signed bytes, in turn, from two gunicorn processes of four threads
over the same PostgreSQL, for eight clients on the same machine.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from benchmarks.load import Load, Server, gunicorn, http, send_all
from benchmarks.measure import Result, milli, percentile
from benchmarks.shop import AMOUNT, CLIENT_ID
from benchmarks.tables import Tables, expect, open_tables
from flask_antom.testing import Signer
from tests.support.keys import ANTOM_PRIVATE_KEY, OTHER_PRIVATE_KEY

PATH = "/antom/notify"
SIGNER = Signer(ANTOM_PRIVATE_KEY, CLIENT_ID)
FORGER = Signer(OTHER_PRIVATE_KEY, CLIENT_ID)

REQUESTS, ROUNDS = 800, 5


def run(database: str) -> Iterator[Result]:
    """Measure all kinds of traffic."""
    tables = open_tables(database)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(gunicorn(f"benchmarks.{name}:make_app()", database))
            for name in ("shop", "floor")
        ]
        _measure(servers, unique(tables, 100))
        kinds: dict[str, Callable[[], list[bytes]]] = {
            "each once": lambda: unique(tables, REQUESTS),
            "all repeated": lambda: _repeated(tables, servers),
            "all of one payment": lambda: unique(tables, 1) * REQUESTS,
            "5 % forged": lambda: unique(tables, REQUESTS, forged=20),
        }
        for kind, make in kinds.items():
            yield from _compare(kind, servers, make)


def _compare(
    kind: str, servers: list[Server], make: Callable[[], list[bytes]]
) -> Iterator[Result]:
    pairs = [_measure(servers, make()) for _ in range(ROUNDS)]
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    yield Result(
        f"Notifications, {kind}: a second",
        f"{statistics.median(load.rate for load in ours):.0f}",
        f"{statistics.median(load.rate for load in theirs):.0f} (floor)",
        statistics.median(mine.rate / other.rate for mine, other in pairs),
        ">= 0.7",
    )
    for name, share, target in (("p50", 0.5, ""), ("p99", 0.99, "<= 1.5")):
        times = [
            [percentile(load.latencies, share) for load in side]
            for side in (ours, theirs)
        ]
        yield Result(
            f"Notifications, {kind}: latency, {name}",
            milli(statistics.median(times[0])),
            f"{milli(statistics.median(times[1]))} (floor)",
            statistics.median(a / b for a, b in zip(*times, strict=True)),
            target,
        )


def _measure(servers: list[Server], requests: list[bytes]) -> tuple[Load, Load]:
    mine, other = (send_all(server, requests) for server in servers)
    if mine.statuses != other.statuses:
        raise RuntimeError(f"Not the same: {mine.statuses}, {other.statuses}.")
    return mine, other


def unique(tables: Tables, count: int, forged: int = 0) -> list[bytes]:
    """Add open payments on both sides and return a notification for each.

    :param forged: every n-th is signed with a wrong key.
    """
    return [
        http(PATH, *message(request_id, bool(forged) and n % forged == 0))
        for n, request_id in enumerate(expect(tables, count))
    ]


def _repeated(tables: Tables, servers: list[Server]) -> list[bytes]:
    requests = unique(tables, REQUESTS)
    _measure(servers, requests)
    return requests


def message(request_id: str, is_forged: bool = False) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a notification of success."""
    body = json.dumps(
        {
            "notifyType": "PAYMENT_RESULT",
            "result": {
                "resultCode": "SUCCESS",
                "resultStatus": "S",
                "resultMessage": "success",
            },
            "paymentRequestId": request_id,
            "paymentId": f"antom-{request_id}",
            "paymentAmount": AMOUNT.to_antom(),
            "paymentCreateTime": "2026-11-23T10:00:00+08:00",
            "paymentTime": "2026-11-23T10:00:01+08:00",
        }
    ).encode()
    signer = FORGER if is_forged else SIGNER
    return {"Content-Type": "application/json", **signer.headers(PATH, body)}, body

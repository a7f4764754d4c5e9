"""The CPU time of a notification, beside the hand-written floor.

Both apps are called in this process, in turn, without a server and without clients. The
database runs in another process and is not counted. This is the measurement that other
programs disturb least.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from statistics import median
from time import process_time

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks import floor
from benchmarks.measure import Result, milli
from benchmarks.notify import PATH, message
from benchmarks.tables import expect, open_tables

REQUESTS = 1000


def run(database: str) -> Iterator[Result]:
    """Measure new notifications, and then a copy of each."""
    tables = open_tables(database)
    os.environ["BENCHMARK_DATABASE"] = database
    apps = (tables.app, floor.make_app())
    warm_up = expect(tables, 50)
    _measure(apps, warm_up)
    _measure(apps, warm_up)
    ids = expect(tables, REQUESTS)
    for kind in ("new", "a copy"):
        ours, theirs = _measure(apps, ids)
        yield Result(
            f"Notification, {kind}: CPU time of the app",
            milli(ours),
            f"{milli(theirs)} (floor)",
            ours / theirs,
        )


def _measure(apps: Sequence[Flask], ids: Sequence[str]) -> Sequence[float]:
    """Return the median seconds that each app takes for a notification."""
    times = [[_post(app, request_id) for app in apps] for request_id in ids]
    return [median(column) for column in zip(*times, strict=True)]


def _post(app: Flask, request_id: str) -> float:
    headers, body = message(request_id)
    builder = EnvironBuilder(PATH, method="POST", headers=[*headers.items()], data=body)
    environ = builder.get_environ()
    begin = process_time()
    _, status, _ = run_wsgi_app(app, environ, buffered=True)
    seconds = process_time() - begin
    if status != "200 OK":
        raise RuntimeError(f"Not taken: {status}")
    return seconds

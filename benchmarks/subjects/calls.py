"""Calls of an app in this process, without a server, in CPU time.

The database runs in another process and is not counted. Other programs disturb this
measurement least.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from time import process_time

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.messages import NOTIFY_PATH, Signed, notification


def notify_twice(app: Flask, request_ids: Sequence[str]) -> tuple[float, float]:
    """Return the median CPU seconds of a new notification, and of a copy of it."""
    messages = [notification(request_id) for request_id in request_ids]
    new = [notify(app, message) for message in messages]
    copies = [notify(app, message) for message in messages]
    return median(new), median(copies)


def notify(app: Flask, message: Signed) -> float:
    """Return the CPU seconds of one notification."""
    headers, body = message
    builder = EnvironBuilder(
        NOTIFY_PATH, method="POST", headers=[*headers.items()], data=body
    )
    environ = builder.get_environ()
    begin = process_time()
    _, status, _ = run_wsgi_app(app, environ, buffered=True)
    seconds = process_time() - begin
    if status != "200 OK":
        raise RuntimeError(f"Not taken: {status}")
    return seconds

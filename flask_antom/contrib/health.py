"""A view that says whether payments go on, for a monitor that asks by HTTP.

::

    init_health(app)

It says nothing about payments: strangers may read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Flask, Response, jsonify

from ..app_state import AppState
from ..flows.ages import seconds_waiting
from ..log_lines import Log

__all__ = ["init_health"]

log: Log = Log(__name__)


def init_health(
    app: Flask,
    url: str = "/antom/health",
    *,
    event_age: timedelta = timedelta(minutes=15),
    payment_age: timedelta = timedelta(days=7),
    sweep_delay: timedelta = timedelta(minutes=15),
) -> None:
    """Add the view to an app, after ``antom.init_app(app)``.

    It answers 200, or 503 if the database cannot be read or something waits for too
    long. Use it to call a person. A load balancer that asks it would take a shop
    offline because one receiver fails.

    :param event_age: the age that an event without a delivery may have.
    :param payment_age: the age that a begun payment without a result may have. Some
        methods let buyers take days.
    :param sweep_delay: for how long a sweep may be overdue.
    """
    state: AppState = app.extensions["antom"]
    limits = {
        "oldest_event": event_age,
        "oldest_payment": payment_age,
        "oldest_overdue": sweep_delay,
    }
    app.add_url_rule(
        url, "antom_health", lambda: _answer(_health(state, limits)), methods=["GET"]
    )


_WORDS: Mapping[str, str] = {
    "oldest_event": "events",
    "oldest_payment": "payments",
    "oldest_overdue": "sweep",
}


def _health(state: AppState, limits: Mapping[str, timedelta]) -> dict[str, str]:
    found = {"database": "ok"}
    try:
        for name, limit in limits.items():
            is_late = seconds_waiting(state, name) > limit.total_seconds()
            found[_WORDS[name]] = "late" if is_late else "ok"
    except Exception as error:
        log.warning("The health view cannot read the tables: %s.", error)
        return {"database": "unreachable"}
    return found


def _answer(found: Mapping[str, str]) -> Response:
    is_well = set(found.values()) == {"ok"}
    answer = jsonify(status="ok" if is_well else "fault", **found)
    answer.status_code = 200 if is_well else 503
    answer.headers["Cache-Control"] = "no-store"
    return answer

"""Delivery and sweeps as Celery tasks. Needs the extra ``flask-antom[celery]``.

::

    celery = Celery("shop", broker="redis://...")
    init_celery(celery, app)

With ``ANTOM_EVENT_DELIVERY = "worker"``, a Celery worker delivers each event as soon as
it is stored. Celery's beat runs the sweep, which also delivers the events that the
broker lost.
"""

from __future__ import annotations

from typing import Any

from celery import Celery
from flask import Flask

from ..app_state import AppState
from ..flows import sweep as sweeping
from ..flows.delivery import deliver_event

__all__ = ["init_celery"]


def init_celery(celery: Celery, app: Flask, *, every: float = 10.0) -> None:
    """Register the tasks ``flask_antom.deliver`` and ``flask_antom.sweep``.

    Call it in the web processes and in the workers, after ``antom.init_app(app)``.

    :param every: seconds between two sweeps of Celery's beat.
    """
    state: AppState = app.extensions["antom"]

    @celery.task(name="flask_antom.deliver", ignore_result=True)  # type: ignore[untyped-decorator]
    def deliver(event_id: int) -> None:
        with app.app_context():
            deliver_event(state, event_id)

    @celery.task(name="flask_antom.sweep", ignore_result=True)  # type: ignore[untyped-decorator]
    def sweep() -> None:
        _ = state.account
        with app.app_context():
            sweeping.sweep_aloud(state)

    deliver_task: Any = deliver

    def dispatch(event_id: int) -> None:
        deliver_task.apply_async((event_id,), retry=False)

    state.event_dispatcher = dispatch
    schedule: dict[str, Any] = dict(celery.conf.beat_schedule or {})
    schedule["flask-antom-sweep"] = {"task": "flask_antom.sweep", "schedule": every}
    celery.conf.beat_schedule = schedule

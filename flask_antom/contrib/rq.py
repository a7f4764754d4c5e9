"""Delivery and sweeps as RQ jobs, by Flask-RQ. Needs the extra ``flask-antom[rq]``.

::

    rq = RQ(app)
    init_rq(rq, app)

With ``ANTOM_EVENT_DELIVERY = "worker"``, ``flask rq worker`` delivers each event as
soon as it is stored. ``flask rq cron`` runs the sweep, which also delivers the events
that Redis lost.
"""

from __future__ import annotations

from weakref import WeakSet

from flask import Flask, current_app
from flask_rq import RQ
from rq import get_current_job
from rq.utils import as_text

from ..app_state import AppState, state_of
from ..flows import sweep as sweeping
from ..flows.delivery import deliver_event

__all__ = ["init_rq"]

#: Seconds for which a sweep waits for a worker.
_HOUR = 3600

#: Seconds for which RQ keeps a job that failed, and we what was logged.
_DAY = 86400

_with_sweep: WeakSet[RQ] = WeakSet()


def init_rq(rq: RQ, app: Flask, *, every: int = 30, queue: str = "default") -> None:
    """Deliver events and sweep in the jobs of Flask-RQ.

    Call it in the web processes, the workers and the cron process, after
    ``rq.init_app(app)`` and ``antom.init_app(app)``.

    :param every: seconds between two sweeps of ``flask rq cron``. If several apps share
        an ``RQ``, that of the first one counts.
    :param queue: the name of the queue, one of ``RQ_QUEUES``.
    :raises ConfigError: before ``antom.init_app(app)``.
    :raises KeyError: if there is no such queue.
    """
    state = state_of(app)
    with app.app_context():
        rq.get_queue(queue)

    def dispatch(event_id: int) -> None:
        jobs = rq.get_queue(queue)
        jobs.enqueue(deliver, event_id, result_ttl=0, failure_ttl=_DAY)

    state.event_dispatcher = dispatch
    if rq not in _with_sweep:
        _with_sweep.add(rq)
        rq.cron_register(
            sweep,
            every,
            queue=queue,
            ttl=_HOUR,  # whoever was away need not make up for each sweep
            result_ttl=0,
            failure_ttl=_DAY,
        )


def deliver(event_id: int) -> None:
    """Deliver an event of the current app: a job."""
    deliver_event(current_app.extensions["antom"], event_id)


def sweep() -> None:
    """Do all overdue work of the current app: a job.

    Each job is a process of its own. So Redis keeps what was logged, which is logged
    only once.
    """
    state: AppState = current_app.extensions["antom"]
    _ = state.account
    job = get_current_job()
    if job is None:
        sweeping.sweep_aloud(state)
        return
    redis, key = job.connection, f"flask-antom:{current_app.name}:{job.origin}"
    trouble, silence = f"{key}:trouble", f"{key}:silence"
    state.trouble = as_text(redis.get(trouble) or b"")
    state.silence.is_told = bool(redis.get(silence))
    sweeping.sweep_aloud(state)
    redis.set(trouble, state.trouble, ex=_DAY)
    redis.set(silence, "told" if state.silence.is_told else "", ex=_DAY)

"""Whether Antom's notifications reach our view, and its answer reaches Antom.

An unsigned notification has to come back as our own refusal, and one that counts as
accepted as the acknowledgement that Antom waits for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from flask import Flask, request_finished

from ..app_state import AppState
from ..web.notify_route import ACKNOWLEDGEMENT
from ..web.probes import Probe
from . import blockers
from .findings import WARNING, Finding, Mistake
from .requests import Answer, ask

#: About as long as one of Antom's.
BODY: bytes = json.dumps(
    {"notifyType": "PAYMENT_RESULT", "paymentRequestId": "flask-antom-check"}
    | {"result": {"resultMessage": "a probe of flask antom check" * 50}}
).encode()

LIMITED = Mistake(
    "notify.limited",
    WARNING,
    "Flask-Limiter counts notifications: at most {limit} are accepted.",
    "On a busy day Antom gets 429, and payments are learnt of late.",
    'Call limiter.exempt(app.view_functions["antom.notify"]) after init_app.',
)
MISTAKES = (*blockers.MISTAKES, LIMITED)


def check(state: AppState) -> Iterator[Finding]:
    """Post two notifications to ``ANTOM_PUBLIC_URL``, in this process."""
    limits: list[str] = []

    def note_limits(app: Flask, **extra: Any) -> None:
        with suppress(Exception):  # it is another package's
            limits.extend(_limits(app))

    with request_finished.connected_to(note_limits, sender=state.app):
        answer = _post(state, Probe(BODY))
    if not is_refusal(answer):
        yield blockers.name_blocker(answer, state.app)
        return
    if limits:
        yield LIMITED.found(limit=limits[0])
    answer = _post(state, Probe(BODY, is_accepted=True))
    if (answer.status, answer.body) != (200, ACKNOWLEDGEMENT):
        yield blockers.ENVELOPE.found(answer=answer)


def _post(state: AppState, probe: Probe) -> Answer:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    path = f"{state.config.url_prefix}/notify"
    return ask(state, "POST", path, probe, data=probe.body, headers=headers)


def is_refusal(answer: Answer) -> bool:
    """Whether an answer is ours to a notification that nobody signed."""
    if answer.status != 401 or answer.kind != "application/problem+json":
        return False
    try:
        problem: Any = json.loads(answer.body)
    except ValueError:
        return False
    return isinstance(problem, dict) and problem.get("code") == "missing"


def _limits(app: Flask) -> Iterator[str]:
    """Yield the limits of Flask-Limiter's that have counted the present request."""
    limiters: Any = app.extensions.get("limiter", ())
    for limiter in limiters if isinstance(limiters, set) else ():
        for limit in getattr(limiter, "current_limits", ()):
            yield str(limit.limit)

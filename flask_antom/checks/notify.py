"""Whether Antom's notifications reach our view, and its answer reaches Antom.

An unsigned notification has to come back as our own refusal, and one that counts as
accepted as the acknowledgement that Antom waits for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import current_app

from ..app_state import AppState
from ..web.notify_route import ACKNOWLEDGEMENT
from ..web.probes import Probe
from . import blockers
from .findings import WARNING, Finding, Mistake
from .requests import Answer, asked

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
    json_type = {"Content-Type": "application/json; charset=UTF-8"}
    path, post = (
        f"{state.config.url_prefix}/notify",
        {"data": BODY, "headers": json_type},
    )
    with asked(state, "POST", path, Probe(BODY), **post) as answer:
        limit = _limit()
    if not is_refusal(answer):
        yield blockers.name_blocker(answer, state.app)
        return
    if limit:
        yield LIMITED.found(limit=limit)
    with asked(state, "POST", path, Probe(BODY, is_accepted=True), **post) as answer:
        if (answer.status, answer.body) != (200, ACKNOWLEDGEMENT):
            yield blockers.ENVELOPE.found(answer=answer)


def is_refusal(answer: Answer) -> bool:
    """Whether an answer is ours to a notification that nobody signed."""
    if answer.status != 401 or answer.kind != "application/problem+json":
        return False
    try:
        problem: Any = json.loads(answer.body)
    except ValueError:
        return False
    return isinstance(problem, dict) and problem.get("code") == "missing"


def _limit() -> str:
    """Return the limit of Flask-Limiter's that has counted the request, if any."""
    limiters: Any = current_app.extensions.get("limiter", ())
    for limiter in limiters if isinstance(limiters, set) else ():
        limits = getattr(limiter, "current_limits", ())
        for limit in limits:
            return str(limit.limit)
    return ""

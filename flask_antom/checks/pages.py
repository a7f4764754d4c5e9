"""Whether buyers reach our views: to pay, and when they come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..app_state import AppState
from ..errors import ConfigError
from ..flows.result_links import PaymentIds, make_token
from ..web.probes import Probe
from . import blockers
from .findings import ERROR, WARNING, Finding, Mistake
from .policies import MISSING_SOURCES, check_policy
from .requests import Answer, ask

_LET_BY = 'if request.blueprint == "antom": return None'

SESSION = Mistake(
    "pages.session",
    ERROR,
    "A request to start a payment ({url}) was answered with {answer}.",
    "Nobody can pay.",
    f"Let the routes of Flask-Antom pass: {_LET_BY} in the first line of the"
    " before_request function. With SeaSurf also call"
    ' csrf.exempt(app.view_functions["antom.create_session"]), and the same for'
    ' "antom.hosted" and "antom.report".',
)
RESULT = Mistake(
    "pages.result",
    WARNING,
    "A result page, asked for by a browser without a login, was answered with"
    " {answer}.",
    "Buyers who come back, often in another browser, do not see whether they paid.",
    f"Let the routes of Flask-Antom pass: {_LET_BY} in the first line of the"
    " before_request function. The link to a result page is signed.",
)
LEAK = Mistake(
    "pages.result_leaks",
    WARNING,
    "The result page comes with {header}.",
    "Its address, which opens it without a login, goes to other sites or into caches.",
    "Return the response unchanged for these routes:"
    ' if request.blueprint == "antom": return response.',
)
MISTAKES = (SESSION, RESULT, LEAK, MISSING_SOURCES)

#: Policies that tell other sites the whole address.
_TELLING = {"unsafe-url", "no-referrer-when-downgrade", ""}


def check(state: AppState) -> Iterator[Finding]:
    """Ask for a session as our script does, and for a result page."""
    yield from _check_session(state)
    yield from _check_result(state)


def _check_session(state: AppState) -> Iterator[Finding]:
    origin = {"Origin": state.config.public_url, "Referer": state.config.public_url}
    path = f"{state.config.url_prefix}/session"
    answer = ask(state, "POST", path, json={}, headers=origin)
    is_csrf = "csrf" in state.app.extensions and answer.status == 400
    is_login = blockers.is_login(answer, state.app) or answer.status == 401
    if not (_is_refusal(answer) or is_csrf or is_login):
        yield SESSION.found(answer=answer, url=state.config.public("/session"))


def _is_refusal(answer: Answer) -> bool:
    """Whether the view has refused a request without an order."""
    try:
        problem: Any = json.loads(answer.body)
    except ValueError:
        return False
    is_problem = answer.status == 400 and isinstance(problem, dict)
    return is_problem and problem.get("code") == "invalid_request"


def _check_result(state: AppState) -> Iterator[Finding]:
    ids = PaymentIds(state.config.client_id, "flask-antom-check")
    try:
        token = make_token(state.app, ids)
    except ConfigError:
        return  # another check says that SECRET_KEY is missing
    path = f"{state.config.url_prefix}/result/{token}"
    answer = ask(state, "GET", path, Probe())
    if not answer.is_marked:
        yield RESULT.found(answer=answer)
        return
    referrer = answer.headers.get("referrer-policy", "")
    if referrer.rpartition(",")[2].strip() in _TELLING:
        yield LEAK.found(header=f"Referrer-Policy: {referrer}".strip())
    caching = answer.headers.get("cache-control", "")
    if "no-store" not in caching:
        yield LEAK.found(header=f"Cache-Control: {caching}".strip())
    yield from check_policy(state, answer.headers.get("content-security-policy", ""))

"""The guards that keep Antom's notifications away, by what they look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask

from .findings import ERROR, Finding, Mistake
from .requests import Answer

_LOST = (
    "No notification is accepted. Payments are only learnt of when Antom is asked,"
    " minutes later."
)
_LET_BY = 'if request.blueprint == "antom": return None'
_VIEW = 'app.view_functions["antom.notify"]'

_SAW = "An unsigned notification was answered with {answer}"


def _mistake(name: str, looks_like: str, cure: str) -> Mistake:
    return Mistake(f"notify.{name}", ERROR, f"{_SAW}: {looks_like}.", _LOST, cure)


HTTPS = _mistake(
    "https",
    "a redirect to https, as Flask-Talisman and Flask-SSLify make it",
    "Set ANTOM_PUBLIC_URL to the address with https://. If a proxy ends TLS, add"
    " ProxyFix, so that the app knows. On a machine without TLS, leave the redirect"
    " out: Talisman(app, force_https=False).",
)
LOGIN = _mistake(
    "login",
    "a login, as a guard of Flask-Login, Flask-Security or Flask-Principal makes it",
    f"Let the routes of Flask-Antom pass: {_LET_BY} in the first line of the"
    " before_request function. Do not wrap their views in login_required.",
)
BASIC_AUTH = _mistake(
    "basic_auth",
    "a question for a password (WWW-Authenticate), as Flask-HTTPAuth makes it",
    f"Let the routes of Flask-Antom pass: {_LET_BY} in the first line of the"
    " before_request function, or exempt {path} in the middleware.",
)
CSRF = _mistake(
    "csrf",
    "the check of a CSRF token, as SeaSurf makes it",
    f"With SeaSurf: csrf.exempt({_VIEW}) after init_app. Flask-WTF's CSRFProtect needs"
    " nothing.",
)
FORBIDDEN = _mistake(
    "forbidden",
    "a guard refuses strangers, such as a list of addresses or a CSRF check",
    f"Let the routes of Flask-Antom pass: {_LET_BY} in the first line of the"
    " before_request function.",
)
LIMITER = _mistake(
    "limiter",
    "a limit of requests, as Flask-Limiter makes it",
    f"With Flask-Limiter: limiter.exempt({_VIEW}) after init_app.",
)
TRUSTED_HOSTS = _mistake(
    "trusted_hosts",
    "TRUSTED_HOSTS does not name {host}",
    'Add "{host}" to app.config["TRUSTED_HOSTS"].',
)
NOT_FOUND = _mistake(
    "not_found",
    "the app has no such route for the host {host}, because of subdomain_matching,"
    " SERVER_NAME or a middleware",
    "Set SERVER_NAME to the host of ANTOM_PUBLIC_URL, or ANTOM_PUBLIC_URL to the"
    " address at which the app is mounted.",
)
OTHER_ROUTE = _mistake(
    "other_route",
    "another route of the app has the path {path}",
    'Rename that route, or set ANTOM_URL_PREFIX to another one, such as "/pay".',
)
ELSEWHERE = _mistake(
    "redirect",
    "a redirect to another address, such as one with www or with a slash at its end",
    "Set ANTOM_PUBLIC_URL to the address that redirects nowhere, or let the routes of"
    f" Flask-Antom pass: {_LET_BY} in the first line of the before_request function.",
)
MAINTENANCE = _mistake(
    "maintenance",
    "a page, as for maintenance",
    f"Let the routes of Flask-Antom pass: {_LET_BY} in the first line of the"
    " before_request function. Buyers who pay meanwhile are then not forgotten.",
)
BODY = _mistake(
    "body",
    "the body did not arrive as it was sent, because a middleware reads or changes it",
    "Let the middleware leave wsgi.input alone for {path}, or put the same bytes back:"
    ' environ["wsgi.input"] = io.BytesIO(body).',
)
ENVELOPE = _mistake(
    "envelope",
    "an after_request function or a middleware changes the answer",
    "Return the response unchanged for these routes:"
    ' if request.blueprint == "antom": return response.',
)
BROKEN = _mistake(
    "error",
    "a function or a middleware of the app raises without a visitor",
    f"Let the function pass the routes of Flask-Antom: {_LET_BY}.",
)
OTHER = _mistake(
    "other",
    "that is not Flask-Antom's answer",
    "Look for the before_request function, after_request function or middleware that"
    f" answers so, and let the routes of Flask-Antom pass: {_LET_BY}.",
)

_SIGN_IN = re.compile(r"log-?_?in|sign-?_?in|/auth|[?&]next=", re.IGNORECASE)


def _is_https(answer: Answer, app: Flask) -> bool:
    old, new = urlsplit(answer.url), urlsplit(urljoin(answer.url, answer.location))
    is_same = (old.hostname, old.path) == (new.hostname, new.path)
    return (
        bool(answer.location)
        and is_same
        and (old.scheme, new.scheme)
        == (
            "http",
            "https",
        )
    )


def is_login(answer: Answer, app: Flask) -> bool:
    """Whether an answer leads to a login, or asks for one."""
    is_asked = answer.status == 401 and "www-authenticate" not in answer.headers
    return is_asked or bool(_SIGN_IN.search(answer.location))


def _is_csrf(answer: Answer, app: Flask) -> bool:
    is_named = b"csrf" in answer.body.lower() or _has_surf(app)
    return answer.status in (400, 403) and is_named


def _has_surf(app: Flask) -> bool:
    functions: Any = app.before_request_funcs.get(None, [])
    return any("seasurf" in function.__module__.lower() for function in functions)


def _is_trusted_hosts(answer: Answer, app: Flask) -> bool:
    return answer.status == 400 and bool(app.config.get("TRUSTED_HOSTS"))


def _is_envelope(answer: Answer, app: Flask) -> bool:
    is_ours_within = b'"missing"' in answer.body and answer.status != 403
    return is_ours_within or (answer.status == 200 and answer.kind.endswith("json"))


#: The first rule that fits names the mistake.
RULES: Mapping[Mistake, Callable[[Answer, Flask], bool]] = {
    ENVELOPE: _is_envelope,
    HTTPS: _is_https,
    LOGIN: is_login,
    ELSEWHERE: lambda answer, app: bool(answer.location),
    BODY: lambda answer, app: answer.status == 411,
    BASIC_AUTH: lambda answer, app: (
        answer.status == 401 and "www-authenticate" in answer.headers
    ),
    TRUSTED_HOSTS: _is_trusted_hosts,
    CSRF: _is_csrf,
    FORBIDDEN: lambda answer, app: answer.status == 403,
    LIMITER: lambda answer, app: answer.status == 429,
    NOT_FOUND: lambda answer, app: answer.status == 404,
    OTHER_ROUTE: lambda answer, app: answer.status == 405,
    MAINTENANCE: lambda answer, app: answer.status in (200, 503),
    BROKEN: lambda answer, app: answer.status == 0 or answer.status >= 500,
    OTHER: lambda answer, app: True,
}
MISTAKES = tuple(RULES)


def name_blocker(answer: Answer, app: Flask) -> Finding:
    """Return the mistake that an answer which is not ours looks like."""
    mistake = next(one for one, fits in RULES.items() if fits(answer, app))
    parts = urlsplit(answer.url)
    return mistake.found(answer=answer, host=parts.netloc, path=parts.path)

"""Says what the app has answered, for the errors of the kit."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

_NOT_OURS = (
    "is not an answer of Flask-Antom: something in the app answers first, such as a"
    " check of the login, a CSRF protection or a limit"
)


def code_of(answer: TestResponse) -> str:
    """Return the code of Flask-Antom's problem document; empty for other answers."""
    return str(_problem(answer).get("code", ""))


def describe(answer: TestResponse, call: str) -> str:
    """Return what the app has answered, and why.

    :param call: what was called.
    """
    problem, status = _problem(answer), answer.status_code
    if problem:
        why = problem.get("detail") or problem.get("title")
        return f"{call} answers {status} {problem.get('code')}: {why}"
    to = f" (to {answer.location})" if answer.location else ""
    return f"{call} answers {status}{to}, which {_NOT_OURS}."


def _problem(answer: TestResponse) -> dict[str, Any]:
    if answer.mimetype != "application/problem+json":
        return {}
    fields = answer.get_json(silent=True)
    return fields if isinstance(fields, dict) else {}

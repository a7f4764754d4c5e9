"""How an error is told to a program: a problem document (RFC 9457)."""

from __future__ import annotations

from flask import Response, jsonify

from ..errors import CheckoutError, CheckoutUnavailable, TooManyReports


def problem(status: int, code: str, title: str, detail: str, **more: str) -> Response:
    """Make a problem document.

    :param code: stable, for programs.
    :param more: further members.
    """
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    answer = jsonify(body)
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return unstored(answer)


def checkout_problem(error: CheckoutError) -> Response:
    """Say why there is no payment session."""
    more = {} if error.result_code is None else {"resultCode": error.result_code}
    if isinstance(error, CheckoutUnavailable) and error.result_url is not None:
        more["resultUrl"] = error.result_url
    answer = problem(error.status, error.code, error.title, str(error), **more)
    return ask_to_wait(answer, error)


def ask_to_wait(answer: Response, error: CheckoutError | None) -> Response:
    """Say when to ask again, where that helps."""
    if isinstance(error, CheckoutUnavailable | TooManyReports):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def unstored(answer: Response) -> Response:
    """Keep an answer about money out of caches, and its URL out of referrers."""
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("Referrer-Policy", "no-referrer")
    return answer

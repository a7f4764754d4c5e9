"""Responses: problem documents (RFC 9457), and headers for private pages."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, render_template

from ..errors import CheckoutError, CheckoutUnavailable, TooManyReports
from ..opaque import conceal


@conceal
def draw(template: str, **values: Any) -> str:
    """Return a page of ours; no error shows the values, which have secret links."""
    return render_template(template, **values)


@conceal
def problem(status: int, code: str, title: str, detail: str, **more: str) -> Response:
    """Return a problem document.

    :param code: a stable code, for programs.
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
    return forbid_caching(answer)


def checkout_problem(error: CheckoutError) -> Response:
    """Return the problem document of a checkout error."""
    more = {} if error.result_code is None else {"resultCode": error.result_code}
    if isinstance(error, CheckoutUnavailable) and error.result_url is not None:
        more["resultUrl"] = error.result_url
    answer = problem(error.status, error.code, error.title, str(error), **more)
    return set_retry_after(answer, error)


def set_retry_after(answer: Response, error: CheckoutError | None) -> Response:
    """Set ``Retry-After`` if the error says when to ask again."""
    if isinstance(error, CheckoutUnavailable | TooManyReports):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def forbid_caching(answer: Response) -> Response:
    """Set headers that keep a response out of caches, and its URL out of referrers."""
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("Referrer-Policy", "no-referrer")
    return answer

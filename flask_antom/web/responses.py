"""Responses: problem documents (RFC 9457), and headers for private pages."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, render_template

from ..errors import (
    CheckoutError,
    CheckoutUnavailable,
    TooManyReports,
    UnusableOrder,
)
from ..opaque import conceal
from . import fault_codes

#: The detail of a problem about which a stranger reads nothing more.
_FOR_THE_LOG = "The shop finds the fault code in its log."


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


@conceal
def checkout_problem(error: CheckoutError) -> Response:
    """Return the problem document of a checkout error."""
    members = {
        "resultCode": error.result_code,
        "resultUrl": error.result_url,
        "faultCode": fault_codes.code_for(error),
    }
    if isinstance(error, CheckoutUnavailable):
        members["paymentStatus"] = error.payment_status
        members["paymentRequestId"] = error.request_id
    more = {name: value for name, value in members.items() if value is not None}
    detail = _FOR_THE_LOG if isinstance(error, UnusableOrder) else str(error)
    answer = problem(error.status, error.code, error.title, detail, **more)
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

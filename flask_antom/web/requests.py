"""What requests say, read with distrust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import InvalidRequest
from ..flows.visitor import Visitor

_MAX_REQUEST = 16 * 1024
_MOST_METHODS = 100


def json_object() -> dict[str, Any]:
    """Give the request's body.

    :raises InvalidRequest: if it is not a JSON object.
    """
    request.max_content_length = _MAX_REQUEST
    try:
        fields = request.get_json(silent=True)
    except RecursionError:
        fields = None
    if not isinstance(fields, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return fields


def raw_bytes(limit: int) -> bytes:
    """Give the request's body as it came.

    :raises RequestEntityTooLarge: if it is longer.
    """
    # Werkzeug cuts a chunked body off at its limit, without a word.
    request.max_content_length = limit + 1
    body = request.get_data(cache=False)
    if len(body) > limit:
        raise RequestEntityTooLarge
    return body


def text(fields: Mapping[str, Any], name: str) -> str:
    """Read a field.

    :raises InvalidRequest: if it is missing or not a text of 1 to 64 characters.
    """
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise InvalidRequest(f"{name} must be text of 1 to 64 characters.")
    if not value.isprintable():
        raise InvalidRequest(f"{name} holds a control character.")
    return value


def optional(fields: Mapping[str, Any], name: str) -> str | None:
    """Read a field that may be missing.

    :raises InvalidRequest: if it is there and not a text of 1 to 64 characters.
    """
    return text(fields, name) if name in fields else None


def methods(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the one method, or those among which the buyer is to choose; maybe none.

    :raises InvalidRequest: if they are not texts.
    """
    if "paymentMethodTypes" not in fields:
        one = "paymentMethodType"
        return (text(fields, one),) if one in fields else ()
    several = fields["paymentMethodTypes"]
    if not isinstance(several, list) or not all(isinstance(m, str) for m in several):
        raise InvalidRequest("paymentMethodTypes must be a list of texts.")
    if len(several) > _MOST_METHODS:
        raise InvalidRequest(f"paymentMethodTypes holds more than {_MOST_METHODS}.")
    return tuple(several)


def visitor() -> Visitor:
    """Describe the browser that asks."""
    return Visitor(request.remote_addr, request.user_agent.string)

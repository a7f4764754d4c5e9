"""Reads and checks the fields of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import InvalidRequest
from ..flows.visitor import Visitor
from ..opaque import Opaque

_MAX_REQUEST = 16 * 1024
_MAX_METHODS = 100


def json_object() -> dict[str, Any]:
    """Return the JSON object in the request's body.

    :raises InvalidRequest: if the body is not a JSON object.
    """
    request.max_content_length = _MAX_REQUEST
    try:
        fields = request.get_json(silent=True)
    except RecursionError:
        fields = None
    if not isinstance(fields, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return fields


def raw_bytes(limit: int) -> Opaque[bytes]:
    """Return the raw bytes of the request's body.

    :param limit: how many bytes are allowed.
    :raises RequestEntityTooLarge: if the body is longer.
    """
    # Werkzeug cuts a chunked body off at its limit without an error.
    request.max_content_length = limit + 1
    body = Opaque(request.get_data(cache=False))
    if len(body.reveal()) > limit:
        raise RequestEntityTooLarge
    return body


def text(fields: Mapping[str, Any], name: str) -> str:
    """Return a field of 1 to 64 characters.

    :raises InvalidRequest: if it is missing, too long or not text.
    """
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise InvalidRequest(f"{name} must be text of 1 to 64 characters.")
    if not value.isprintable():
        raise InvalidRequest(f"{name} holds a control character.")
    return value


def optional(fields: Mapping[str, Any], name: str) -> str | None:
    """Return a field of 1 to 64 characters; ``None`` if it is missing.

    :raises InvalidRequest: if it is too long or not text.
    """
    return text(fields, name) if name in fields else None


def methods(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the one method, or those to choose from; empty if there is no such field.

    :raises InvalidRequest: if they are not text, or too many.
    """
    if "paymentMethodTypes" not in fields:
        one = "paymentMethodType"
        return (text(fields, one),) if one in fields else ()
    several = fields["paymentMethodTypes"]
    if not isinstance(several, list) or not all(isinstance(m, str) for m in several):
        raise InvalidRequest("paymentMethodTypes must be a list of strings.")
    if len(several) > _MAX_METHODS:
        raise InvalidRequest(f"paymentMethodTypes holds more than {_MAX_METHODS}.")
    return tuple(several)


def visitor() -> Visitor:
    """Return the browser that sent the request."""
    return Visitor(request.remote_addr, request.user_agent.string)

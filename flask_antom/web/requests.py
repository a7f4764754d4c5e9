"""Reads and checks the fields of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import InvalidRequest
from ..flows.visitor import Visitor
from ..log_lines import Log
from .blueprint import current_state
from .bodies import Body, take_body

log: Log = Log(__name__)

_MAX_METHODS = 100


class BodyLost(InvalidRequest):
    """The body did not arrive as it was announced."""

    status = 411
    title = "The body did not arrive."


class RequestTooLarge(InvalidRequest):
    """The request is larger than any that our script or form sends."""

    status = 413
    code = "too_large"
    title = "The body is too large."


def json_object() -> dict[str, Any]:
    """Return the JSON object in the request's body.

    :raises InvalidRequest: if the body is no JSON object, is too long or did not
        arrive.
    """
    body = _take()
    try:
        fields = request.get_json(silent=True)
    except RecursionError:
        fields = None
    if not isinstance(fields, dict):
        _refuse_if_lost(body)
        raise InvalidRequest("The body must be a JSON object.")
    return fields


def form() -> Mapping[str, Any]:
    """Return the fields of a form, each with its first value.

    :raises InvalidRequest: if the body is too long or did not arrive.
    """
    body = _take()
    if not request.form:
        _refuse_if_lost(body)
    return request.form


def _take() -> Body:
    try:
        return take_body()
    except RequestEntityTooLarge:
        raise RequestTooLarge("The body is too large.") from None


def _refuse_if_lost(body: Body) -> None:
    if not body.lack:
        return
    limits, sender = current_state().refusals, request.remote_addr or ""
    if limits.allows("checkout", sender):
        log.warning("A request to %s: %s%s", request.path, body.lack, limits.missed())
    raise BodyLost(body.lack)


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
    return _bounded("paymentMethodTypes", several)


def ticked_methods() -> tuple[str, ...]:
    """Return the methods of a form; empty if there are none.

    :raises InvalidRequest: if they are too many.
    """
    name = "paymentMethodType"
    return _bounded(name, request.form.getlist(name))


def _bounded(name: str, several: list[str]) -> tuple[str, ...]:
    if len(several) > _MAX_METHODS:
        raise InvalidRequest(f"{name} holds more than {_MAX_METHODS}.")
    return tuple(several)


def visitor() -> Visitor:
    """Return the browser that sent the request."""
    return Visitor(request.remote_addr, request.user_agent.string)

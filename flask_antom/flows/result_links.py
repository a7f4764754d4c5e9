"""Signed links to the result page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask
from itsdangerous import BadSignature, URLSafeSerializer

from ..errors import ConfigError

_SALT = "flask-antom result"


def make_token(app: Flask, request_id: str) -> str:
    """Return a payment's id, signed with the app's secret key.

    The id alone does not open the result page.

    :raises ConfigError: without ``SECRET_KEY``.
    """
    return str(_serializer(app).dumps(request_id))


def read_token(app: Flask, token: str) -> str | None:
    """Return the ``request_id`` of a token; ``None`` if this app did not sign it."""
    try:
        request_id = _serializer(app).loads(token)
    except BadSignature:
        return None
    return request_id if isinstance(request_id, str) else None


def _serializer(app: Flask) -> URLSafeSerializer:
    if not app.secret_key:
        raise ConfigError(
            "SECRET_KEY is not set; the links to the result page are signed with it."
        )
    return _make_serializer(
        (*(app.config.get("SECRET_KEY_FALLBACKS") or ()), app.secret_key)
    )


@lru_cache(maxsize=8)
def _make_serializer(keys: tuple[Any, ...]) -> URLSafeSerializer:
    return URLSafeSerializer(list(keys), salt=_SALT)

"""Signed links to the result page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from flask import Flask
from itsdangerous import BadSignature, URLSafeSerializer

from ..app_state import AppState
from ..errors import ConfigError
from ..opaque import conceal

_SALT = "flask-antom result"

CANNOT_SIGN = (
    "SECRET_KEY is not set; the links to the result page are signed with it."
    ' Set app.config["SECRET_KEY"] to a long random text.'
)


class PaymentIds(NamedTuple):
    """The ids of a payment that a link is for: its account, its own and its order's.

    :ivar order_reference: the order; empty in links of an earlier version.
    """

    client_id: str
    request_id: str
    order_reference: str = ""


class HasIds(Protocol):
    """A payment, or a session of it."""

    @property
    def client_id(self) -> str: ...

    @property
    def request_id(self) -> str: ...

    @property
    def order_reference(self) -> str: ...


def result_url_of(state: AppState, payment: HasIds) -> str:
    """Return the address of a payment's result page.

    :raises ConfigError: without ``SECRET_KEY``.
    """
    return state.config.public(f"/result/{make_token(state.app, payment)}")


@conceal
def make_token(app: Flask, payment: HasIds) -> str:
    """Return a payment's ids, signed with the app's secret key.

    The ids alone do not open the result page. The order's reference is for a payment
    that is not in the database any more.

    :raises ConfigError: without ``SECRET_KEY``.
    """
    ids = [payment.client_id, payment.request_id, payment.order_reference]
    return str(_serializer(app).dumps(ids))


@conceal
def read_token(app: Flask, token: str) -> PaymentIds | None:
    """Return the ids in a token; ``None`` if this app did not sign it."""
    try:
        ids = _serializer(app).loads(token)
    except BadSignature:
        return None
    match ids:
        case [str(client_id), str(request_id)]:
            return PaymentIds(client_id, request_id)
        case [str(client_id), str(request_id), str(order_reference)]:
            return PaymentIds(client_id, request_id, order_reference)
    return None


def check_secret_key(app: Flask) -> None:
    """Raise an error if no link can be signed.

    :raises ConfigError: without ``SECRET_KEY``.
    """
    if not app.secret_key:
        raise ConfigError(CANNOT_SIGN)


def _serializer(app: Flask) -> URLSafeSerializer:
    check_secret_key(app)
    return _make_serializer(
        (*(app.config.get("SECRET_KEY_FALLBACKS") or ()), app.secret_key)
    )


@lru_cache(maxsize=8)
def _make_serializer(keys: tuple[Any, ...]) -> URLSafeSerializer:
    return URLSafeSerializer(list(keys), salt=_SALT)

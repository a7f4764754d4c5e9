"""The forms of actions: each has its own key, and a token that no site can forge.

The key is a hash over what the form is about, as it was when the form was drawn, and
over the latest action that was recorded then. So all forms that are drawn before
somebody acts have the same key, in two tabs and for two people, and it can be used
once. A form drawn afterwards has another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask
from itsdangerous import BadSignature, URLSafeTimedSerializer

from ...errors import ConfigError
from ...opaque import conceal

_SALT = "flask-antom admin"

#: Seconds for which a form can be sent.
LIFETIME = 12 * 3600

_CANNOT_SIGN = (
    "SECRET_KEY is not set; the forms of the support page are signed with it."
    ' Set app.config["SECRET_KEY"] to a long random text.'
)


class Form(NamedTuple):
    """What a form is for.

    :ivar actor: for whom it was drawn.
    :ivar action: the action.
    :ivar subject: the ``paymentRequestId``, or the id of the event.
    :ivar key: the form's key.
    """

    actor: str
    action: str
    subject: str
    key: str


def key_of(action: str, subject: str, seen: object, actions: Sequence[Any]) -> str:
    """Return the key of a form that is drawn now.

    :param seen: what the action depends on, such as the refunds there are.
    :param actions: the actions that were recorded, newest first.
    """
    latest = actions[0]["id"] if actions else 0
    told = repr((action, subject, seen, latest))
    return f"admin-{hashlib.sha256(told.encode()).hexdigest()[:40]}"


def seen_of_payment(attempt: Mapping[str, Any]) -> object:
    """Return what an action on a payment depends on.

    Inquiries change it only if they bring news.
    """
    refunds = [
        (row["id"], row["status"], row["amount_value"], row["reported_value"])
        for row in attempt["refunds"]
    ]
    return (
        *(attempt["status"], attempt["captured_value"], attempt["refunded_value"]),
        *(attempt["capture_request_id"], attempt["under_review"]),
        *(sorted((attempt["captures"] or {}).items()), refunds),
    )


def seen_of_event(event: Mapping[str, Any]) -> object:
    """Return what another delivery of an event depends on."""
    return str(event["delivered_at"]), str(event["redelivered_at"])


@conceal
def make_token(app: Flask, form: Form) -> str:
    """Return a form's token.

    It names the person, so that nobody else's token works: a site of another's cannot
    make one.

    :raises ConfigError: without ``SECRET_KEY``.
    """
    return str(_serializer(app).dumps(list(form)))


@conceal
def read_token(app: Flask, token: str, *, actor: str) -> Form | None:
    """Return what a token is for; ``None`` if it is forged, too old or another's."""
    try:
        told = _serializer(app).loads(token, max_age=LIFETIME)
    except BadSignature:
        return None
    match told:
        case [str(), str(), str(), str()]:
            form = Form(*told)
            return form if form.actor == actor else None
    return None


def _serializer(app: Flask) -> URLSafeTimedSerializer:
    if not app.secret_key:
        raise ConfigError(_CANNOT_SIGN)
    return _make_serializer(
        (*(app.config.get("SECRET_KEY_FALLBACKS") or ()), app.secret_key)
    )


@lru_cache(maxsize=8)
def _make_serializer(keys: tuple[Any, ...]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(keys), salt=_SALT)

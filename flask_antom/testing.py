"""A pytest plugin for shops that use Flask-Antom.

It has fixtures, a signer of notifications and a recorder of signals.

In the top ``conftest.py``::

    pytest_plugins = ["flask_antom.testing"]

    @pytest.fixture
    def app(antom_settings):
        return create_app(antom_settings | {"SQLALCHEMY_DATABASE_URI": "sqlite://"})

In a test::

    def test_a_paid_order_is_fulfilled(app, antom_simulator, antom_signer):
        client = app.test_client()
        wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
        request_id = client.post("/antom/session", json=wanted).json["paymentRequestId"]
        body, headers = antom_signer.notification(request_id, Money(4200, "MYR"))
        with record_signals(app) as recorded:
            client.post("/antom/notify", data=body, headers=headers)
        assert [name for name, _ in recorded] == ["payment_succeeded"]

The order has to be in the app's database: the order loader is asked for it once more
when the money has come, without a visitor.

``antom_simulator`` answers the app's calls. It notifies an app that is served at
``ANTOM_PUBLIC_URL``. ``antom_signer`` signs notifications for a test client.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from . import signals
from .clock import SystemClock
from .domain.money import Money
from .gateway.http import Reply, Unreachable
from .gateway.keys import load_private_key
from .gateway.signing import format_header, sign
from .gateway.transport import Send
from .simulator import Simulator
from .simulator.signatures import generate_key

__all__ = [
    "Reply",
    "Send",
    "Signer",
    "SystemClock",
    "Unreachable",
    "antom_settings",
    "antom_signer",
    "antom_simulator",
    "record_signals",
]

_CLIENT_ID = "SANDBOX_5YDEMO00000000001"


class Signer:
    """Signs notifications as Antom does.

    :param private_key: the private half of the app's ``ANTOM_PUBLIC_KEY``.
    """

    def __init__(self, private_key: str, client_id: str) -> None:
        self._key = load_private_key(private_key)
        self._client_id = client_id

    def headers(self, path: str, body: bytes) -> dict[str, str]:
        """Return the signed headers of a body.

        :param path: the path of the app's public notify URL.
        """
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        signature = sign(self._key, path, self._client_id, time, body)
        return {
            "Content-Type": "application/json; charset=UTF-8",
            "Client-Id": self._client_id,
            "Request-Time": time,
            "Signature": format_header(signature),
        }

    def notification(
        self, request_id: str, amount: Money, path: str = "/antom/notify", **fields: Any
    ) -> tuple[bytes, dict[str, str]]:
        """Return a signed notification of success (Antom: notifyPayment).

        :param fields: Antom's fields to add or replace; ``None`` omits a field.
        :returns: the body and its headers.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        message: dict[str, Any] = {
            "notifyType": "PAYMENT_RESULT",
            "result": {"resultCode": "SUCCESS", "resultStatus": "S"},
            "paymentRequestId": request_id,
            "paymentId": f"P-{request_id}"[:64],
            "paymentAmount": amount.to_antom(),
            "paymentCreateTime": now,
            "paymentTime": now,
        }
        message |= fields
        body = json.dumps({k: v for k, v in message.items() if v is not None}).encode()
        return body, self.headers(path, body)


@contextmanager
def record_signals(app: Flask) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Record the signals of :mod:`flask_antom.signals` that an app sends.

    :returns: pairs of name and arguments. Payments are copies, so they can be read at
        any time.
    """
    recorded: list[tuple[str, dict[str, Any]]] = []
    wanted = {**signals.BY_NAME, "notification_refused": signals.notification_refused}
    with ExitStack() as stack:
        for name, signal in wanted.items():
            receiver = _Recorder(recorded, name)
            stack.enter_context(signal.connected_to(receiver, sender=app))
        yield recorded


@pytest.fixture
def antom_simulator() -> Simulator:
    """A simulated Antom."""
    key = load_private_key(_key("merchant")).public_key()
    public_key = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Simulator(public_key.decode(), private_key=_key("antom"))


@pytest.fixture
def antom_settings(antom_simulator: Simulator) -> Iterator[dict[str, Any]]:
    """The ``ANTOM_`` keys of an app that uses ``antom_simulator``, which serves."""
    with antom_simulator.serve() as server:
        yield {
            "ANTOM_CLIENT_ID": _CLIENT_ID,
            "ANTOM_PRIVATE_KEY": _key("merchant"),
            "ANTOM_KEY_VERSION": "1",
            "ANTOM_PUBLIC_KEY": antom_simulator.public_key,
            "ANTOM_GATEWAY_URL": server.url,
            "ANTOM_PUBLIC_URL": "http://127.0.0.1:5000",
            "ANTOM_SDK_URL": server.sdk_url,
        }


@pytest.fixture
def antom_signer() -> Signer:
    """A signer with the key of ``antom_simulator``."""
    return Signer(_key("antom"), _CLIENT_ID)


@functools.cache
def _key(owner: str) -> str:
    """Return the key of an owner; it is generated once for all tests."""
    return generate_key()


class _Recorder:
    """A receiver that records. It does not count as somebody who listens."""

    only_records = True

    def __init__(self, recorded: list[Any], name: str) -> None:
        self._recorded = recorded
        self._name = name

    def __call__(self, app: Flask, **extra: Any) -> None:
        values = {key: _copy(value) for key, value in extra.items()}
        self._recorded.append((self._name, values))


def _copy(value: Any) -> Any:
    """Copy a row, because it cannot be read after its session."""
    if not hasattr(value, "__mapper__"):
        return value
    names = [column.key for column in value.__mapper__.column_attrs]
    return type(value)(**{name: getattr(value, name) for name in names})

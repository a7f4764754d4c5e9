"""Signs notifications that a test writes by hand."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ..domain.money import Money
from ..gateway.keys import load_private_key
from ..gateway.signing import format_header, sign
from ..simulator.signatures import generate_key

CLIENT_ID = "SANDBOX_5YDEMO00000000001"


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


@functools.cache
def key_of(owner: str) -> str:
    """Return the key of an owner; it is generated once for all tests."""
    return generate_key()


@functools.cache
def loaded_key_of(owner: str) -> RSAPrivateKey:
    """Return the same, loaded; that takes its time too."""
    return load_private_key(key_of(owner))

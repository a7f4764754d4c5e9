"""Signed messages as Antom sends them, made without Flask-Antom.

So every build and both floors receive the same bytes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.support.keys import ANTOM_PRIVATE_KEY, OTHER_PRIVATE_KEY

CLIENT_ID = "SANDBOX_5YBENCHMARK000001"
NOTIFY_PATH = "/antom/notify"
API = "/ams/sandbox/api/v1/payments"
SESSION_PATH, INQUIRY_PATH = f"{API}/createPaymentSession", f"{API}/inquiryPayment"

RESULT = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success."}
AMOUNT = {"value": "4200", "currency": "MYR"}
SESSION = {
    "result": RESULT,
    "paymentSessionData": "opaque" * 200,
    "paymentSessionExpiryTime": "2099-01-01T00:00:00Z",
    "paymentSessionId": "opaque",
}

Signed = tuple[dict[str, str], bytes]


def notification(request_id: str, *, is_forged: bool = False) -> Signed:
    """Return the headers and the body of a notification of success."""
    fields = {
        "notifyType": "PAYMENT_RESULT",
        "result": RESULT,
        "paymentRequestId": request_id,
        "paymentId": f"antom-{request_id}",
        "paymentAmount": AMOUNT,
        "paymentCreateTime": "2026-11-23T10:00:00+08:00",
        "paymentTime": "2026-11-23T10:00:01+08:00",
    }
    body = json.dumps(fields).encode()
    time = _now()
    key = OTHER_PRIVATE_KEY if is_forged else ANTOM_PRIVATE_KEY
    headers = {
        "Content-Type": "application/json",
        "Client-Id": CLIENT_ID,
        "Request-Time": time,
        "Signature": sign(load(key), NOTIFY_PATH, time, body),
    }
    return headers, body


def inquiry_answer(request_id: str) -> Signed:
    """Return Antom's answer that a payment has succeeded."""
    fields = {
        "result": RESULT,
        "paymentStatus": "SUCCESS",
        "paymentRequestId": request_id,
        "paymentId": f"antom-{request_id}",
        "paymentAmount": AMOUNT,
        "paymentTime": "2026-11-23T10:00:00+08:00",
    }
    return answer(INQUIRY_PATH, fields)


def answer(path: str, fields: Mapping[str, Any]) -> Signed:
    """Return the headers and the body of an answer of Antom's."""
    body, time = json.dumps(fields).encode(), _now()
    headers = {
        "Content-Type": "application/json",
        "client-id": CLIENT_ID,
        "response-time": time,
        "signature": sign(load(ANTOM_PRIVATE_KEY), path, time, body),
    }
    return headers, body


def sign(key: RSAPrivateKey, path: str, time: str, body: bytes) -> str:
    """Return the value of the ``Signature`` header."""
    signature = key.sign(signed_text(path, time, body), PKCS1v15(), hashes.SHA256())
    value = quote(base64.b64encode(signature), safe="")
    return f"algorithm=RSA256,keyVersion=1,signature={value}"


def signed_text(path: str, time: str, body: bytes) -> bytes:
    return f"POST {path}\n{CLIENT_ID}.{time}.".encode() + body


@cache
def load(private_key: str) -> RSAPrivateKey:
    key = serialization.load_der_private_key(base64.b64decode(private_key), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

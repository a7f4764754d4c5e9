"""The keys at the simulated Antom: its own to sign, the merchant's to check."""

from __future__ import annotations

import base64
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ..errors import SignatureError
from ..gateway.keys import load_private_key, load_public_key
from ..gateway.signing import format_header, sign, verify


def generate_key() -> str:
    """Make a new RSA-2048 key: PKCS#8, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def path_of(url: str) -> str:
    """Give what is signed of a URL: its path, and its query if there is one.

    Antom: digital_signature, "URI".
    """
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Seal:
    """Signs what Antom says and checks what the merchant says.

    :param private_key: Antom's key.
    :param merchant_public_key: the merchant's.
    :raises ValueError: for a key that is none; the message shows no key.
    """

    def __init__(
        self, client_id: str, private_key: str, merchant_public_key: str
    ) -> None:
        self.client_id = client_id
        self._key = load_private_key(private_key)
        self._merchant_keys = {"1": load_public_key(merchant_public_key)}

    @property
    def public_key(self) -> str:
        """Antom's public key, as the merchant configures it: base64 of DER."""
        public = self._key.public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def is_from_merchant(
        self, header: str | None, path: str, time: str, body: bytes
    ) -> bool:
        """Tell whether the merchant's key signed this call."""
        try:
            verify(self._merchant_keys, header, path, self.client_id, time, body)
        except SignatureError:
            return False
        return True

    def answer_headers(self, path: str, now: datetime, body: bytes) -> dict[str, str]:
        """Sign an answer; the path is the call's (Antom: digital_signature)."""
        time = now.isoformat(timespec="seconds")
        return {
            "client-id": self.client_id,
            "response-time": time,
            "signature": self._sign(path, time, body),
        }

    def notification_headers(
        self, path: str, now: datetime, body: bytes
    ) -> dict[str, str]:
        """Sign a notification; the path is that of the merchant's notify URL."""
        time = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "Content-Type": "application/json; charset=UTF-8",
            "Client-Id": self.client_id,
            "Request-Time": time,
            "Signature": self._sign(path, time, body),
        }

    def _sign(self, path: str, time: str, body: bytes) -> str:
        return format_header(sign(self._key, path, self.client_id, time, body))

"""Signatures of the simulated Antom: it signs with its key, and verifies with the
merchant's.
"""

from __future__ import annotations

import base64
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ..errors import SignatureError
from ..gateway.keys import load_private_key, load_public_key
from ..gateway.signing import format_header, parse_header, sign, verify


def generate_key() -> str:
    """Generate an RSA-2048 key: PKCS#8, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def path_of(url: str) -> str:
    """Return the signed part of a URL: its path and, if there is one, its query.

    Antom: digital_signature, "URI".
    """
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def corrupt(signature: str) -> str:
    """Change a ``Signature`` header so that it is well-formed and wrong."""
    parsed = parse_header(signature)
    wrong = bytes([parsed.signature[0] ^ 1]) + parsed.signature[1:]
    return format_header(wrong, parsed.key_version)


def notification_headers(
    key: RSAPrivateKey, client_id: str, path: str, now: datetime, body: bytes
) -> dict[str, str]:
    """Return the headers of a notification that is signed with Antom's key."""
    time = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "Content-Type": "application/json; charset=UTF-8",
        "Client-Id": client_id,
        "Request-Time": time,
        "Signature": format_header(sign(key, path, client_id, time, body)),
    }


class Signatures:
    """Signs Antom's answers and notifications, and verifies the merchant's calls.

    :param private_key: Antom's private key.
    :param merchant_public_key: the merchant's public key.
    :param key_version: its version; the merchant has no other key.
    :raises ValueError: for an invalid key; the message does not show the key.
    """

    def __init__(
        self,
        client_id: str,
        private_key: str | RSAPrivateKey,
        merchant_public_key: str,
        key_version: str = "1",
    ) -> None:
        self.client_id = client_id
        if isinstance(private_key, str):
            private_key = load_private_key(private_key)
        self._key = private_key
        self._merchant_keys = {key_version: load_public_key(merchant_public_key)}

    @property
    def public_key(self) -> str:
        """Antom's public key for the merchant's configuration: base64 of DER."""
        public = self._key.public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def knows_version(self, header: str) -> bool:
        """Whether the merchant has a key of the version that a header names.

        A header that names none is about the newest one.
        """
        names = (part.partition("=")[0].strip().lower() for part in header.split(","))
        if "keyversion" not in names:
            return True
        try:
            return parse_header(header).key_version in self._merchant_keys
        except SignatureError:  # it is refused for that
            return True

    def is_from_merchant(
        self, header: str | None, path: str, time: str, body: bytes
    ) -> bool:
        """Whether the merchant's key signed this call."""
        try:
            verify(self._merchant_keys, header, path, self.client_id, time, body)
        except SignatureError:
            return False
        return True

    def answer_headers(self, path: str, now: datetime, body: bytes) -> dict[str, str]:
        """Return the headers of a signed answer.

        The path is that of the call (Antom: digital_signature).
        """
        time = now.isoformat(timespec="seconds")
        return {
            "client-id": self.client_id,
            "response-time": time,
            "signature": self._sign(path, time, body),
        }

    def notification_headers(
        self, path: str, now: datetime, body: bytes
    ) -> dict[str, str]:
        """Return the headers of a signed notification.

        The path is that of the merchant's notify URL.
        """
        return notification_headers(self._key, self.client_id, path, now, body)

    def _sign(self, path: str, time: str, body: bytes) -> str:
        return format_header(sign(self._key, path, self.client_id, time, body))

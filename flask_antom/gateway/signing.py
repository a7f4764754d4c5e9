"""Keys, the signed text, signing and verifying. Pure: no Flask, no network.

Both sides sign ``POST <path>\\n<client id>.<time>.<body>`` with RSA-2048, PKCS#1 v1.5
and SHA-256 (Antom: digital_signature). The body counts byte for byte, the time
character for character: nothing here parses or re-formats what it signs or verifies.
"""

from __future__ import annotations

import base64
from binascii import a2b_base64
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..errors import SignatureError

#: The only algorithm that Antom's protocol knows; RSA with SHA-256.
ALGORITHM = "RSA256"

_PARTS = frozenset({"algorithm", "keyversion", "signature"})
_PADDING, _HASH = PKCS1v15(), hashes.SHA256()


class SignatureHeader(NamedTuple):
    """The parts of a ``Signature`` header.

    :ivar key_version: as sent; ``"1"`` where Antom leaves it out.
    :ivar signature: the raw bytes, decoded.
    """

    algorithm: str
    key_version: str
    signature: bytes


def signed_text(path: str, client_id: str, time: str, body: bytes) -> bytes:
    """Give the bytes that are signed (Antom: digital_signature).

    :param path: the path of the URL, as called, with its query if there is one.
    :param time: the value of the time header, verbatim.
    """
    return f"POST {path}\n{client_id}.{time}.".encode() + body


def sign(
    key: RSAPrivateKey, path: str, client_id: str, time: str, body: bytes
) -> bytes:
    """Sign a message; see :func:`signed_text`."""
    text = signed_text(path, client_id, time, body)
    return key.sign(text, _PADDING, _HASH)


def format_header(signature: bytes, key_version: str = "1") -> str:
    """Write a ``Signature`` header; the base64 is URL-encoded, as Antom does it."""
    encoded = quote(base64.b64encode(signature).decode(), safe="")
    return f"algorithm={ALGORITHM},keyVersion={key_version},signature={encoded}"


def parse_header(value: str) -> SignatureHeader:
    """Read a ``Signature`` header: any order of its parts, blanks, both base64 forms.

    Parts that we do not know are passed over; Antom may add some.

    :raises SignatureError: ``header``, ``algorithm`` or ``encoding``.
    """
    parts: dict[str, str] = {}
    for part in value.split(","):
        name, equals, text = part.partition("=")
        name = name.strip().lower()
        if not equals or name not in _PARTS:
            continue
        if name in parts:
            raise SignatureError("header", f"The Signature header names {name} twice.")
        parts[name] = text.strip()
    if "signature" not in parts:
        raise SignatureError("header", "The Signature header holds no signature.")
    algorithm = parts.get("algorithm", "")
    if algorithm != ALGORITHM:
        raise SignatureError(
            "algorithm", f"The signature's algorithm is not {ALGORITHM}."
        )
    version = parts.get("keyversion") or "1"
    return SignatureHeader(algorithm, version, _decode_signature(parts["signature"]))


def verify(
    keys: Mapping[str, RSAPublicKey],
    header: str | None,
    path: str,
    client_id: str,
    time: str,
    body: bytes,
) -> str:
    """Prove that one of Antom's keys signed this message.

    :param keys: Antom's public keys by version. The version that the header names is
        tried first, then the others: the label is not part of what is signed.
    :param header: the ``Signature`` header, ``None`` where there was none.
    :returns: the version of the key that fits.
    :raises SignatureError: if none does.
    """
    if not header:
        raise SignatureError("missing", "There is no signature.")
    parsed = parse_header(header)
    text = signed_text(path, client_id, time, body)
    for version in sorted(keys, key=parsed.key_version.__ne__):
        try:
            keys[version].verify(parsed.signature, text, _PADDING, _HASH)
        except InvalidSignature:
            continue
        return version
    raise SignatureError("mismatch", "No key of Antom's made this signature.")


def _decode_signature(value: str) -> bytes:
    """Decode base64, URL-encoded or plain; a blank can only be a damaged plus."""
    plain = value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    if "%" in plain:  # small letters, or more is encoded than need be
        plain = unquote(value)
    try:
        return a2b_base64(plain.replace(" ", "+"), strict_mode=True)
    except ValueError:
        raise SignatureError("encoding", "The signature is not base64.") from None

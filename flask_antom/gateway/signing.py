"""Signs and verifies messages. Pure: no Flask, no network.

Both sides sign ``POST <path>\\n<client id>.<time>.<body>`` with RSA-2048, PKCS#1 v1.5
and SHA-256 (Antom: digital_signature). Every byte of the body and every character of
the time counts. Nothing here parses or formats them.
"""

from __future__ import annotations

import base64
from binascii import a2b_base64
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..errors import SignatureError
from ..opaque import Opaque, conceal, reveal

#: The only algorithm of Antom's protocol: RSA with SHA-256.
ALGORITHM = "RSA256"

_PARTS = frozenset({"algorithm", "keyversion", "signature"})
_PADDING, _HASH = PKCS1v15(), hashes.SHA256()


class SignatureHeader(NamedTuple):
    """The parts of a ``Signature`` header.

    :ivar key_version: the version as sent; ``"1"`` if it is missing.
    :ivar signature: the decoded bytes.
    """

    algorithm: str
    key_version: str
    signature: bytes


def signed_text(path: str, client_id: str, time: str, body: bytes) -> bytes:
    """Return the bytes that are signed (Antom: digital_signature).

    :param path: the path of the URL as called, with the query if there is one.
    :param time: the exact value of the time header.
    :param body: the raw bytes.
    """
    return f"POST {path}\n{client_id}.{time}.".encode() + body


@conceal
def sign(
    key: RSAPrivateKey, path: str, client_id: str, time: str, body: bytes
) -> bytes:
    """Return the signature of a message; see :func:`signed_text`."""
    text = signed_text(path, client_id, time, body)
    return key.sign(text, _PADDING, _HASH)


def format_header(signature: bytes, key_version: str = "1") -> str:
    """Return a ``Signature`` header. Its base64 is URL-encoded, as Antom's is."""
    plain = base64.b64encode(signature).decode()
    encoded = plain.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    return f"algorithm={ALGORITHM},keyVersion={key_version},signature={encoded}"


def parse_header(value: str) -> SignatureHeader:
    """Parse a ``Signature`` header.

    The parts may be in any order and have blanks around them. The base64 may be
    URL-encoded or plain. Unknown parts are ignored, because Antom may add some. A
    header without ``algorithm`` stands for the only one that there is.

    :raises SignatureError: with the reason ``header``, ``algorithm`` or ``encoding``.
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
    algorithm = parts.get("algorithm", ALGORITHM)
    if algorithm != ALGORITHM:
        raise SignatureError(
            "algorithm", f"The signature's algorithm is not {ALGORITHM}."
        )
    version = parts.get("keyversion") or "1"
    return SignatureHeader(algorithm, version, _decode_signature(parts["signature"]))


@conceal
def verify(
    keys: Mapping[str, RSAPublicKey],
    header: str | None,
    path: str,
    client_id: str,
    time: str,
    body: bytes | Opaque[bytes],
) -> str:
    """Verify that one of Antom's keys signed this message.

    :param keys: Antom's public keys, by version. The version that the header names is
        tried first, then the others: the version itself is not signed.
    :param header: the ``Signature`` header; ``None`` if it is missing.
    :returns: the version of the key that signed.
    :raises SignatureError: if no key signed it.
    """
    if not header:
        raise SignatureError("missing", "There is no signature.")
    parsed = parse_header(header)
    text = signed_text(path, client_id, time, reveal(body))
    for version in sorted(keys, key=parsed.key_version.__ne__):
        try:
            keys[version].verify(parsed.signature, text, _PADDING, _HASH)
        except InvalidSignature:
            continue
        return version
    raise SignatureError("mismatch", "No key of Antom's made this signature.")


def _decode_signature(value: str) -> bytes:
    """Decode base64, URL-encoded or plain. A blank stands for a damaged plus."""
    plain = value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    if "%" in plain:  # lower case, or other characters are encoded too
        plain = unquote(value)
    try:
        return a2b_base64(plain.replace(" ", "+"), strict_mode=True)
    except ValueError:
        raise SignatureError("encoding", "The signature is not base64.") from None

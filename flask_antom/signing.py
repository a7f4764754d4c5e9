"""Keys, the signed text, signing and verifying. Pure: no Flask, no network.

Both sides sign ``POST <path>\\n<client id>.<time>.<body>`` with RSA-2048, PKCS#1 v1.5
and SHA-256 (Antom: digital_signature). The body counts byte for byte, the time
character for character: nothing here parses or re-formats what it signs or verifies.
"""

from __future__ import annotations

import base64
import re
from binascii import a2b_base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, unquote

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from .errors import SignatureError

#: The only algorithm that Antom's protocol knows; RSA with SHA-256.
ALGORITHM = "RSA256"

_ENCRYPTED = "this key is encrypted with a passphrase; give it without"
_MIN_KEY_BITS = 2048
_ARMOUR = re.compile(r"-----(BEGIN|END) ([A-Z ]+)-----")
_EPOCH_MS = re.compile(r"\d{13}", re.ASCII)
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


class Keyring:
    """One merchant's private key and Antom's public keys, loaded at first use.

    Loading the private key takes some 40 ms, so it is done once, and not in
    ``init_app``.

    :param private: the merchant's private key, as :func:`load_private_key` reads it.
    :param public: Antom's public keys by version.
    """

    def __init__(self, private: str, public: Mapping[str, str]) -> None:
        self._private = private
        self._public = dict(public)

    @cached_property
    def private_key(self) -> RSAPrivateKey:
        return load_private_key(self._private)

    @cached_property
    def public_keys(self) -> dict[str, RSAPublicKey]:
        return {version: load_public_key(key) for version, key in self._public.items()}

    def check(
        self,
        private_setting: str = "ANTOM_PRIVATE_KEY",
        public_setting: str = "ANTOM_PUBLIC_KEY",
    ) -> None:
        """Look at every key, quickly, without keeping the private one.

        :param private_setting: where the private key comes from, for the sentences.
        :raises ValueError: naming the setting whose key is no key, or is swapped.
        """
        try:
            own = load_private_key(self._private, check=False).public_key()
        except ValueError as error:
            raise ValueError(f"{private_setting}: {error}.") from None
        for version, text in self._public.items():
            try:
                key = load_public_key(text)
            except ValueError as error:
                raise ValueError(f"{public_setting} {version}: {error}.") from None
            if key.public_numbers() == own.public_numbers():
                raise ValueError(
                    f"{public_setting} {version}: this is your own key, the public half"
                    f" of {private_setting}. The one that belongs here is Antom's,"
                    " which the Dashboard shows after you have uploaded yours."
                )


def load_private_key(text: str, *, check: bool = True) -> RSAPrivateKey:
    """Read a merchant's private key.

    :param text: base64 of DER on one line or many, PKCS#1 or PKCS#8, with or without
        PEM armour, with real line breaks or ``\\n`` escapes.
    :param check: whether to prove the key's numbers, which takes some 40 ms. Only to
        look at a key, not to sign with it, leave that out.
    :raises ValueError: saying what is wrong, never showing the key.
    """
    if "ENCRYPTED" in text:
        raise ValueError(_ENCRYPTED)
    label, der = _der(text)
    if "PUBLIC" in label:
        raise ValueError("this is a public key; the private key belongs here")
    try:
        key = serialization.load_der_private_key(
            der, password=None, unsafe_skip_rsa_key_validation=not check
        )
    except TypeError:
        raise ValueError(_ENCRYPTED) from None
    except (ValueError, UnsupportedAlgorithm):
        if _is_public(der):
            message = "this is a public key; the private key belongs here"
        else:
            message = "this is no RSA private key (PKCS#1 or PKCS#8, base64 or PEM)"
        raise ValueError(message) from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("this is not an RSA key; Antom signs with RSA only")
    _check_size(key.key_size)
    return key


def load_public_key(text: str) -> RSAPublicKey:
    """Read a public key: base64 of DER or PEM, in any of the usual wrappings.

    :raises ValueError: saying what is wrong, never showing the key.
    """
    label, der = _der(text)
    try:
        if "CERTIFICATE" in label:
            raise ValueError
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        if "PRIVATE" in label or _is_private(der):
            message = "this is a private key; Antom's public key belongs here"
        else:
            message = "this is no RSA public key (base64 or PEM)"
        raise ValueError(message) from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError("this is not an RSA key; Antom signs with RSA only")
    _check_size(key.key_size)
    return key


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


def parse_time(text: str) -> datetime:
    """Read a time of Antom's: epoch milliseconds or ISO 8601 with an offset.

    :returns: aware, in UTC. Offsets such as ``+08:30``, ``+0800`` and ``Z`` are known.
    :raises ValueError: for anything else, a time without an offset included.
    """
    if _EPOCH_MS.fullmatch(text):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without an offset from UTC")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time outside the calendar") from None


def _der(text: str) -> tuple[str, bytes]:
    """Strip armour, escapes and white space; give the armour's label and the DER."""
    plain = text.replace("\\r", "").replace("\\n", "\n")
    armour = _ARMOUR.search(plain)
    packed = re.sub(r"\s+", "", _ARMOUR.sub("", plain))
    if not packed:
        raise ValueError("the key is empty")
    try:
        der = base64.b64decode(packed, validate=True)
    except ValueError:
        raise ValueError(
            "this is not base64; the key was probably cut or quoted"
        ) from None
    return (armour[2] if armour else ""), der


def _is_public(der: bytes) -> bool:
    try:
        serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _is_private(der: bytes) -> bool:
    try:
        serialization.load_der_private_key(
            der, password=None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _check_size(bits: int) -> None:
    if bits < _MIN_KEY_BITS:
        raise ValueError(f"this key has {bits} bits; Antom uses {_MIN_KEY_BITS}")


def _decode_signature(value: str) -> bytes:
    """Decode base64, URL-encoded or plain; a blank can only be a damaged plus."""
    plain = value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    if "%" in plain:  # small letters, or more is encoded than need be
        plain = unquote(value)
    try:
        return a2b_base64(plain.replace(" ", "+"), strict_mode=True)
    except ValueError:
        raise SignatureError("encoding", "The signature is not base64.") from None

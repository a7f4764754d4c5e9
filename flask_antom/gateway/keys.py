"""The merchant's private key and Antom's public keys, parsed from text. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cached_property

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..opaque import Opaque, conceal

_ENCRYPTED = "this key is encrypted with a passphrase; use it without one"


_MIN_KEY_BITS = 2048


_ARMOUR = re.compile(r"-----(BEGIN|END) ([A-Z ]+)-----")


class Keyring:
    """One merchant's private key and Antom's public keys, loaded at first use.

    To load the private key takes about 40 ms. It is done once, and not in ``init_app``.

    :param private: the text of the private key; see :func:`load_private_key`.
    :param public: the texts of Antom's public keys, by version.
    """

    def __init__(self, private: str, public: Mapping[str, str]) -> None:
        self._private = Opaque(private)
        self._public = dict(public)

    @cached_property
    def private_key(self) -> RSAPrivateKey:
        return load_private_key(self._private.reveal())

    @cached_property
    def public_keys(self) -> dict[str, RSAPublicKey]:
        return {version: load_public_key(key) for version, key in self._public.items()}


@conceal
def find_faults(
    private: str | None,
    public: Mapping[str, str],
    private_setting: str,
    public_setting: str,
) -> list[str]:
    """Check every key quickly, and return a sentence for each that is wrong.

    :param private: the text of the private key; ``None`` if it is not known.
    :param public: the texts of Antom's public keys, by version.
    :param private_setting: the setting of the private key, for the sentences.
    :param public_setting: the setting of the public keys.
    """
    faults, own = [], None
    try:
        if private is not None:
            key = load_private_key(private, check=False)
            own = key.public_key().public_numbers()
    except ValueError as error:
        faults.append(f"{private_setting}: {error}.")
    for version, text in public.items():
        try:
            numbers = load_public_key(text).public_numbers()
        except ValueError as error:
            faults.append(f"{public_setting} {version}: {error}.")
            continue
        if numbers == own:
            faults.append(
                f"{public_setting} {version}: this is your own key, the public half of"
                f" {private_setting}. The one that belongs here is Antom's, which the"
                " Dashboard shows after you have uploaded yours."
            )
    return faults


@conceal
def load_private_key(text: str, *, check: bool = True) -> RSAPrivateKey:
    """Parse a merchant's private key.

    :param text: base64 of DER on one line or many, PKCS#1 or PKCS#8, with or without
        PEM armour, with real line breaks or ``\\n`` escapes.
    :param check: whether to check the key's numbers, which takes about 40 ms. ``False``
        is enough for a key that does not sign.
    :raises ValueError: if the text is not such a key; the message does not show it.
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
            message = "this is not an RSA private key (PKCS#1, PKCS#8, base64 or PEM)"
        raise ValueError(message) from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("this is not an RSA key; Antom signs with RSA only")
    _check_size(key.key_size)
    return key


@conceal
def load_public_key(text: str) -> RSAPublicKey:
    """Parse a public key.

    :param text: base64 of DER on one line or many, with or without PEM armour, with
        real line breaks or ``\\n`` escapes.
    :raises ValueError: if the text is not such a key; the message does not show it.
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
            message = "this is not an RSA public key (base64 or PEM)"
        raise ValueError(message) from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError("this is not an RSA key; Antom signs with RSA only")
    _check_size(key.key_size)
    return key


def _der(text: str) -> tuple[str, bytes]:
    """Return the label of the PEM armour and the DER."""
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

"""The merchant's private key and Antom's public keys, parsed from text. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from functools import cached_property

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    RSAPublicNumbers,
)

from ..opaque import Opaque, conceal

_ENCRYPTED = "this key is encrypted with a passphrase; use it without one"


_MIN_KEY_BITS = 2048


_ARMOUR = re.compile(r"-----(BEGIN|END) ([A-Z ]+)-----")


class Keyring:
    """One merchant's private keys and Antom's public keys, loaded at first use.

    To load a private key takes about 40 ms. It is done once, and not in ``init_app``.

    The first private key signs. The others are for the time in which Antom changes from
    one to the next: :meth:`turn` makes another one sign.

    :param private: the text of the private key, or of several by their versions; see
        :func:`load_private_key`.
    :param public: the texts of Antom's public keys, by version.
    :param version: the version of a single private key.
    """

    def __init__(
        self,
        private: str | Mapping[str, str],
        public: Mapping[str, str],
        version: str = "1",
    ) -> None:
        texts = {version: private} if isinstance(private, str) else private
        self._private = {name: Opaque(text) for name, text in texts.items()}
        self._public = dict(public)
        self._loaded: dict[str, RSAPrivateKey] = {}
        self._current = next(iter(self._private))

    @property
    def version(self) -> str:
        """The version of the key that signs."""
        return self._current

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of all private keys, the first of which signs at first."""
        return tuple(self._private)

    @property
    def private_key(self) -> RSAPrivateKey:
        """The key that signs."""
        return self.private_key_of(self._current)

    def private_key_of(self, version: str) -> RSAPrivateKey:
        """Return the private key of a version."""
        if version not in self._loaded:
            self._loaded[version] = load_private_key(self._private[version].reveal())
        return self._loaded[version]

    def keep(self, version: str, key: RSAPrivateKey) -> None:
        """Use a private key that is loaded already, for the text of this version."""
        self._loaded[version] = key

    def turn(self, tried: Collection[str]) -> bool:
        """Make a key sign that was not tried; whether there is one."""
        left = [version for version in self._private if version not in tried]
        if left:
            self._current = left[0]
        return bool(left)

    @cached_property
    def public_keys(self) -> dict[str, RSAPublicKey]:
        return {version: load_public_key(key) for version, key in self._public.items()}


@conceal
def find_faults(
    private: str | Mapping[str, str] | None,
    public: Mapping[str, str],
    private_setting: str,
    public_setting: str,
) -> list[str]:
    """Check every key quickly, and return a sentence for each that is wrong.

    :param private: the text of the private key, or of several by their versions;
        ``None`` if it is not known.
    :param public: the texts of Antom's public keys, by version.
    :param private_setting: the setting of the private key, for the sentences.
    :param public_setting: the setting of the public keys.
    """
    faults: list[str] = []
    own: dict[RSAPublicNumbers, str] = {}
    for version, text in _named(private).items():
        name = f"{private_setting} {version}".rstrip()
        try:
            key = load_private_key(text, check=False)
        except ValueError as error:
            faults.append(f"{name}: {error}.")
        else:
            own[key.public_key().public_numbers()] = name
    for version, text in public.items():
        name = f"{public_setting} {version}".rstrip()
        try:
            numbers = load_public_key(text).public_numbers()
        except ValueError as error:
            faults.append(f"{name}: {error}.")
            continue
        if numbers in own:
            faults.append(
                f"{name}: this is your own key, the public half of {own[numbers]}. The"
                " one that belongs here is Antom's, which the Dashboard shows after you"
                " have uploaded yours."
            )
    return faults


def _named(private: str | Mapping[str, str] | None) -> Mapping[str, str]:
    """Return keys by version; the version of a single one is not named."""
    return {"": private} if isinstance(private, str) else private or {}


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

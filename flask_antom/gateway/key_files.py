"""Files of keys: made once, read by their owner only, never overwritten."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ..opaque import conceal


def make_pair(path: Path) -> RSAPublicKey:
    """Generate a pair, write its private half, and return the public one.

    :raises FileExistsError: if the file is there.
    """
    key = generate_private_key(65537, 2048)
    _write_private(path, key)
    return key.public_key()


def write_new(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read.

    :raises FileExistsError: if the file is there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)


def pem(key: RSAPublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def one_line(key: RSAPublicKey) -> str:
    """Return a public key as base64 on one line, as Antom's Dashboard takes it."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@conceal
def _write_private(path: Path, key: RSAPrivateKey) -> None:
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_new(path, content)

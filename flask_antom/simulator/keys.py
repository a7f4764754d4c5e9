"""Key pairs of a merchant and a simulated Antom, in files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)

from ..gateway.keys import load_private_key


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The files of the four keys, in PEM.

    :ivar merchant_private: the merchant's ``ANTOM_PRIVATE_KEY_FILE``.
    :ivar antom_public: the merchant's ``ANTOM_PUBLIC_KEY_FILE``.
    """

    merchant_private: Path
    merchant_public: Path
    antom_private: Path
    antom_public: Path

    @classmethod
    def in_folder(cls, folder: str | os.PathLike[str]) -> KeyFiles:
        """Return the keys in a folder, and generate those that are missing."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        files = cls(
            *(
                place / f"{owner}-{half}.pem"
                for owner in ("merchant", "antom")
                for half in ("private", "public")
            )
        )
        _ensure(files.merchant_private, files.merchant_public)
        _ensure(files.antom_private, files.antom_public)
        return files


def _ensure(private: Path, public: Path) -> None:
    """Generate the private key if it is missing, and write the public one."""
    if private.exists():
        key = load_private_key(private.read_text())
    else:
        key = generate_private_key(65537, 2048)
        _write_secret(private, key)
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def _write_secret(path: Path, key: RSAPrivateKey) -> None:
    """Write a private key that only its owner can read."""
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)

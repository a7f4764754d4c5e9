"""Key pairs of a merchant and a simulated Antom, in files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..gateway.key_files import make_pair, pem
from ..gateway.keys import load_private_key

#: The client id of a shop that has no account.
CLIENT_ID = "SANDBOX_5YDEMO00000000001"


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
        key = load_private_key(private.read_text()).public_key()
    else:
        key = make_pair(private)
    public.write_bytes(pem(key))

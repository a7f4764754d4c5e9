"""Puts a copy of Antom's browser SDK into the shop's static folder.

npm downloads the package, from the registry that npm is configured for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click import ClickException

from .releases import RELEASES, file_name

PACKAGE = "@alipay/ams-checkout"
FOLDER = "antom-sdk"

_BUNDLE = "dist/umd/ams-checkout.min.js"
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", re.ASCII)
_UNREADABLE = (
    *(EOFError, LookupError, OSError, TypeError, ValueError),
    *(tarfile.TarError, zlib.error),
)


@dataclass(frozen=True, slots=True)
class Package:
    """The part of the npm package that is needed.

    :ivar bundle: the bytes of the script.
    """

    version: str
    bundle: bytes

    @property
    def integrity(self) -> str:
        """The value of the attribute ``integrity``, with SHA-384."""
        digest = hashlib.sha384(self.bundle).digest()
        return f"sha384-{base64.b64encode(digest).decode()}"

    def check(self) -> bool:
        """Whether this version was tried.

        :raises ClickException: if it was, but with another file.
        """
        known = RELEASES.get(self.version)
        if known is not None and known.integrity != self.integrity:
            raise ClickException(
                f"This is not the file of {PACKAGE} {self.version}: its hash is another"
                f" one, {self.integrity}. Do not use it; download the package again."
            )
        return known is not None


def fetch(version: str) -> Package:
    """Download a version of the package with ``npm pack``.

    :raises ClickException: without npm or network, or if there is no such version.
    """
    if not _VERSION.fullmatch(version):
        raise ClickException(f'{version!r} is not a version such as "1.47.2".')
    npm = shutil.which("npm")
    if npm is None:
        raise ClickException(
            "There is no npm on the PATH. Install Node.js, or run"
            f" `npm pack {PACKAGE}@{version}` elsewhere and pass the file with --from."
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"{PACKAGE}@{version}", "--pack-destination", folder]
        command += ["--ignore-scripts", "--loglevel=error"]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
        archive = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or archive is None:
            raise ClickException(_reason(version, done.stderr))
        return read(archive)


def read(source: Path) -> Package:
    """Read the package from the archive of ``npm pack``, or from its folder.

    :raises ClickException: if it is not a package, or another one.
    """
    try:
        if source.is_dir():
            files = [(source / name).read_bytes() for name in ("package.json", _BUNDLE)]
        else:
            files = _read_archive(source)
        about: Any = json.loads(files[0])
        name, version = str(about["name"]), str(about["version"])
    except _UNREADABLE as error:
        raise ClickException(
            f"{source} is neither the .tgz that `npm pack` writes for {PACKAGE} nor the"
            f" folder of that package ({type(error).__name__})."
        ) from None
    if name != PACKAGE or not _VERSION.fullmatch(version):
        raise ClickException(f"{source} is the package {name}, not {PACKAGE}.")
    return Package(version, files[1])


def write(package: Package, static_folder: str | None) -> Path:
    """Write the file into the static folder, and return its path.

    :raises ClickException: if there is no such folder, it cannot be written, or another
        file has that name.
    """
    if static_folder is None:
        raise ClickException(
            "The app has no static folder: it was made with static_folder=None."
        )
    path = Path(static_folder) / FOLDER / file_name(package.version)
    try:
        if path.exists() and path.read_bytes() != package.bundle:
            raise ClickException(
                f"{path} exists and is another file. Move it away, then try again."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, package.bundle)
    except OSError as error:
        raise ClickException(
            f"{path} cannot be written ({type(error).__name__})."
        ) from None
    return path


def url_of(path: Path, static_url_path: str | None) -> str:
    """Return the URL of the copy, for ``ANTOM_SDK_URL``."""
    return f"{static_url_path or ''}/{FOLDER}/{path.name}"


def _read_archive(source: Path) -> list[bytes]:
    with tarfile.open(source, "r:gz") as archive:
        files = [
            archive.extractfile(f"package/{name}") for name in ("package.json", _BUNDLE)
        ]
        return [file.read() for file in files if file is not None]


def _replace(path: Path, content: bytes) -> None:
    """Write a file at once, so that no browser gets a part of it."""
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)


def _reason(version: str, errors: str) -> str:
    """Return why npm failed, by its code. npm's own text may name private hosts."""
    code = re.search(r"npm (?:error|ERR!) code (\w+)", errors)
    named = code[1] if code else "no code"
    if named in ("ETARGET", "E404"):
        return f"npm finds no version {version} of {PACKAGE} ({named})."
    if named in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"):
        return (
            f"npm cannot reach its registry ({named}). Try again, or run"
            f" `npm pack {PACKAGE}@{version}` elsewhere and pass the file with --from."
        )
    return f"npm failed ({named}). `npm pack {PACKAGE}@{version}` shows why."

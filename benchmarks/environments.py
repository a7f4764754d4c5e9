"""Environments of their own for all that is measured, in a temporary folder.

Each build of Flask-Antom is installed as a user would install it, on the same locked
dependencies. So the builds differ in nothing else.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")

_UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")

#: With another order of its hashes, the same build takes up to a tenth longer.
_SETTINGS = {"PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Environment:
    """A Python with its packages.

    :ivar folder: has the code of the benchmarks, and no ``flask_antom``.
    """

    python: Path
    folder: Path

    def start(
        self, *arguments: str, settings: dict[str, str] | None = None, **options: object
    ) -> subprocess.Popen[str]:
        """Start its Python with these arguments.

        It has a session of its own, so that Ctrl-C does not reach it: whoever started
        it ends it.
        """
        kept = {k: v for k, v in os.environ.items() if k not in _UNWANTED}
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [self.python, *arguments],
            cwd=self.folder,
            env=kept | _SETTINGS | (settings or {}),
            start_new_session=True,
            text=True,
            **options,
        )


class Environments:
    """Makes environments when they are first asked for.

    :param folder: an empty folder, which the caller removes.
    :param commit: the other build, as Git names it.
    """

    def __init__(self, folder: Path, commit: str | None) -> None:
        self._folder = folder
        self._commit = commit
        code = folder / "code"
        code.mkdir()
        for name in ("benchmarks", "tests"):
            (code / name).symlink_to(ROOT / name)

    @cached_property
    def present(self) -> Environment:
        """The build of this working tree."""
        return self._install_build("present", ROOT)

    @cached_property
    def against(self) -> Environment:
        """The build of the other commit."""
        assert self._commit is not None
        source = self._folder / "against-source"
        archive = subprocess.run(
            ["git", "archive", self._commit], cwd=ROOT, check=True, capture_output=True
        )
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(source, filter="data")
        return self._install_build("against", source)

    @cached_property
    def stripe(self) -> Environment:
        """The environment of dj-stripe."""
        return self._make("stripe", "bench-stripe")

    @cached_property
    def sdk(self) -> Environment:
        """The environment of Antom's own SDK."""
        return self._make("sdk", "bench-sdk")

    def _install_build(self, name: str, source: Path) -> Environment:
        environment = self._make(name, "bench")
        self._pip(
            environment, "--no-cache", "--no-deps", "--no-build-isolation", str(source)
        )
        return environment

    def _make(self, name: str, lock: str) -> Environment:
        home = self._folder / name
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", home], check=True
        )
        environment = Environment(home / "bin" / "python", self._folder / "code")
        path = ROOT / "requirements" / f"{lock}.txt"
        self._pip(environment, "--require-hashes", "--no-deps", "-r", str(path))
        return environment

    def _pip(self, environment: Environment, *arguments: str) -> None:
        command = [str(UV), "pip", "install", "--quiet", "--compile-bytecode"]
        subprocess.run(
            [*command, "--python", str(environment.python), *arguments],
            check=True,
            stdout=sys.stderr,
        )


def name_of(commit: str) -> str:
    """Return the short name of a commit.

    :raises SystemExit: if there is no such commit.
    """
    done = subprocess.run(
        ["git", "rev-parse", "--verify", "--short", f"{commit}^{{commit}}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"Git knows no commit {commit!r}.")
    return done.stdout.strip()

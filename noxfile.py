"""The matrix: each supported Python with the lowest and the newest dependencies.

``make matrix`` runs all cells, and ``make matrix CELL=lowest-3.12`` one.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import nox

PYTHONS = ["3.11", "3.12", "3.13"]

#: The quick tests: see ``make quick``.
QUICK = ["-m", "quick"]

#: A shop without Flask-SQLAlchemy. The conftest imports it, so it stays away.
LITE = ["--noconftest", "-p", "flask_antom.testing", "tests/integration/test_lite.py"]

nox.needs_version = ">=2026.4"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.envdir = ".venv-matrix"
nox.options.error_on_missing_interpreters = True


def _offer_pythons_of_pyenv() -> None:
    """Let pyenv's commands start any Python that it has, not only the chosen one."""
    pyenv = shutil.which("pyenv")
    if pyenv and "PYENV_VERSION" not in os.environ:
        versions = subprocess.run(
            [pyenv, "versions", "--bare"], capture_output=True, text=True, check=True
        )
        os.environ["PYENV_VERSION"] = ":".join(versions.stdout.split())


_offer_pythons_of_pyenv()


@nox.session(python=PYTHONS)
def lowest(session: nox.Session) -> None:
    """Run the quick tests with the lowest versions that pyproject.toml allows."""
    _install(session, "dev")
    _install(session, "lowest")
    _test(session, QUICK)


@nox.session(python=PYTHONS)
def locked(session: nox.Session) -> None:
    """Run the quick tests with the versions of the lock."""
    _install(session, "dev")
    _test(session, QUICK)


@nox.session(python=PYTHONS[-1:])
def newest(session: nox.Session) -> None:
    """Run the quick tests with the newest versions that there are today."""
    _install(session, "dev")
    ours = (
        "--editable",
        ".[admin,async,celery,opentelemetry,prometheus,rq]",
        "flask-sqlalchemy-lite",
    )
    session.install("--upgrade", "--no-build-isolation", *ours)
    _test(session, QUICK)


@nox.session(python=PYTHONS)
def lite(session: nox.Session) -> None:
    """Run a shop on Flask-SQLAlchemy-Lite, with Flask-SQLAlchemy not installed."""
    _install(session, "dev")
    session.run("uv", "pip", "uninstall", "--quiet", "flask-sqlalchemy")
    _test(session, LITE)


def _install(session: nox.Session, lock: str) -> None:
    """Install what a lock file says, over what there is."""
    session.log(f"Installing requirements/{lock}.txt")
    locked = ("--require-hashes", "--no-deps", "-r", f"requirements/{lock}.txt")
    session.install(*locked)
    session.install("--no-deps", "--no-build-isolation", "--editable", ".")


def _test(session: nox.Session, tests: list[str]) -> None:
    session.run("python", "-m", "pytest", "--quiet", *session.posargs, *tests)

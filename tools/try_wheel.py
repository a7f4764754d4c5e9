"""Tries what ``make build`` has built: the wheel is whole, and works on its own.

Tests are copied out of the source tree and run on the wheel in ``.venv-wheel``, with
the source tree out of reach.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-wheel/bin/python"

#: Tests that need nothing but the package, pytest and what pyproject.toml tells it.
TESTS = ("tests/project/test_installed.py", "tests/integration/test_lite.py")

WHERE = "import flask_antom; print(flask_antom.__file__)"


def main() -> str | None:
    """Try the wheel in ``dist``; return what is wrong."""
    [wheel] = (ROOT / "dist").glob("*.whl")
    if differing := differ(files_of(wheel), files_of_package()):
        return f"The wheel and flask_antom/ differ in {differing}."
    with tempfile.TemporaryDirectory(prefix="antom-wheel-") as name:
        folder = Path(name)
        if differing := differ(contents(wheel), contents(build_from_tree(folder))):
            return f"The wheels of the sdist and of the tree differ in {differing}."
        return run_tests(folder)


def files_of(wheel: Path) -> dict[str, int]:
    """Return the files of the package in a wheel, with their CRCs."""
    package = "flask_antom/"
    return {k: crc for k, crc in contents(wheel).items() if k.startswith(package)}


def contents(wheel: Path) -> dict[str, int]:
    """Return all files of a wheel, with their CRCs."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def files_of_package() -> dict[str, int]:
    """Return the files of the package in the source tree, with their CRCs."""
    return {
        path.relative_to(ROOT).as_posix(): zlib.crc32(path.read_bytes())
        for path in (ROOT / "flask_antom").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def differ(one: dict[str, int], other: dict[str, int]) -> str:
    """Name the files that only one has, or that are not the same."""
    return ", ".join(sorted({name for name, _ in one.items() ^ other.items()}))


def build_from_tree(folder: Path) -> Path:
    """Build a wheel without an sdist; that in ``dist`` was built from the sdist."""
    build = (sys.executable, "-m", "build", "--no-isolation", "--wheel", str(ROOT))
    subprocess.run([*build, "--outdir", str(folder)], check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def run_tests(folder: Path) -> str | None:
    """Run the copied tests on the installed wheel; return what is wrong."""
    for name in TESTS:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    shutil.copy(ROOT / "pyproject.toml", folder)
    where = subprocess.run(
        [PYTHON, "-c", WHERE], cwd=folder, check=True, capture_output=True, text=True
    )
    place = Path(where.stdout.strip())
    if not place.is_relative_to(ROOT / ".venv-wheel"):
        return f"The tests would run on {place}, not on the wheel."
    print("Testing", place.parent.relative_to(ROOT), flush=True)
    pytest = (PYTHON, "-m", "pytest", "--quiet", "-p", "flask_antom.testing")
    done = subprocess.run([*pytest, "-p", "no:cacheprovider", *TESTS], cwd=folder)
    return "The wheel fails its tests." if done.returncode else None


if __name__ == "__main__":
    sys.exit(main())

"""The walk-through of docs/adopt.md, applied to a shop that has been there before."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adoption.walk import BOOKSHOP, PAGE, adopt, changes, copy_shop
from tests.support.blocks import blocks
from tests.support.paths import ROOT

#: The lines of app code and templates that the walk-through may need.
LIMIT = 25


def python(directory: Path, *arguments: str, **variables: str) -> str:
    """Run a module in the shop's folder to its end, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=100,
    )
    words = done.stdout + done.stderr
    assert done.returncode == 0, words
    return words


def passed(words: str) -> int:
    found = re.search(r"^(\d+) passed", words, re.MULTILINE)
    assert found, words
    return int(found[1])


def count_tests(directory: Path) -> int:
    """Return the number of tests in a folder's own files."""
    files = directory.glob("test_*.py")
    return sum(len(re.findall(r"^def test_", f.read_text(), re.M)) for f in files)


def run_tests(directory: Path) -> int:
    """Run the shop's own tests; return how many passed."""
    plugins = ("-p", "no:cacheprovider", "-p", "no:flask")
    return passed(python(directory, "pytest", "-q", *plugins))


def test_it_takes_few_lines() -> None:
    walk = changes(all_of_them=False)
    lines = [line for one in walk if one.is_of_the_app for line in one.added]
    assert len(lines) <= LIMIT, "\n".join(lines)
    assert f"It takes {len(lines)} lines of the shop's code" in PAGE.read_text()


def test_the_shop_is_an_ordinary_one() -> None:
    files = [*BOOKSHOP.glob("shop/*.py"), *BOOKSHOP.glob("shop/templates/*.html")]
    text = "\n".join(path.read_text() for path in files)
    assert 300 <= len([line for line in text.splitlines() if line.strip()]) <= 360
    assert "antom" not in text.lower()


@pytest.mark.slow
def test_the_shop_works_without_us(tmp_path: Path) -> None:
    copy_shop(tmp_path)
    assert run_tests(tmp_path) == count_tests(tmp_path) >= 9


@pytest.mark.slow
def test_its_tests_and_the_new_ones_pass(tmp_path: Path) -> None:
    copy_shop(tmp_path)
    before = count_tests(tmp_path)
    adopt(tmp_path)
    assert run_tests(tmp_path) == count_tests(tmp_path) == before + 5


@pytest.mark.slow
def test_the_commands_run(tmp_path: Path) -> None:
    """The shop has a database; its next migration adds our tables."""
    copy_shop(tmp_path)
    key = {"FLASK_SECRET_KEY": "for tests only", "FLASK_FORCE_HTTPS": "false"}

    def flask(*arguments: str) -> str:
        return python(tmp_path, "flask", "--app", "shop", *arguments, **key)

    for step in (("init",), ("migrate", "-m", "Shop"), ("upgrade",)):
        flask("db", *step)
    adopt(tmp_path)
    said = flask("antom", "init", "--simulator", "--no-input")
    (printed,) = [code for code in blocks(PAGE, "sh") if "db migrate" in code]
    assert [line.strip() for line in said.splitlines()[-3:]] == printed.splitlines()
    flask("db", "migrate", "-m", "Antom")
    flask("db", "upgrade")
    assert "antom_payment" in (
        next(tmp_path.glob("migrations/versions/*_antom.py")).read_text()
    )
    assert "http://127.0.0.1:5000/antom/notify" in flask("antom", "check")
    key["FLASK_FORCE_HTTPS"] = "true"
    with pytest.raises(AssertionError, match="as Flask-Talisman"):
        flask("antom", "check")

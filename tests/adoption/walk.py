"""Applies the walk-through of docs/adopt.md to the bookshop, and counts its lines."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.blocks import BLOCK, DOCS, FILE_NAME

PAGE = DOCS / "adopt.md"
BOOKSHOP = Path(__file__).with_name("bookshop")

_DIFF_NAME = re.compile(r"--- ([\w/]+\.(?:py|html))\n")


@dataclass(frozen=True)
class Change:
    """The change that the page prints for one file.

    :ivar hunks: for each place, the lines that are there and those that replace them;
        the only ones of a new file replace nothing.
    :ivar added: the lines that are added or changed, without empty ones.
    """

    name: str
    hunks: tuple[tuple[str, str], ...]
    added: tuple[str, ...]

    @property
    def is_of_the_app(self) -> bool:
        return self.name.startswith("shop/")

    def apply(self, directory: Path) -> None:
        """Change the file.

        :raises AssertionError: if the lines are not there, or more than once.
        """
        path = directory / self.name
        text = path.read_text() if path.exists() else ""
        for old, new in self.hunks:
            assert text.count(old) == 1 or not text, f"{self.name} lacks:\n{old}"
            text = text.replace(old, new) if text else new
        path.write_text(text)


def changes(*, all_of_them: bool = True) -> Iterator[Change]:
    """Yield the changes that the page prints, in its order.

    :param all_of_them: whether those of day two, which a shop may do without, too.
    """
    text, heading, later = PAGE.read_text().partition("## Day two\n")
    assert heading
    for _, language, code in BLOCK.findall(text + later if all_of_them else text):
        if language == "diff":
            name = _DIFF_NAME.match(code)
            assert name, code
            yield _diff(name[1], code[name.end() :])
        elif name := FILE_NAME.match(code):
            yield Change(name[1], (("", code),), _written(code.splitlines()[1:]))


def _diff(name: str, code: str) -> Change:
    hunks, added = [], []
    for part in code.split("@@\n"):
        lines = part.splitlines()
        assert all(line[:1] in {" ", "+", "-"} for line in lines), part
        old = [line[1:] for line in lines if line[0] != "+"]
        new = [line[1:] for line in lines if line[0] != "-"]
        hunks.append(("\n".join(old) + "\n", "\n".join(new) + "\n"))
        added += [line[1:] for line in lines if line[0] == "+"]
    return Change(name, tuple(hunks), _written(added))


def _written(lines: list[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line.strip())


def copy_shop(directory: Path) -> None:
    """Copy the shop as it was."""
    ignored = shutil.ignore_patterns("__pycache__", "instance", ".pytest_cache")
    shutil.copytree(BOOKSHOP, directory, dirs_exist_ok=True, ignore=ignored)


def adopt(directory: Path) -> None:
    """Do to a copy of the shop what the page says."""
    for change in changes():
        change.apply(directory)

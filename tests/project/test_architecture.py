"""The page about the architecture, held to the files that it names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text()
PACKAGE = ROOT / "flask_antom"
QUESTIONS = re.findall(r"^\| (.+\?) \| `(\S+)` `(\w+)` \|$", PAGE, re.MULTILINE)

#: A wing that has a page of its own.
SIMULATOR = "simulator/"


def drawn_rooms() -> set[str]:
    """Return the modules of the tree, as paths below the package."""
    tree = re.search(r"```text\nflask_antom/\n(.*?)```", PAGE, re.DOTALL)
    assert tree is not None
    rooms, wing = set(), ""
    for line in tree[1].splitlines():
        indent, name = re.match(r"( *)(\S*)", line).groups()  # type: ignore[union-attr]
        if len(indent) == 2:
            wing = name if name.endswith("/") else ""
        if name.endswith(".py"):
            rooms.add(name if len(indent) == 2 else wing + name)
    return rooms


def rooms_there_are() -> set[str]:
    paths = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    return {
        path
        for path in paths
        if not path.startswith(SIMULATOR) and not path.endswith("__init__.py")
    }


def names_in(path: Path) -> set[str]:
    """Return what a module defines at its top."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Assign):
            names |= {name.id for name in node.targets if isinstance(name, ast.Name)}
    return names


def test_the_tree_is_the_package() -> None:
    assert drawn_rooms() == rooms_there_are()


def test_there_are_twenty_questions() -> None:
    assert len(QUESTIONS) >= 20


@pytest.mark.parametrize(
    ("path", "name"), [answer for _, *answer in QUESTIONS], ids=lambda part: str(part)
)
def test_an_answer_is_where_the_page_says(path: str, name: str) -> None:
    assert name in names_in(ROOT / path)


def test_every_room_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:\w+/)+[\w.]+\.(?:py|js|html))`", PAGE))
    assert len(named) > 20
    for path in named:
        assert (ROOT / path).exists() or (PACKAGE / path).exists(), path


@pytest.mark.parametrize("path", sorted(rooms_there_are()))
def test_a_room_is_small(path: str) -> None:
    assert len((PACKAGE / path).read_text().splitlines()) <= 280

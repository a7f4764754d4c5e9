"""The list of repaired faults names tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.paths import ROOT

LIST = ROOT / "tests" / "faults.md"

#: The faults that the list answers. Each has a row or more.
FAULTS = [
    *(f"S{number}" for number in range(1, 8)),
    *("B1", "B2", "B3", "B5", "B8", "B11", "B12"),
    *(f"P{number}" for number in range(1, 11)),
    *(f"O{number}" for number in range(1, 8)),
    "O13",
]

ROWS = re.findall(
    r"^\| (\w+) \| .+? \| `(tests/\S+?\.py)::(\w+)` \|$",
    LIST.read_text("utf-8"),
    re.MULTILINE,
)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[2]}")
def test_each_test_exists(row: tuple[str, str, str]) -> None:
    _, path, name = row
    assert name in names_in(path)


def test_each_fault_has_a_test() -> None:
    assert sorted({fault for fault, *_ in ROWS} & set(FAULTS)) == sorted(FAULTS)


def test_every_row_is_read() -> None:
    lines = LIST.read_text("utf-8").splitlines()
    assert len(ROWS) == sum("::test_" in line for line in lines)

"""The blocks of code in the README and the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.paths import ROOT

DOCS = ROOT / "docs"
README = ROOT / "README.md"

#: A block of code, and whether the page marks it as one that runs.
BLOCK = re.compile(r"^(<!-- runs -->\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

#: The first line of a block that is a whole file.
FILE_NAME = re.compile(r"(?:# |\{# )([\w/]+\.(?:py|html))")


def blocks(page: Path, language: str, *, marked: bool = False) -> list[str]:
    """Return a page's blocks of code, or those that it marks as running."""
    return [
        code
        for mark, name, code in BLOCK.findall(page.read_text())
        if name == language and (mark or not marked)
    ]


def write_files(page: Path, directory: Path) -> None:
    """Write every block that begins with the name of a file."""
    for _, _, code in BLOCK.findall(page.read_text()):
        if name := FILE_NAME.match(code):
            path = directory / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)

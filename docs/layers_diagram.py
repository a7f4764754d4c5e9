"""The directive ``layers``: the import contract of ``pyproject.toml`` as a picture.

Each row is a layer, each box a wing or a room. Imports run down, never up, and boxes
of one row do not know each other, unless the contract says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "flask_antom"

_WIDTH, _GAP, _PAD = 860, 10, 8
_LINE, _HEAD = 15, 20
_LETTER = 6.2


class Layers(SphinxDirective):
    """The layers, drawn."""

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", f"<figure>{svg()}</figure>", format="html")]


def layers() -> list[list[str]]:
    """Return the names of each layer, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    rows: list[str] = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [
        [name.strip(" ()") for name in row.replace(":", "|").split("|")] for row in rows
    ]


def rooms(wing: str) -> list[str]:
    """Return the modules of a wing; none for a room that stands by itself."""
    found = sorted(path.stem for path in (PACKAGE / wing).glob("*.py"))
    return [name for name in found if not name.startswith("__")]


def svg() -> str:
    """Draw the layers as an SVG element, in the colours of the page."""
    parts, top = [], 0
    for names in layers():
        row, height = _row(names, top)
        parts += row
        top += height + _GAP
    return "\n".join(
        [
            f'<svg viewBox="0 0 {_WIDTH} {top}" role="img" font-size="12"'
            ' font-family="sans-serif" fill="currentColor" stroke="currentColor">',
            "<title>The layers of the package: imports run down</title>",
            *parts,
            "</svg>",
        ]
    )


def _row(names: list[str], top: int) -> tuple[list[str], int]:
    inside = {name: rooms(name) for name in names}
    shares = [max(len(name) + 2, 34 if inside[name] else 0) for name in names]
    usable = _WIDTH - _GAP * (len(names) - 1)
    widths = [usable * share / sum(shares) for share in shares]
    lines = [
        list(_wrap(inside[name], width))
        for name, width in zip(names, widths, strict=True)
    ]
    height = _HEAD + _PAD + _LINE * max(len(text) for text in lines)
    parts, left = [], 0.0
    for name, width, text in zip(names, widths, lines, strict=True):
        parts.append(_box(left, top, width, height, name, text))
        left += width + _GAP
    return parts, height


def _wrap(words: list[str], width: float) -> Iterator[str]:
    most, line = int((width - 2 * _PAD) / _LETTER), ""
    for word in words:
        if line and len(f"{line}, {word}") > most:
            yield line + ","
            line = word
        else:
            line = f"{line}, {word}" if line else word
    if line:
        yield line


def _box(
    left: float, top: int, width: float, height: int, name: str, lines: list[str]
) -> str:
    texts = [
        f'<text x="{left + _PAD:.0f}" y="{top + _HEAD + _LINE * number + 12}"'
        f' stroke="none" opacity="0.8">{escape(line)}</text>'
        for number, line in enumerate(lines)
    ]
    return (
        f'<rect x="{left:.0f}" y="{top + 1}" width="{width:.0f}" height="{height - 2}"'
        ' rx="4" fill="none" opacity="0.5"/>'
        f'<text x="{left + _PAD:.0f}" y="{top + 16}" stroke="none"'
        f' font-weight="bold">{escape(name)}</text>' + "".join(texts)
    )


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("layers", Layers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    print(svg())

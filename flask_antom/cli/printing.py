"""How commands print: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from ..domain.money import Money

Values = Mapping[str, Any]

#: How a cell begins that a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def time(moment: datetime | None) -> str:
    """Return a time in ISO 8601, in UTC, to the second."""
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def until(moment: datetime, now: datetime) -> str:
    """Return how far off a time is, such as ``in 4 min``, or ``now``."""
    seconds = int((moment - now).total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= 2 * size or (size == 1 and seconds > 0):
            return f"in {seconds // size} {unit}"
    return "now"


def money(row: Values, value: int | None) -> str:
    """Return an amount in the currency of a row."""
    return "" if value is None else str(Money(value, row["currency"]))


def harmless(text: str) -> str:
    """Return a text without what a terminal would obey: errors may quote anything."""
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


def table(
    rows: Iterable[Sequence[str]],
    heading: Sequence[str] | None = None,
    indent: str = "",
) -> Iterator[str]:
    """Yield rows as lines, whose columns are aligned; empty columns are left out."""
    found = list(rows)
    used = [
        place for place, column in enumerate(zip(*found, strict=True)) if any(column)
    ]
    lines = [[row[place] for place in used] for row in (heading, *found) if row]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        padded = (f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True))
        yield f"{indent}{'  '.join(padded)}".rstrip()


def print_json(values: Any) -> None:
    """Print JSON, with times as :func:`time` writes them."""
    click.echo(json.dumps(values, indent=2, default=_json_value))


def print_csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print CSV with a heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    click.echo(text.getvalue(), nl=False)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return time(value)
    raise TypeError(type(value).__name__)

"""How commands that list read page by page, and say how to see more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from ..store.dossiers import Values
from ..store.listings import Page
from .printing import harmless, print_json, table, time

_PAGE = 500

#: A decorator that adds an option to a command.
_Option = Callable[[Callable[..., Any]], Callable[..., Any]]

limit_option: _Option = click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=50,
    show_default=True,
    help="How many at most.",
)
before_option: _Option = click.option(
    "--before",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Go on where the last list ended: it says with which number.",
)
json_option: _Option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON."
)


def read_pages(
    ask: Callable[..., Page],
    limit: int,
    before: int | None,
    *,
    most: int | None = 1,
    **wish: Any,
) -> Page:
    """Return so many rows, from as many pages as it takes.

    :param most: in how many windows of the table to look at most; ``None`` for all.
    """
    found, looks = Page(), 0
    while True:
        page = ask(before=before, limit=min(limit - len(found), _PAGE), **wish)
        found += page
        found.more, found.back_to = before, _ = page.more, page.back_to
        looks += page.back_to is not None
        is_tired = most is not None and looks >= most
        if before is None or len(found) >= limit or is_tired:
            return found


def print_pages_json(kind: str, page: Page) -> None:
    print_json({kind: page, "more": page.more, "back_to": page.back_to})


def print_pages(
    page: Page,
    kind: str,
    heading: Sequence[str],
    cells: Callable[[Values], Sequence[str]],
    option: str = "",
) -> None:
    """Print a table, and how to see more.

    :param option: what the next list has to be asked besides.
    """
    lines = [*table(map(cells, page), heading)] if page else [f"No {kind}."]
    click.echo(harmless("\n".join(lines)))
    if page.more is not None:
        click.echo(more(page, kind, option))


def more(page: Page, kind: str, option: str = "") -> str:
    option = f"{option} --before {page.more}".strip()
    if page.back_to is None:
        return f"There are more: add {option}, or a higher --limit."
    return (
        f"Only {kind} back to {time(page.back_to)} were looked at. To look further"
        f" back, add {option}."
    )

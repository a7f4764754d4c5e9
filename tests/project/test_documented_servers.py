"""The files in docs/servers, and the tables of what was run with them."""

from __future__ import annotations

import re

from tests.neighbours.pgbouncer import RIGHT, WRONG
from tests.neighbours.proxies import PROXIES
from tests.neighbours.servers import SERVERS, SNIPPETS
from tests.support.blocks import DOCS

PAGE = (DOCS / "deployment.md").read_text()


def rows(table: str) -> list[list[str]]:
    """Return the cells of a table that ``make neighbours`` has written."""
    written = re.search(
        rf"<!-- {table}: begin -->(.*)<!-- {table}: end -->", PAGE, re.S
    )
    assert written is not None
    assert re.search(r"^Run on \d+ \w+ \d{4}, with ", written[1], re.M)
    lines = re.findall(r"^\| (.*) \|$", written[1], re.M)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def test_the_page_shows_each_file() -> None:
    shown = re.findall(r"^```\{literalinclude\} servers/(\S+)$", PAGE, re.M)
    assert sorted(shown) == sorted(path.name for path in SNIPPETS.iterdir())


def test_the_table_has_each_server_and_proxy() -> None:
    heads, *servers = rows("servers")
    assert [head.split()[0] for head in heads[2:]] == list(PROXIES)
    names = [cells[0] for cells in servers]
    for name, server in zip(names, SERVERS, strict=True):
        assert name.startswith(server.partition(",")[0])
    for cells in servers:
        expected = {""} if "uwsgi_pass" in cells[0] else set()
        assert set(cells[1:]) <= {"read", "`411`"} | expected


def test_the_table_has_each_way_through_pgbouncer() -> None:
    _, wrong, *right = rows("pooler")
    assert wrong[0].startswith(f"{WRONG.driver} ")
    assert "500" in wrong[-1]
    ways = [(cells[0].split()[0], cells[1], cells[-1]) for cells in right]
    assert ways == [(way.driver, way.pool_mode, "right") for way in RIGHT]

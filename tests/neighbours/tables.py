"""The tables in docs/deployment.md of what was run, as the tests have seen it.

``python -m tests.neighbours.tables servers`` writes the one about servers and proxies,
``pooler`` the one about PgBouncer. Nothing but what the tests have kept is written.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import re
import sys
from collections.abc import Sequence

from tests.neighbours import programs
from tests.neighbours.pgbouncer import RIGHT, WRONG, Pooled
from tests.neighbours.proxies import PROGRAMS, PROXIES
from tests.neighbours.servers import BY_UWSGI, SERVERS, named
from tests.support.blocks import DOCS
from tests.support.paths import ROOT

PAGE = DOCS / "deployment.md"

#: Without a proxy.
ALONE = "none"

_KEPT = ROOT / ".venv-neighbours"

#: What is written for each thing that can happen to a body in chunks.
_CHUNKS = {"read": "read", "411": "`411`"}


def record(table: str, about: Sequence[str], what: str, value: str) -> None:
    """Keep what was seen, for a table; the last word about it counts."""
    line = {"about": list(about), "what": what, "value": value}
    with (_KEPT / f"{table}.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def forget(table: str) -> None:
    """Delete what was seen before."""
    (_KEPT / f"{table}.jsonl").unlink(missing_ok=True)


def seen(table: str) -> dict[tuple[str, ...], dict[str, str]]:
    """Return what was seen of each thing.

    :raises FileNotFoundError: if nothing was.
    """
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for line in (_KEPT / f"{table}.jsonl").read_text().splitlines():
        entry = json.loads(line)
        found.setdefault(tuple(entry["about"]), {})[entry["what"]] = entry["value"]
    return found


def draw_servers() -> list[str]:
    """Return the rows of the table of servers and proxies.

    :raises KeyError: if a pair was not seen, or does not work.
    """
    found = seen("servers")
    proxies = [f"{name} {programs.version(PROGRAMS[name])}" for name in PROXIES]
    heads = ["Server", "alone", *proxies]
    return [
        _row(heads),
        "|---" * len(heads) + "|",
        *(
            _row([named(server), *(_pair(found, server, proxy) for proxy in COLUMNS)])
            for server in SERVERS
        ),
    ]


#: The proxies in the order of the columns.
COLUMNS = (ALONE, *PROXIES)


def _pair(found: dict[tuple[str, ...], dict[str, str]], server: str, proxy: str) -> str:
    if server == BY_UWSGI and proxy != "nginx":
        return ""
    about = found[server, proxy]
    missing = {"payment", "address", "result", "view", "no body"} - about.keys()
    if missing:
        raise KeyError(server, proxy, *missing)
    return _CHUNKS[about["chunks"]]


def draw_pooler() -> list[str]:
    """Return the rows of the table of drivers and PgBouncer.

    :raises KeyError: if a setting was not seen.
    """
    found = seen("pooler")
    heads = ["Driver", "`pool_mode`", "Setting", "Storms of notifications"]
    return [
        _row(heads),
        "|---" * len(heads) + "|",
        *(
            _row([*_described(pooled), found[str(pooled),]["storms"]])
            for pooled in (WRONG, *RIGHT)
        ),
    ]


def _described(pooled: Pooled) -> list[str]:
    name = {"psycopg2": "psycopg2-binary"}.get(pooled.driver, pooled.driver)
    setting = "defaults"
    if pooled.driver == "psycopg" and not pooled.prepares:
        setting = "`prepare_threshold=None`"
    driver = f"{pooled.driver} {importlib.metadata.version(name)}"
    return [driver, pooled.pool_mode, setting]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(table: str) -> str | None:
    """Write a table into the page; return what went wrong."""
    draw = {"servers": draw_servers, "pooler": draw_pooler}[table]
    try:
        rows = draw()
    except (KeyError, FileNotFoundError) as error:
        return f"The tests have not all passed, or not all run: {error}."
    today = f"{datetime.datetime.now(datetime.UTC):%d %B %Y}".lstrip("0")
    begun = {
        "servers": f"Run on {today}, with Python {sys.version.split()[0]}:",
        "pooler": f"Run on {today}, with PgBouncer {programs.version('pgbouncer')}:",
    }
    text = "\n".join([begun[table], "", *rows])
    place = re.compile(rf"(<!-- {table}: begin -->\n).*?(<!-- {table}: end -->)", re.S)
    page, number = place.subn(rf"\g<1>\n{text}\n\n\g<2>", PAGE.read_text())
    if number != 1:
        return f"{PAGE} has no place for the table."
    PAGE.write_text(page)
    print(f"Wrote the table of {table} into {PAGE.relative_to(ROOT)}")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

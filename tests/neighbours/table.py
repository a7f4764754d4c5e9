"""The table of servers and proxies in docs/deployment.md, as the tests have seen it.

``python -m tests.neighbours.table`` writes it from what the tests have kept.
"""

from __future__ import annotations

import datetime
import json
import re
import sys

from tests.neighbours import programs
from tests.neighbours.proxies import PROGRAMS, PROXIES
from tests.neighbours.servers import BY_UWSGI, SERVERS, versions
from tests.support.blocks import DOCS
from tests.support.paths import ROOT

PAGE = DOCS / "deployment.md"

#: A line of JSON for each thing that was seen; the last one about it counts.
SEEN = ROOT / ".venv-neighbours" / "seen.jsonl"

_PLACE = re.compile(
    r"(<!-- servers: written by make neighbours -->\n).*?(<!-- end -->)", re.DOTALL
)

#: What is written for each thing that a pair can do with a body in chunks.
_WORDS = {"read": "read", "411": "`411`"}


def record(server: str, proxy: str, what: str, value: str) -> None:
    """Keep what was seen, for the table."""
    line = {"pair": [server, proxy], "what": what, "value": value}
    with SEEN.open("a") as file:
        file.write(json.dumps(line) + "\n")


def seen() -> dict[tuple[str, str], dict[str, str]]:
    """Return what was seen, by server and proxy."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for line in SEEN.read_text().splitlines():
        entry = json.loads(line)
        pair: tuple[str, str] = tuple(entry["pair"])
        found.setdefault(pair, {})[entry["what"]] = entry["value"]
    return found


def draw(found: dict[tuple[str, str], dict[str, str]], today: datetime.date) -> str:
    """Return the table.

    :raises KeyError: if a pair was not seen, or does not work.
    """
    proxies = {name: programs.version(PROGRAMS[name]) for name in PROXIES}
    heads = [f"behind {name} {version}" for name, version in proxies.items()]
    lines = [
        f"Run on {today:%d %B %Y}, with Python {sys.version.split()[0]}:\n".replace(
            "Run on 0", "Run on "
        ),
        "| " + " | ".join(["Server", "alone", *heads]) + " |",
        "|---" * (len(heads) + 2) + "|",
    ]
    for server in SERVERS:
        cells = [_cell(found, server, proxy) for proxy in ("none", *PROXIES)]
        lines.append(f"| {server} {versions(server)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(found: dict[tuple[str, str], dict[str, str]], server: str, proxy: str) -> str:
    if server == BY_UWSGI and proxy != "nginx":
        return ""
    about = found[server, proxy]
    assert (about["works"], about["address"]) == ("yes", "yes"), (server, proxy)
    return _WORDS[about["chunks"]]


def main() -> str | None:
    """Write the table; return what went wrong."""
    try:
        table = draw(seen(), datetime.datetime.now(datetime.UTC).date())
    except (KeyError, FileNotFoundError) as error:
        return f"The tests of servers have not all passed: nothing about {error}."
    page, number = _PLACE.subn(rf"\g<1>\n{table}\n\g<2>", PAGE.read_text())
    if number != 1:
        return f"{PAGE} has no place for the table."
    PAGE.write_text(page)
    return None


if __name__ == "__main__":
    sys.exit(main())

"""``make neighbours``: a part after the other, each with what it needs.

``drivers`` storms a shop with each driver and setting of a database. ``servers`` runs
it on each server and behind each proxy, and ``pooler`` behind PgBouncer; both write
their table into the documentation.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable

from tests.neighbours import programs, tables
from tests.support import databases, galera
from tests.support.paths import ROOT

_STORMS = ("test_storms.py", "test_galera.py", "commits")

#: What each part needs, and what pytest runs.
PARTS: dict[str, tuple[tuple[Callable[[], str | None], ...], tuple[str, ...]]] = {
    "drivers": (
        (databases.main, galera.main),
        tuple(f"tests/concurrency/{name}" for name in _STORMS),
    ),
    "servers": ((programs.main,), ("tests/neighbours/test_servers.py",)),
    "pooler": ((programs.main,), ("tests/neighbours/test_pgbouncer.py",)),
}


def run_part(part: str, workers: int) -> str | None:
    """Run a part; return what went wrong."""
    needs, tests = PARTS[part]
    for need in needs:
        if problem := need():
            return problem
    options = ["--quiet"]
    if part == "drivers":
        options += [f"--numprocesses={workers}", "--dist=worksteal"]
    else:  # one server at a time
        tables.forget(part)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=ROOT,
        env=os.environ | {"ANTOM_NEIGHBOURS": "1"},
        check=False,
    )
    if ended.returncode:
        return f"The tests of {part} have failed."
    return None if part == "drivers" else tables.main(part)


def main() -> str | None:
    """Run the parts that are named, or all; return what went wrong."""
    parser = argparse.ArgumentParser(prog="make neighbours", description=__doc__)
    parser.add_argument("parts", nargs="*", default=[*PARTS])
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(unknown)}: name {', '.join(PARTS)}")
    problems = [run_part(part, asked.workers) for part in asked.parts]
    return "\n".join(filter(None, problems)) or None


if __name__ == "__main__":
    sys.exit(main())

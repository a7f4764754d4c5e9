"""``python -m benchmarks [NAME ...]`` measures and prints the table.

Each part runs in a process of its own, with a PostgreSQL of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

from benchmarks import cost, footprint, macro, notify, session, sign, sweep, waits
from benchmarks.database import open_postgres
from benchmarks.measure import HEADER, Result

PARTS: dict[str, Callable[[str], Iterator[Result]]] = {
    "notify": notify.run,
    "cost": cost.run,
    "sign": lambda database: sign.run(),
    "session": session.run,
    "sweep": sweep.run,
    "footprint": footprint.run,
    "macro": macro.run,
    "waits": lambda database: waits.run(),
}


def main(names: list[str]) -> None:
    if len(names) == 1:
        with open_postgres() as database:
            for result in PARTS[names[0]](database):
                print(result.row(), flush=True)
        return
    print(HEADER, flush=True)
    for name in names or PARTS:
        subprocess.run([sys.executable, "-m", "benchmarks", name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])

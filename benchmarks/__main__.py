"""``python -m benchmarks [NAME ...]`` measures and prints the table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import footprint, notify, session, sign, sweep
from benchmarks.database import open_postgres
from benchmarks.measure import HEADER, Result


def main(names: list[str]) -> None:
    with open_postgres() as database:
        parts: dict[str, Callable[[], Iterator[Result]]] = {
            "notify": partial(notify.run, database),
            "sign": sign.run,
            "session": partial(session.run, database),
            "sweep": partial(sweep.run, database),
            "footprint": partial(footprint.run, database),
        }
        print(HEADER, flush=True)
        for name in names or parts:
            for result in parts[name]():
                print(result.row(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The packages that take the time of a notification: ``python -m benchmarks.profile``.

py-spy takes a hundred samples a second of the workers that take notifications, and
counts only running threads. A sample counts for the package of the innermost frame
that belongs to one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from benchmarks.bench import PRESENT, Bench, Side
from benchmarks.environments import Environments
from benchmarks.load import send_all
from benchmarks.parts.rate import unique
from benchmarks.postgres import open_postgres
from benchmarks.processes import Server, gunicorn

SECONDS = 20

_PACKAGES = (
    *("sqlalchemy", "flask_sqlalchemy", "psycopg", "cryptography", "flask_antom"),
    *("flask", "werkzeug", "gunicorn"),
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="antom-benchmark-") as folder:
        bench = Bench(Environments(Path(folder), None), rounds=1, against=None)
        with open_postgres() as postgres, bench.open_sides(postgres) as sides:
            side = sides[PRESENT]
            with gunicorn(side.environment, side.app, database=side.database) as server:
                stacks = _record_under_load(side, server)
    total = sum(stacks.values())
    for package, count in stacks.most_common():
        print(f"| {package} | {100 * count / total:.0f} % |")


def _record_under_load(side: Side, server: Server) -> Counter[str]:
    stop = threading.Event()

    def keep_busy() -> None:
        while not stop.is_set():
            send_all(server.port, unique({PRESENT: side}))

    load = threading.Thread(target=keep_busy)
    load.start()
    try:
        return _record(server.pid)
    finally:
        stop.set()
        load.join()


def _record(pid: int) -> Counter[str]:
    """Return the number of samples by package."""
    py_spy = str(Path(sys.executable).with_name("py-spy"))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "stacks"
        subprocess.run(
            [
                *(py_spy, "record", "--pid", str(pid), "--subprocesses", "--gil"),
                *("--format", "raw", "--duration", str(SECONDS), "--output", path),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        lines = path.read_text().splitlines()
    counts: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        counts[_package(stack)] += int(count)
    return counts


def _package(stack: str) -> str:
    for frame in reversed(stack.split(";")):
        for package in _PACKAGES:
            if f"({package}/" in frame:
                return package
    return "other"


if __name__ == "__main__":
    main()

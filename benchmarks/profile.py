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

from benchmarks import notify
from benchmarks.database import open_postgres
from benchmarks.load import Server, gunicorn, send_all
from benchmarks.notify import REQUESTS
from benchmarks.tables import Tables, open_tables

SECONDS = 20

_PACKAGES = (
    *("sqlalchemy", "flask_sqlalchemy", "psycopg", "cryptography", "flask_antom"),
    *("flask", "werkzeug", "gunicorn"),
)


def main() -> None:
    with open_postgres() as database:
        tables = open_tables(database)
        with gunicorn("benchmarks.shop:make_app()", database) as server:
            stop = threading.Event()
            load = threading.Thread(target=_keep_busy, args=(tables, server, stop))
            load.start()
            stacks = _record(server.pid)
            stop.set()
            load.join()
    total = sum(stacks.values())
    for package, count in stacks.most_common():
        print(f"| {package} | {100 * count / total:.0f} % |")


def _keep_busy(tables: Tables, server: Server, stop: threading.Event) -> None:
    while not stop.is_set():
        send_all(server, notify.unique(tables, REQUESTS))


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

"""Which Redis do the tests of queues use?

The program that ``ANTOM_TEST_REDIS`` names, or a ``redis-server`` on the ``PATH``.
``python -m tests.support.redis_server`` installs Debian's where there is none.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.browser import apt_get
from tests.support.processes import free_port, until

_MISSING = (
    "The tests of queues need Redis, and there is none here. Install redis-server with"
    " the system's package manager, or name the program in ANTOM_TEST_REDIS."
)


def redis_server() -> str:
    """Return the path of the program.

    :raises FileNotFoundError: if there is none.
    """
    path = shutil.which(os.environ.get("ANTOM_TEST_REDIS") or "redis-server")
    if path is None:
        raise FileNotFoundError(_MISSING)
    return path


class Redis:
    """A Redis on a port of its own, which can be stopped and started again.

    :ivar url: the broker's URL.
    """

    def __init__(self, directory: Path) -> None:
        self._port = free_port()
        self._log = directory / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers; it keeps nothing on disk."""
        command = [redis_server(), "--port", str(self._port), "--bind", "127.0.0.1"]
        with self._log.open("ab") as log:
            self._process = process = subprocess.Popen(
                [*command, "--save", "", "--appendonly", "no"],
                stdout=log,
                stderr=subprocess.STDOUT,
            )

        def answers() -> bool:
            assert process.poll() is None, self._log.read_text()
            return self._ping()

        until(answers)

    def stop(self) -> None:
        """Stop it; all that it held is lost."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=15)
            self._process = None

    def _ping(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False


@contextmanager
def open_redis(directory: Path) -> Iterator[Redis]:
    """Run a Redis until the end of the block."""
    redis = Redis(directory)
    redis.start()
    try:
        yield redis
    finally:
        redis.stop()


def main() -> str | None:
    """Install Redis if need be; return what went wrong."""
    named = os.environ.get("ANTOM_TEST_REDIS")
    if not named and not shutil.which("redis-server") and shutil.which("apt-get"):
        print("Installing Redis for the tests of queues", flush=True)
        apt_get("update")
        apt_get("install", "--yes", "redis-server")
    try:
        path = redis_server()
    except FileNotFoundError as error:
        return str(error)
    print(f"The tests of queues use {path}", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main())

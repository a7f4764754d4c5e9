"""Programs that the tests start, wait for and stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.paths import ROOT

_PATIENCE = 45

#: The sockets that keep the ports of :func:`free_port` for their takers.
_HELD: list[socket.socket] = []


def until(condition: Callable[[], object]) -> None:
    """Ask again and again until the condition holds.

    :raises AssertionError: if it does not in time.
    """
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


@dataclass
class Program:
    """A running program, in a process group of its own.

    :ivar log: what it has written.
    """

    process: subprocess.Popen[bytes]
    log: Path

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition holds; the program must live so long."""

        def holds() -> bool:
            is_alive = self.process.poll() is None
            holds = bool(condition())
            assert holds or is_alive, self.log.read_text()
            return holds

        try:
            until(holds)
        except AssertionError as error:
            error.add_note(self.log.read_text())
            raise

    def says(self, words: str) -> None:
        """Wait until it has written the words."""
        self.until(lambda: words in self.log.read_text())

    def terminate(self) -> None:
        """Ask it to stop, but not its children."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=15)

    def exit_code(self) -> int:
        """Wait for its end."""
        return self.process.wait(timeout=_PATIENCE)


@contextmanager
def run(
    *arguments: str, settings: Mapping[str, str], directory: Path
) -> Iterator[Program]:
    """Run a Python module until the end of the block; nothing of its group survives.

    :param settings: environment variables.
    :param directory: for its log.
    """
    name = "-".join(arguments).replace("/", "-")[:60]
    command = [sys.executable, "-m", *arguments]
    with run_program(command, settings, directory, name) as program:
        yield program


@contextmanager
def run_program(
    command: Sequence[str],
    settings: Mapping[str, str],
    directory: Path,
    name: str | None = None,
) -> Iterator[Program]:
    """Run a program in a group of its own; nothing of it survives the block.

    :param settings: environment variables.
    :param directory: for its log.
    :param name: of the log; by default the program's.
    """
    log = directory / f"{name or Path(command[0]).name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(settings),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    program = Program(process, log)
    try:
        yield program
    finally:
        program.kill()


def free_port() -> int:
    """Return a port on which nothing listens, for this process to give away.

    It stays bound until the tests end: neither another test nor a connection of some
    client gets it meanwhile. A server that reuses addresses can listen on it.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _HELD.append(holder)
    port: int = holder.getsockname()[1]
    return port


def answers(url: str) -> bool:
    """Whether a page is there."""
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def run_code(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a text as a program in a process of its own, to its end."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

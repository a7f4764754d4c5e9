"""Subjects and servers in processes of their own, which end with their block."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from benchmarks.environments import Environment

WORKERS, THREADS = 2, 4


class Subject:
    """A subject that waits for questions; see ``subjects/worker.py``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, method: str, **arguments: object) -> Any:
        """Call a method of the subject and return its value."""
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        assert answers is not None
        questions.write(json.dumps({"do": method, **arguments}) + "\n")
        questions.flush()
        answer = answers.readline()
        if not answer:
            raise RuntimeError(f"The subject ended while it did {method!r}.")
        return json.loads(answer)


@contextmanager
def open_subject(environment: Environment, name: str) -> Iterator[Subject]:
    """Start a subject; end it after the block."""
    process = environment.start(
        *("-m", "benchmarks.subjects.worker", name),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with _ending(process):
        yield Subject(process)


class Server(NamedTuple):
    """A gunicorn that serves."""

    port: int
    pid: int


@contextmanager
def gunicorn(environment: Environment, app: str, **settings: str) -> Iterator[Server]:
    """Serve an app on loopback until the end of the block.

    :param settings: ``database`` becomes ``BENCHMARK_DATABASE``, and so on.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        port: int = listener.getsockname()[1]
        process = environment.start(
            *("-m", "gunicorn", "--no-control-socket"),
            *("--bind", f"fd://{listener.fileno()}", "--log-level", "error"),
            *("--workers", str(WORKERS), "--threads", str(THREADS)),
            *("--keep-alive", "30", app),
            settings={f"BENCHMARK_{key.upper()}": settings[key] for key in settings},
            pass_fds=[listener.fileno()],
        )
    with _ending(process):
        yield Server(port, process.pid)


@contextmanager
def open_gateway(environment: Environment, **options: object) -> Iterator[str]:
    """Serve a stand-in of Antom's or Stripe's; yield its URL.

    :param options: of ``gateway.py``.
    """
    flags = [f"--{name}={value}" for name, value in options.items()]
    process = environment.start(
        "-m", "benchmarks.gateway", *flags, stdout=subprocess.PIPE
    )
    with _ending(process):
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"


@contextmanager
def _ending(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

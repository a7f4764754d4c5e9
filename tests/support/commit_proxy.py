"""A proxy between a shop and its database that loses one COMMIT, or its answer.

It listens on a Unix socket and passes the bytes of PostgreSQL's or MariaDB's protocol
on as they are. Of what clients say it understands one thing: that a transaction is to
be committed. A real failover, or the restart of a connection pooler, looks the same to
the shop.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

import sqlalchemy as sa

from tests.support.commit_protocols import HungUp, MariaDB, PostgreSQL, Reader


class Fault(Enum):
    """The fault that happens to the COMMIT that a test has chosen."""

    ANSWER_LOST = "answer lost"  # the database commits, and nobody hears of it
    CUT_BEFORE = "cut before"  # the database never hears of it


class CommitProxy:
    """The proxy.

    :ivar url: what the shop connects to.
    :ivar commits: how many times a client has said COMMIT since :meth:`arm`.
    :ivar has_struck: whether the fault has happened since then.
    """

    def __init__(self, database_url: str, directory: Path) -> None:
        url = sa.make_url(database_url)
        is_postgres = url.get_backend_name() == "postgresql"
        self._protocol = PostgreSQL if is_postgres else MariaDB
        here = directory / self._protocol.address
        if is_postgres:
            self._server = Path(str(url.query["host"])) / self._protocol.address
            url = url.update_query_dict({"host": str(directory)})
        else:
            self._server = Path(str(url.query["unix_socket"]))
            url = url.update_query_dict({"unix_socket": str(here)})
        self.url = url.render_as_string(hide_password=False)
        self._lock = threading.Lock()
        self._closed = False
        self._links: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.arm()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(here))
        self._listener.listen(64)
        self._start(self._accept)

    def arm(self, number: int | None = None, fault: Fault = Fault.CUT_BEFORE) -> None:
        """Count from 0 again, and let the fault happen once.

        :param number: of which COMMIT, from 0; by default of none.
        """
        with self._lock:
            self.commits, self.has_struck = 0, False
            self._number, self._fault = number, fault

    def close(self) -> None:
        """Hang up on everybody, and wait for the threads."""
        with self._lock:
            self._closed = True
            links = [self._listener, *self._links]
        for link in links:
            _shut(link)
        for thread in self._threads:
            thread.join(timeout=15)
            assert not thread.is_alive(), "A thread of the proxy does not end."
        for link in links:
            link.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                with self._lock:
                    self._links += [client, server]
                    if self._closed:
                        return
                try:
                    server.connect(str(self._server))
                except OSError:
                    _shut(client)
                    continue
                swallows = threading.Event()
                protocol = self._protocol()
                self._start(self._pass_requests, client, server, protocol, swallows)
                self._start(self._pass_answers, client, server, protocol, swallows)

    def _pass_requests(
        self,
        client: socket.socket,
        server: socket.socket,
        protocol: PostgreSQL | MariaDB,
        swallows: threading.Event,
    ) -> None:
        reader = Reader(client)
        with suppress(OSError, HungUp):
            while True:
                request = protocol.read_request(reader)
                fault = self._count() if protocol.is_commit(request) else None
                if fault is Fault.CUT_BEFORE:
                    break
                if fault is Fault.ANSWER_LOST:
                    swallows.set()
                server.sendall(request)
        # The other thread hangs up on the client when the database has noticed.
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _pass_answers(
        self,
        client: socket.socket,
        server: socket.socket,
        protocol: PostgreSQL | MariaDB,
        swallows: threading.Event,
    ) -> None:
        reader = Reader(server)
        with suppress(OSError, HungUp):
            while server.recv(1, socket.MSG_PEEK):
                if swallows.is_set():
                    protocol.read_answer(reader)
                    break
                client.sendall(server.recv(65536))
        _shut(client)
        _shut(server)

    def _count(self) -> Fault | None:
        """Count a COMMIT, and return what is to happen to it."""
        with self._lock:
            number, self.commits = self.commits, self.commits + 1
            if number != self._number:
                return None
            self.has_struck = True
            return self._fault


def _shut(link: socket.socket) -> None:
    """Hang up; whoever waits for this socket wakes up."""
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)


@contextmanager
def open_proxy(database_url: str) -> Iterator[CommitProxy]:
    """Run a proxy before a database until the end of the block.

    :param database_url: of PostgreSQL or MariaDB on a Unix socket.
    """
    with tempfile.TemporaryDirectory(prefix="antom-proxy-") as name:
        proxy = CommitProxy(database_url, Path(name))
        try:
            yield proxy
        finally:
            proxy.close()

"""As much of the protocols of PostgreSQL and MariaDB as tells what a COMMIT is.

Each class reads the messages of one connection, for :mod:`tests.support.commit_proxy`.
"""

from __future__ import annotations

import re
import socket

_COMMIT = re.compile(rb"\s*(XA\s+)?COMMIT\b", re.IGNORECASE)


class HungUp(Exception):
    """One of the two sides has closed its connection."""


class Reader:
    """Reads exact numbers of bytes from a socket."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self._link.recv(size - len(data))
            if not chunk:
                raise HungUp
            data += chunk
        return data


class PostgreSQL:
    """Messages of PostgreSQL: a letter, a length that counts itself, and the rest."""

    #: The name of the socket in the directory that a client is told.
    address = ".s.PGSQL.5432"

    #: What a client may ask first: whether the server wants TLS or GSSAPI.
    _ENCRYPTION = frozenset(code.to_bytes(4, "big") for code in (80877103, 80877104))

    def __init__(self) -> None:
        self._is_first = True
        self._statements: dict[bytes, bool] = {}
        self._portals: dict[bytes, bool] = {}

    def read_request(self, reader: Reader) -> bytes:
        """Read a message; the first has no letter, nor has a question before it."""
        kind = b"" if self._is_first else reader.exactly(1)
        request = kind + self._read_body(reader)
        self._is_first &= request[4:] in self._ENCRYPTION
        return request

    def read_answer(self, reader: Reader) -> None:
        """Read up to "ready for query", which ends the answer to a statement."""
        while True:
            kind = reader.exactly(1)
            self._read_body(reader)
            if kind == b"Z":
                return

    def is_commit(self, request: bytes) -> bool:
        """Whether a message has a COMMIT executed: a query, or what was parsed before.

        Of the latter, "parse" names the statement, "bind" its portal, and "execute" the
        portal; the names are often empty.
        """
        kind, body = request[:1], request[5:]
        name, _, rest = body.partition(b"\0")
        if kind == b"P":
            self._statements[name] = _COMMIT.match(rest) is not None
        elif kind == b"B":
            statement = rest.partition(b"\0")[0]
            self._portals[name] = self._statements.get(statement, False)
        elif kind == b"E":
            return self._portals.get(name, False)
        return kind == b"Q" and _COMMIT.match(body) is not None

    def _read_body(self, reader: Reader) -> bytes:
        length = reader.exactly(4)
        return length + reader.exactly(int.from_bytes(length, "big") - 4)


class MariaDB:
    """Packets of MariaDB: a length, a number that begins with 0, and the rest."""

    address = "socket"
    _QUERY, _PREPARE = 0x03, 0x16

    def read_request(self, reader: Reader) -> bytes:
        head = reader.exactly(4)
        return head + reader.exactly(int.from_bytes(head[:3], "little"))

    def read_answer(self, reader: Reader) -> None:
        """Read the one packet that answers a statement without rows."""
        self.read_request(reader)

    def is_commit(self, request: bytes) -> bool:
        is_command = request[3] == 0 and request[4:5] != b""
        is_statement = is_command and request[4] in (self._QUERY, self._PREPARE)
        return is_statement and _COMMIT.match(request[5:]) is not None

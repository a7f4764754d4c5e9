"""A gateway of bare sockets on loopback, which can misbehave in any way."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask_antom.gateway.keys import load_private_key
from flask_antom.gateway.signing import format_header, sign
from tests.support.keys import ANTOM_PRIVATE_KEY

CLIENT_ID = "SANDBOX_5YDEMO00000000001"
TIME = "2026-11-23T08:01:54+08:30"
SUCCESS = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}

ANTOM = load_private_key(ANTOM_PRIVATE_KEY)


@dataclass(frozen=True)
class Request:
    """A request that arrived; the names of headers in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Link:
    """One connection, and the event that ends everything."""

    socket: socket.socket
    closing: threading.Event

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reset(self) -> None:
        """Break the connection with an RST in place of a FIN."""
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def hang(self) -> None:
        self.closing.wait()

    def drip(self, data: bytes) -> None:
        """Send the data, then blanks one by one for as long as anybody listens."""
        self.send(data)
        while not self.closing.wait(0.02):
            self.send(b" ")


#: Answers one request; true keeps the connection open for the next one.
Behaviour = Callable[[Link, Request], bool]


class Gateway:
    """Listens until it is closed.

    :ivar requests: all that arrived whole.
    :ivar accepted: how many connections were made.
    :ivar hung_up: set when the server has closed a connection by itself.
    """

    def __init__(
        self,
        behave: Behaviour,
        *,
        tls: ssl.SSLContext | None = None,
        greet: Callable[[Link], bool] = lambda link: True,
    ) -> None:
        self.requests: list[Request] = []
        self.accepted = 0
        self.hung_up = threading.Event()
        self._behave, self._tls, self._greet = behave, tls, greet
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._closing.set()
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._sockets.append(connection)
            thread = threading.Thread(target=self._talk, args=[connection], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._greet(Link(connection, self._closing)):
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    self._sockets.append(connection)
                self._serve(connection)
        connection.close()
        self.hung_up.set()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file:
            link = Link(connection, self._closing)
            while (request := _read_request(file)) is not None:
                self.requests.append(request)
                if not self._behave(link, request):
                    return


@contextmanager
def serving(behave: Behaviour, **options: Any) -> Iterator[Gateway]:
    gateway = Gateway(behave, **options)
    try:
        yield gateway
    finally:
        gateway.close()


def _read_request(file: BinaryIO) -> Request | None:
    line = file.readline()
    if not line:
        return None
    headers: dict[str, str] = {}
    while (header := file.readline().strip()) != b"":
        name, _, value = header.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = file.read(int(headers.get("content-length", 0)))
    return Request(line.split()[1].decode(), headers, body)


def http(
    body: bytes, headers: Mapping[str, str] | None = None, status: int = 200
) -> bytes:
    """Write an HTTP answer; its length is told unless the headers tell another."""
    lines = {"Content-Length": str(len(body))} | dict(headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Text\r\n{head}\r\n".encode() + body


def sealed(
    path: str, body: bytes, *, client_id: str = CLIENT_ID, time: str = TIME
) -> dict[str, str]:
    """Sign an answer as Antom does; gives its headers."""
    return {
        "client-id": client_id,
        "response-time": time,
        "signature": format_header(sign(ANTOM, path, client_id, time, body)),
    }


# What several tests do to a request


def silent(link: Link, request: Request) -> bool:
    link.hang()
    return False


def reset(link: Link, request: Request) -> bool:
    link.reset()
    return False


def drip_head(link: Link, request: Request) -> bool:
    link.drip(b"HTTP/1.1 200 OK\r\nX-Slow:")
    return False


def drip_body(link: Link, request: Request) -> bool:
    link.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n{")
    return False


# Answers


def encode(answer: object) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def signed(answer: object, status: int = 200) -> Behaviour:
    """Answer with this, signed."""
    body = encode(answer)

    def behave(link: Link, request: Request) -> bool:
        link.send(http(body, sealed(request.path, body), status))
        return True

    return behave


def always(data: bytes) -> Behaviour:
    """Answer with these bytes."""

    def behave(link: Link, request: Request) -> bool:
        link.send(data)
        return True

    return behave


def unsigned(
    answer: object, headers: Mapping[str, str] | None = None, status: int = 200
) -> Behaviour:
    """Answer with this, as it is."""
    return always(http(encode(answer), headers, status))


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Behave differently each time, and go on as the last one."""
    left = list(behaviours)

    def behave(link: Link, request: Request) -> bool:
        return (left.pop(0) if len(left) > 1 else left[0])(link, request)

    return behave


def failed(code: str, status: str = "F") -> dict[str, Any]:
    return {"result": SUCCESS | {"resultCode": code, "resultStatus": status}}

"""Requests to a server or a proxy, byte by byte, from an address of their own."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Where the buyers and Antom are; servers and proxies are at 127.0.0.1.
VISITOR = "127.0.0.2"

#: What a client sends to be taken for somebody else, or to be somewhere else.
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "gopher",
}


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: http.client.HTTPMessage


@dataclass(frozen=True)
class Door:
    """Where a shop is reached.

    :ivar prefix: the path below which it is.
    :ivar certificate: what to trust; ``None`` for a server without https.
    """

    port: int
    prefix: str = ""
    certificate: str | None = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self._ask("GET", path, headers or {}, [])

    def head(self, path: str) -> Answer:
        return self._ask("HEAD", path, {}, [])

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str], *, chunked: bool
    ) -> Answer:
        """Post a body, with its length or in chunks."""
        if chunked:
            named, pieces = {"Transfer-Encoding": "chunked"}, in_chunks(body)
        else:
            named, pieces = {"Content-Length": str(len(body))}, [body]
        return self._ask("POST", path, dict(headers) | named, pieces)

    def _ask(
        self, verb: str, path: str, headers: Mapping[str, str], pieces: list[bytes]
    ) -> Answer:
        forged = {} if self.certificate is None else FORGED
        lines = {"Host": "example.com", "Connection": "close"} | forged | dict(headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        with self._connect() as wire:
            wire.sendall(f"{verb} {self.prefix}{path} HTTP/1.1\r\n{head}\r\n".encode())
            try:
                for piece in pieces:
                    wire.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has answered before the body came
            response = http.client.HTTPResponse(wire, method=verb)
            response.begin()
            content = response.read()
        is_json = "json" in (response.headers["Content-Type"] or "")
        body = json.loads(content) if is_json else content.decode()
        return Answer(response.status, body, response.headers)

    def _connect(self) -> socket.socket:
        wire = socket.create_connection(
            ("127.0.0.1", self.port), timeout=30, source_address=(VISITOR, 0)
        )
        if self.certificate is None:
            return wire
        context = ssl.create_default_context(cafile=self.certificate)
        return context.wrap_socket(wire, server_hostname="example.com")


def in_chunks(body: bytes) -> list[bytes]:
    pieces = [body[:10], body[10:], b""]
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]

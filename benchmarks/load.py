"""Clients that keep a server busy."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

CLIENTS = 8


@dataclass(frozen=True)
class Load:
    """The result of a load.

    :ivar rate: answers a second; :ivar latencies: seconds of each request.
    """

    rate: float
    latencies: Sequence[float]
    statuses: Counter[int]


def http(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """Return the bytes of a request."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def send_all(port: int, requests: Sequence[bytes]) -> Load:
    """Send the requests over eight kept connections, one after another on each."""
    shares = [requests[client::CLIENTS] for client in range(CLIENTS)]
    seen: list[tuple[float, int]] = []
    threads = [
        threading.Thread(target=_send_share, args=(port, share, seen))
        for share in shares
    ]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    if len(seen) != len(requests):
        raise RuntimeError("A client broke off.")
    return Load(
        len(requests) / seconds,
        [latency for latency, _ in seen],
        Counter(status for _, status in seen),
    )


def _send_share(
    port: int, requests: Sequence[bytes], seen: list[tuple[float, int]]
) -> None:
    connection = socket.create_connection(("127.0.0.1", port), 60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        for request in requests:
            begin = time.perf_counter()
            connection.sendall(request)
            status = _read(connection)
            seen.append((time.perf_counter() - begin, status))


def _read(connection: socket.socket) -> int:
    """Read one answer with a ``Content-Length`` and return its status."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _receive(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += _receive(connection)
    return int(head.split(b" ", 2)[1])


def _receive(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionError("The server hung up.")
    return piece

"""The fastest possible gateway: one signed answer for every call.

``python -m benchmarks.gateway`` prints its port and serves until its input ends. It
keeps connections open, as Antom does.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.shop import CLIENT_ID
from flask_antom.gateway import keys, signing
from tests.support.keys import ANTOM_PRIVATE_KEY

PATH = "/ams/sandbox/api/v1/payments/createPaymentSession"
TIME = "2026-11-23T10:00:00+08:00"
RESULT = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success."}
SESSION = {
    "result": RESULT,
    "paymentSessionData": "opaque" * 200,
    "paymentSessionExpiryTime": "2099-01-01T00:00:00Z",
    "paymentSessionId": "opaque",
}


def signed(path: str, fields: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of an answer."""
    body = json.dumps(fields).encode()
    key = keys.load_private_key(ANTOM_PRIVATE_KEY)
    signature = signing.sign(key, path, CLIENT_ID, TIME, body)
    headers = {
        "client-id": CLIENT_ID,
        "response-time": TIME,
        "signature": signing.format_header(signature),
    }
    return headers, body


@contextmanager
def open_gateway() -> Iterator[str]:
    """Serve in a separate process until the end of the block; yield the URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gateway"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


def _serve(connection: socket.socket, answer: bytes) -> None:
    with connection, connection.makefile("rb") as stream:
        while stream.readline():
            length = 0
            while (line := stream.readline().lower().strip()) != b"":
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            stream.read(length)
            connection.sendall(answer)


def main() -> None:
    headers, body = signed(PATH, SESSION)
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    answer = "\r\n".join(lines).encode() + body
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=_serve, args=(connection, answer), daemon=True
            ).start()


if __name__ == "__main__":
    main()

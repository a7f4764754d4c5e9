"""The fastest possible stand-ins of Antom and of Stripe: ``-m benchmarks.gateway``.

It prints its port and serves until it is ended. It keeps connections open, as Antom
does. Antom's answers are signed: that to a session in advance, that to an inquiry when
it is asked for.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import threading
import time
from collections.abc import Callable

Answer = Callable[[str, bytes], bytes]

_CODE = re.compile(r"/v1/(\w+)/(\w+)")


def antom() -> Answer:
    """Return the function that answers as Antom does."""
    from benchmarks.messages import SESSION, SESSION_PATH, answer, inquiry_answer

    session = _http(*answer(SESSION_PATH, SESSION))

    def reply(path: str, body: bytes) -> bytes:
        if path.endswith("/createPaymentSession"):
            return session
        return _http(*inquiry_answer(json.loads(body)["paymentRequestId"]))

    return reply


def stripe() -> Answer:
    """Return the function that answers as Stripe does."""
    from benchmarks.stripe_objects import account, payment_intent

    def reply(path: str, body: bytes) -> bytes:
        found = _CODE.match(path)
        what = payment_intent(found[2]) if found else account()
        return _http({"Content-Type": "application/json"}, json.dumps(what).encode())

    return reply


def _http(headers: dict[str, str], body: bytes) -> bytes:
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {headers[name]}" for name in headers)]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def _serve(connection: socket.socket, reply: Answer, delay: float) -> None:
    with connection, connection.makefile("rb") as stream:
        while line := stream.readline():
            path, length = line.split()[1].decode(), 0
            while (line := stream.readline().lower().strip()) != b"":
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            answer = reply(path, stream.read(length))
            time.sleep(delay)
            connection.sendall(answer)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", choices=["antom", "stripe"], default="antom")
    parser.add_argument("--delay", type=float, default=0, help="seconds of an answer")
    options = parser.parse_args()
    reply = antom() if options.name == "antom" else stripe()
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=_serve, args=(connection, reply, options.delay), daemon=True
            ).start()


if __name__ == "__main__":
    main()

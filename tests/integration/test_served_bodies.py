"""Bodies that real servers do not pass on, or of which only a part comes."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.offline import GUIDE, PATH, SIGNER
from tests.support.processes import Program, run

pytestmark = pytest.mark.slow

BODY = json.dumps(GUIDE).encode()
SHOP = "tests.support.served_bodies"
UVICORN = ("uvicorn", "--port", "0", "--no-access-log")
GUNICORN = ("gunicorn", "--bind", "127.0.0.1:0", "--no-control-socket")
CHUNKED = {"Transfer-Encoding": "chunked"}


@dataclass
class Served:
    """A server that runs the shop."""

    program: Program
    port: int

    def post(
        self,
        path: str,
        headers: Mapping[str, str],
        *pieces: bytes,
        hangs_up: bool = False,
    ) -> tuple[int, Any]:
        """Send a request as it is, and return what is answered."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as wire:
            lines = {"Host": "shop.example", "Connection": "close", **headers}
            head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            wire.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode())
            for piece in pieces:
                wire.sendall(piece)
            if hangs_up:  # what is answered still comes
                wire.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: wire.recv(65536), b""))
        head_of_answer, _, content = answer.partition(b"\r\n\r\n")
        is_json = b"json" in head_of_answer
        text = content.decode()
        return int(answer.split()[1]), json.loads(text) if is_json else text

    def notify(self) -> tuple[int, Any]:
        """Send a notification that Antom has signed, in chunks."""
        return self.post(PATH, SIGNER.headers(PATH, BODY) | CHUNKED, *chunks(BODY))


def chunks(body: bytes) -> list[bytes]:
    pieces = [body[:10], body[10:], b""]
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]


@pytest.fixture
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    with run(*request.param, settings={}, directory=tmp_path) as program:
        pattern = re.compile(r"http://127\.0\.0\.1:(\d+)")

        def port() -> str:
            found = pattern.search(program.log.read_text())
            return found.group(1) if found else ""

        program.until(port)
        yield Served(program, int(port()))


bridged = pytest.mark.parametrize(
    "served", [(*UVICORN, f"{SHOP}:bridged")], indirect=True
)
reading = pytest.mark.parametrize(
    "served",
    [(*UVICORN, f"{SHOP}:cured"), (*GUNICORN, f"{SHOP}:app")],
    ids=["cured", "gunicorn"],
    indirect=True,
)
gunicorn = pytest.mark.parametrize(
    "served", [(*GUNICORN, f"{SHOP}:app")], indirect=True
)


@bridged
def test_a_chunked_body_that_the_server_drops_is_no_forgery(served: Served) -> None:
    status, problem = served.notify()
    assert (status, problem["code"]) == (411, "body")
    assert "in chunks" in problem["detail"]
    assert "gunicorn" in problem["detail"]
    served.program.says("Refused a notification from 127.0.0.1 (body): The body did")


@bridged
def test_a_body_with_a_length_reaches_the_same_server(served: Served) -> None:
    length = {"Content-Length": str(len(BODY))}
    status, problem = served.post(PATH, SIGNER.headers(PATH, BODY) | length, BODY)
    assert (status, problem["code"]) == (404, "payment_not_found")


@reading
def test_a_chunked_body_that_the_server_reads_is_taken(served: Served) -> None:
    status, problem = served.notify()
    assert (status, problem["code"]) == (404, "payment_not_found")


@bridged
def test_a_checkout_in_chunks_is_told_what_happened(served: Served) -> None:
    wanted = json.dumps({"orderReference": "A-1", "paymentMethodType": "GCASH"})
    headers = {"Content-Type": "application/json"} | CHUNKED
    status, problem = served.post("/antom/session", headers, *chunks(wanted.encode()))
    assert (status, problem["code"]) == (411, "invalid_request")
    assert "in chunks" in problem["detail"]
    served.program.says("A request to /antom/session: The body did not arrive")


@bridged
def test_a_form_in_chunks_is_told_what_happened(served: Served) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | CHUNKED
    status, _ = served.post("/antom/hosted", headers, *chunks(b"orderReference=A-1"))
    assert status == 411
    served.program.says("A request to /antom/hosted: The body did not arrive")


@gunicorn
def test_a_sender_that_hangs_up_is_no_forger(served: Served) -> None:
    length = {"Content-Length": str(len(BODY))}
    headers = SIGNER.headers(PATH, BODY) | length
    status, problem = served.post(PATH, headers, BODY[:100], hangs_up=True)
    assert (status, problem["code"]) == (411, "body")
    assert f"{len(BODY)} bytes were announced, but 100 came" in problem["detail"]
    headers = SIGNER.headers(PATH, BODY) | CHUNKED
    status, problem = served.post(PATH, headers, hangs_up=True)
    assert (status, problem["code"]) == (411, "body")


@gunicorn
def test_an_upload_is_refused_before_it_is_sent(served: Served) -> None:
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(300 * 1024 * 1024),
    }
    status, page = served.post("/antom/hosted", headers)
    assert status == 413
    assert "<html" in page

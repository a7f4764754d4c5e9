"""A shop on four gunicorn workers, and many clients that call it at the same time."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask_antom.simulator import Simulator
from tests.support.paths import ROOT
from tests.support.shop import NOTIFY, Shopfront, make_shop, shop_settings

WORKERS = 4
SERVER = "tests.concurrency.gunicorn_app:app"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    worker: str


@dataclass(frozen=True)
class Request:
    """One HTTP request to the shop."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class GunicornShop:
    """The running shop.

    :ivar shop: the same shop in this process, to look into its database.
    :ivar environment: of further processes of the shop.
    :ivar faults: a file in this directory makes the receiver raise once.
    :ivar log: what gunicorn and the workers have written.
    """

    shop: Shopfront
    simulator: Simulator
    port: int
    environment: dict[str, str]
    faults: Path
    log: Path

    def at_once(self, requests: Sequence[Request]) -> list[Answer]:
        """Send all requests at the same moment, each on a connection of its own."""
        barrier = threading.Barrier(len(requests), timeout=30)
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(lambda request: self.send(request, barrier), requests))

    def send(
        self, request: Request, barrier: threading.Barrier | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.connect()
            if barrier is not None:
                barrier.wait()
            connection.request(
                request.method, request.path, request.body, request.headers
            )
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        is_json = "json" in (response.headers["Content-Type"] or "")
        body = json.loads(text) if is_json else text
        return Answer(response.status, body, response.headers["X-Worker"])

    def start_payment(self, reference: str, method: str = "GCASH") -> Any:
        """Ask for a session; gives the answer's fields."""
        answer = self.send(session_request(reference, method))
        assert answer.status in (200, 201), answer
        return answer.body

    def notification(self, request_id: str, payment_id: str) -> Request:
        """Make a signed notification that a payment of 42 ringgit was paid."""
        fields = {
            "notifyType": "PAYMENT_RESULT",
            "result": {"resultCode": "SUCCESS", "resultStatus": "S"},
            "paymentRequestId": request_id,
            "paymentId": payment_id,
            "paymentAmount": {"value": "4200", "currency": "MYR"},
            "paymentTime": "2026-11-23T10:00:00+08:00",
        }
        body = json.dumps(fields).encode()
        headers = self.simulator.signed_notification(body, NOTIFY)
        return Request("POST", NOTIFY, body, headers)

    def waits_for_a_person(self) -> bool:
        """Whether a payment is in review."""
        payments = self.shop.rows(self.shop.antom.Payment)
        return any(payment.status == "review" for payment in payments)

    def sweep_at_once(self, number: int) -> list[Answer]:
        """Run so many ``flask antom sweep`` side by side; gives what they printed."""
        command = ["-m", "flask", "--app", SERVER, "antom", "sweep"]
        sweeps = [
            subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for _ in range(number)
        ]
        printed = [sweep.communicate(timeout=60)[0] for sweep in sweeps]
        return [
            Answer(sweep.returncode, text, str(sweep.pid))
            for sweep, text in zip(sweeps, printed, strict=True)
        ]


def session_request(reference: str, method: str = "GCASH") -> Request:
    """Make the request of the checkout script."""
    fields = {"orderReference": reference, "paymentMethodType": method}
    headers = {"Content-Type": "application/json"}
    return Request("POST", "/antom/session", json.dumps(fields).encode(), headers)


def clerk_request(verb: str, reference: str, value: int | None = None) -> Request:
    """Make the request of a clerk."""
    query = "" if value is None else f"?value={value}"
    return Request("POST", f"/clerk/{verb}/{reference}{query}")


def status_request(session: Any) -> Request:
    """Make the request of the result page's script."""
    return Request("GET", urlsplit(session["statusUrl"]).path)


@contextmanager
def open_gunicorn_shop(
    database_url: str, simulator: Simulator, gateway_url: str, directory: Path
) -> Iterator[GunicornShop]:
    """Start gunicorn and wait until every worker has answered."""
    faults, log = directory / "faults", directory / "gunicorn.log"
    faults.mkdir()
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        port = listener.getsockname()[1]
        settings = shop_settings(simulator.public_key, gateway_url)
        settings["SQLALCHEMY_DATABASE_URI"] = database_url
        settings["ANTOM_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
        settings["ANTOM_TIMEOUT"] = 10
        shop = make_shop(settings)
        environment = os.environ | {
            "SHOP_SETTINGS": json.dumps(settings),
            "SHOP_FAULTS": str(faults),
        }
        process = start(listener, environment, log)
    gunicorn = GunicornShop(shop, simulator, port, environment, faults, log)
    try:
        wait_for_workers(gunicorn)
        yield gunicorn
    finally:
        end(process)
        shop.close()


def start(
    listener: socket.socket, environment: dict[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start gunicorn, in a process group of its own, on a socket that is bound."""
    command = [
        *(sys.executable, "-m", "gunicorn", "--no-control-socket"),
        *("--bind", f"fd://{listener.fileno()}", "--worker-tmp-dir", str(log.parent)),
        *("--workers", str(WORKERS), "--threads", "4", "--preload"),
        *("--timeout", "60", "--graceful-timeout", "5", SERVER),
    ]
    with log.open("wb") as file:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            pass_fds=[listener.fileno()],
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_for_workers(gunicorn: GunicornShop) -> None:
    """Ask until each of the workers has answered; a request waits for the first."""
    seen: set[str] = set()
    for _ in range(100):
        requests = [Request("GET", "/antom/status/none")] * 4 * WORKERS
        seen |= {answer.worker for answer in gunicorn.at_once(requests)}
        if len(seen) == WORKERS:
            return
    raise AssertionError(f"Not all workers answer:\n{gunicorn.log.read_text()}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End gunicorn, by force if it must be; nothing of its group survives."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=15)

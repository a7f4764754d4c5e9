"""The time that a buyer waits for a session where the gateway has a lasting fault."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from itertools import count

from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from benchmarks.bench import Bench
from benchmarks.measure import Result
from flask_antom import FlaskAntom, Money, Order
from tests.support.gateways import (
    CLIENT_ID,
    SUCCESS,
    Behaviour,
    drip_body,
    drip_head,
    failed,
    reset,
    serving,
    signed,
    silent,
    unsigned,
)
from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY

#: Seconds; ``ANTOM_TIMEOUT``.
TIMEOUT = 2.0
ROUNDS = 3

BEHAVIOURS: dict[str, Behaviour] = {
    "silence": silent,
    "reset": reset,
    "slow head": drip_head,
    "slow body": drip_body,
    "502": unsigned(b"Bad gateway", status=502),
    "unsigned S": unsigned({"result": SUCCESS}),
    "U for ever": signed(failed("UNKNOWN_EXCEPTION", "U")),
}


def run(bench: Bench) -> Iterator[Result]:
    """Measure the longest of three waits for each fault."""
    logging.getLogger("flask_antom").setLevel(logging.CRITICAL)
    for name, behave in BEHAVIOURS.items():
        bench.say(f"waits: {name}")
        with serving(behave) as gateway:
            yield _result(name, gateway.url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield _result("refused", f"http://127.0.0.1:{port}")


def _result(name: str, url: str) -> Result:
    client = _make_shop(url).test_client()
    longest = max(_wait(client, f"A-{number}") for number in range(ROUNDS))
    beside = f"{TIMEOUT:.2f} s, ANTOM_TIMEOUT"
    target = f"<= {(TIMEOUT + 1) / TIMEOUT}"
    ratio = longest / TIMEOUT
    return Result(
        f"Longest wait, {name}", f"{longest:.2f} s", beside, ratio, target=target
    )


def _make_shop(url: str) -> Flask:
    app = Flask(f"waits-{next(_numbers)}")
    app.config.update(
        SECRET_KEY="for benchmarks only",
        SQLALCHEMY_DATABASE_URI="sqlite://",
        ANTOM_CLIENT_ID=CLIENT_ID,
        ANTOM_PRIVATE_KEY=MERCHANT_PRIVATE_KEY,
        ANTOM_PUBLIC_KEY=ANTOM_PUBLIC_KEY,
        ANTOM_GATEWAY_URL=url,
        ANTOM_PUBLIC_URL="http://127.0.0.1:5000",
        ANTOM_TIMEOUT=TIMEOUT,
    )
    db = SQLAlchemy(app)
    antom = FlaskAntom(app, db=db)
    antom.order_loader(lambda reference: Order(reference, Money(4200, "MYR"), "One"))
    with app.app_context():
        db.create_all()
    return app


def _wait(client: FlaskClient, reference: str) -> float:
    wanted = {"orderReference": reference, "paymentMethodType": "GCASH"}
    begin = time.perf_counter()
    answer = client.post("/antom/session", json=wanted)
    seconds = time.perf_counter() - begin
    if answer.status_code < 500:
        raise RuntimeError(f"Not a fault: {answer.text}")
    return seconds


_numbers = count()

"""The time that a caller waits for a gateway with a lasting fault."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

from benchmarks.measure import Result
from flask_antom.errors import OutcomeUnknown
from flask_antom.gateway.keys import Keyring
from flask_antom.gateway.transport import Account, Transport
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

ACCOUNT = Account(CLIENT_ID, Keyring(MERCHANT_PRIVATE_KEY, {"1": ANTOM_PUBLIC_KEY}))

BEHAVIOURS: dict[str, Behaviour] = {
    "silence": silent,
    "reset": reset,
    "slow head": drip_head,
    "slow body": drip_body,
    "502": unsigned(b"Bad gateway", status=502),
    "unsigned S": unsigned({"result": SUCCESS}),
    "U for ever": signed(failed("UNKNOWN_EXCEPTION", "U")),
}


def run() -> Iterator[Result]:
    """Measure the longest of three calls for each fault."""
    logging.getLogger("flask_antom").setLevel(logging.ERROR)
    for name, behave in BEHAVIOURS.items():
        with serving(behave) as gateway:
            yield _result(name, gateway.url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield _result("refused", f"http://127.0.0.1:{port}")


def _result(name: str, url: str) -> Result:
    longest = max(_wait(url) for _ in range(ROUNDS))
    beside = f"{TIMEOUT:.2f} s, ANTOM_TIMEOUT"
    ratio = longest / TIMEOUT
    target = f"<= {(TIMEOUT + 1) / TIMEOUT}"
    return Result(f"Longest wait, {name}", f"{longest:.2f} s", beside, ratio, target)


def _wait(url: str) -> float:
    transport = Transport(url, ACCOUNT, TIMEOUT)
    begin = time.perf_counter()
    with suppress(OutcomeUnknown):
        transport.post("inquiryPayment", {"paymentRequestId": "A-1"})
    return time.perf_counter() - begin

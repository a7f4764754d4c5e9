"""Signing and verifying, beside bare ``cryptography`` and Antom's own SDK."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from time import process_time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from benchmarks.bench import PRESENT, Bench, collected
from benchmarks.measure import Result, beside, micro, seconds_of
from benchmarks.messages import CLIENT_ID, SESSION_PATH
from flask_antom.gateway import keys, signing
from tests.support.keys import MERCHANT_PRIVATE_KEY, MERCHANT_PUBLIC_KEY

TIME = "1779876543210"
BODY = json.dumps({"paymentRequestId": "A" * 32, "padding": "x" * 900}).encode()
BARE = "bare cryptography"


def run(bench: Bench) -> Iterator[Result]:
    """Measure a body of a kilobyte, with loaded keys."""
    private = keys.load_private_key(MERCHANT_PRIVATE_KEY)
    public = keys.load_public_key(MERCHANT_PUBLIC_KEY)
    text = signing.signed_text(SESSION_PATH, CLIENT_ID, TIME, BODY)
    signature = private.sign(text, PKCS1v15(), hashes.SHA256())
    header = signing.format_header(signature)
    message = (SESSION_PATH, CLIENT_ID, TIME, BODY)

    def sign() -> None:
        signing.format_header(signing.sign(private, *message))

    def bare_sign() -> None:
        private.sign(text, PKCS1v15(), hashes.SHA256())

    def verify() -> None:
        signing.verify({"1": public}, header, *message)

    def bare_verify() -> None:
        public.verify(signature, text, PKCS1v15(), hashes.SHA256())

    sdk = _time_the_sdk(bench)
    for name, ours, bare, times, target, verb in (
        ("Sign and write the header", sign, bare_sign, 200, "<= 1.2", "sign"),
        ("Read the header and verify", verify, bare_verify, 2000, "<= 1.3", "check"),
    ):
        seconds = _compare(bench, name, {PRESENT: ours, BARE: bare}, times)
        mine = seconds[PRESENT]
        yield beside(name, mine, seconds[BARE], BARE, micro, target)
        yield beside(name, mine, [sdk[verb]] * len(mine), "Antom's SDK", micro)


def _compare(
    bench: Bench, name: str, works: dict[str, Callable[[], None]], times: int
) -> dict[str, list[float]]:
    seconds = collected()
    for turn in bench.turns(name, [*works]):
        for side in turn:
            seconds[side].append(seconds_of(works[side], times, process_time))
    return seconds


def _time_the_sdk(bench: Bench) -> dict[str, float]:
    """Measure the SDK, which loads a key for each message."""
    question = {
        "path": SESSION_PATH,
        "client_id": CLIENT_ID,
        "time": TIME,
        "body": BODY.decode(),
        "private_key": MERCHANT_PRIVATE_KEY,
        "public_key": MERCHANT_PUBLIC_KEY,
    }
    process = bench.environments.sdk.start(
        *("-m", "benchmarks.sdk_signatures"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        text, _ = process.communicate(json.dumps(question))
    seconds: dict[str, float] = json.loads(text)
    return seconds

"""Signing and verifying, beside bare ``cryptography`` and Antom's own SDK."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from benchmarks.measure import Result, compare, micro
from benchmarks.shop import CLIENT_ID
from flask_antom.gateway import keys, signing
from tests.support.keys import MERCHANT_PRIVATE_KEY, MERCHANT_PUBLIC_KEY

ROOT = Path(__file__).parents[1]
PATH, TIME = "/ams/api/v1/payments/createPaymentSession", "1779876543210"
BODY = json.dumps({"paymentRequestId": "A" * 32, "padding": "x" * 900}).encode()


def run() -> Iterator[Result]:
    """Measure a body of a kilobyte, with loaded keys."""
    private = keys.load_private_key(MERCHANT_PRIVATE_KEY)
    public = keys.load_public_key(MERCHANT_PUBLIC_KEY)
    text = signing.signed_text(PATH, CLIENT_ID, TIME, BODY)
    signature = private.sign(text, PKCS1v15(), hashes.SHA256())
    header = signing.format_header(signature)

    def sign() -> None:
        signing.format_header(signing.sign(private, PATH, CLIENT_ID, TIME, BODY))

    def bare_sign() -> None:
        private.sign(text, PKCS1v15(), hashes.SHA256())

    def verify() -> None:
        signing.verify({"1": public}, header, PATH, CLIENT_ID, TIME, BODY)

    def bare_verify() -> None:
        public.verify(signature, text, PKCS1v15(), hashes.SHA256())

    signed = compare(sign, bare_sign, times=200, rounds=15, clock=process_time)
    verified = compare(verify, bare_verify, times=2000, rounds=15, clock=process_time)
    sdk = _time_the_sdk()
    for name, (ours, floor, ratio), target in (
        ("Sign and write the header", signed, "<= 1.2"),
        ("Read the header and verify", verified, "<= 1.3"),
    ):
        beside = f"{micro(floor)} (bare cryptography)"
        yield Result(name, micro(ours), beside, ratio, target)
    for name, (ours, _, _), verb in (
        ("Sign, beside the SDK", signed, "sign"),
        ("Verify, beside the SDK", verified, "check"),
    ):
        beside = f"{micro(sdk[verb])} (Antom's SDK)"
        yield Result(name, micro(ours), beside, ours / sdk[verb])


def _time_the_sdk() -> dict[str, float]:
    """Measure with ``.venv-oracle``, whose SDK loads a key for each message."""
    question = {
        "path": PATH,
        "client_id": CLIENT_ID,
        "time": TIME,
        "body": BODY.decode(),
        "private_key": MERCHANT_PRIVATE_KEY,
        "public_key": MERCHANT_PUBLIC_KEY,
    }
    done = subprocess.run(
        [
            ROOT / ".venv-oracle" / "bin" / "python",
            Path(__file__).with_name("sdk.py"),
        ],
        input=json.dumps(question),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds

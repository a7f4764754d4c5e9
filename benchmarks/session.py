"""The session route, beside the one HTTP call that it needs.

The route commits the attempt, signs, calls, verifies the answer and commits the
session. The floor posts the same request by ``requests`` over a kept connection.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import requests

from benchmarks.gateway import PATH, open_gateway
from benchmarks.measure import Result, compare, milli
from benchmarks.shop import db, make_shop

BODY = json.dumps({"paymentRequestId": "A" * 32, "padding": "x" * 900}).encode()


def run(database: str) -> Iterator[Result]:
    """Measure with a gateway that answers at once: the worst case for the ratio."""
    with open_gateway() as url:
        app, _ = make_shop(database, gateway=url)
        with app.app_context():
            db.create_all()
        client = app.test_client()
        numbers = itertools.count()
        bare = requests.Session()
        headers = {"Content-Type": "application/json", "signature": "x" * 400}

        def ours() -> None:
            reference = f"session-{next(numbers)}"
            fields = {"orderReference": reference, "paymentMethodType": "GCASH"}
            answer = client.post("/antom/session", json=fields)
            if answer.status_code != 201:
                raise RuntimeError(answer.text)

        def floor() -> None:
            bare.post(url + PATH, data=BODY, headers=headers, timeout=10)

        mine, other, ratio = compare(ours, floor, times=50, rounds=9)
    yield Result(
        "Session route, whole",
        milli(mine),
        f"{milli(other)} (one call by requests)",
        ratio,
    )
    beside = "300 ms, a guess at Antom's answer"
    yield Result(
        "Session route where Antom takes 300 ms",
        milli(mine - other + 0.3),
        beside,
        (mine - other + 0.3) / 0.3,
    )

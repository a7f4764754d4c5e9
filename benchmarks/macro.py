"""The time to draw the payment form, beside its limit of 0.2 ms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import process_time

from benchmarks.measure import Result, micro, seconds_of
from benchmarks.shop import make_shop
from flask_antom.domain.modes import MODES

ASKED = 200e-6  # seconds
TIMES, ROUNDS = 500, 15

TEMPLATE = """{% from "antom/checkout.html" import antom_checkout -%}
{{ antom_checkout("A-1", methods=["GCASH", "ALIPAY_CN", "CARD"], mode=mode) }}"""


def run(database: str) -> Iterator[Result]:
    """Measure the CPU time of each mode in German; the fastest round counts."""
    app, _ = make_shop(database)
    template = app.jinja_env.from_string(TEMPLATE)
    languages = {"Accept-Language": "de"}
    for mode in MODES:
        draw = partial(template.render, mode=mode)
        with app.test_request_context("/checkout", headers=languages):
            draw()
            rounds = [seconds_of(draw, TIMES, process_time) for _ in range(ROUNDS)]
        seconds = min(rounds)
        yield Result(
            f"Drawing the form, mode {mode}",
            micro(seconds),
            f"{micro(ASKED)}, the limit",
            seconds / ASKED,
            "<= 1",
        )

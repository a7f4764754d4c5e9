"""The time to draw the payment form, beside its limit of 0.2 ms.

The macro asks the order loader, and the database where the order stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import process_time

from benchmarks.bench import Bench
from benchmarks.measure import Result, beside_limit, micro, seconds_of
from benchmarks.subjects.host import db
from benchmarks.subjects.shop import make_shop

MODES = ("cashier", "element", "page", "hosted")
ASKED = 200e-6  # seconds
TIMES, ROUNDS = 500, 15

TEMPLATE = """{% from "antom/checkout.html" import antom_checkout -%}
{{ antom_checkout("A-1", methods=["GCASH", "ALIPAY_CN", "CARD"], mode=mode) }}"""


def run(bench: Bench) -> Iterator[Result]:
    """Measure the CPU time of each mode in German; the fastest round counts."""
    app, _ = make_shop("sqlite://")
    with app.app_context():
        db.create_all()
    template = app.jinja_env.from_string(TEMPLATE)
    languages = {"Accept-Language": "de"}
    for mode in MODES:
        bench.say(f"macro: {mode}")
        draw = partial(template.render, mode=mode)
        with app.test_request_context("/checkout", headers=languages):
            draw()
            rounds = [seconds_of(draw, TIMES, process_time) for _ in range(ROUNDS)]
        name = f"Drawing the form, mode {mode}"
        yield beside_limit(name, min(rounds), ASKED, micro)

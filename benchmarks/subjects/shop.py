"""The measured shop: the host's app with Flask-Antom.

``gunicorn benchmarks.subjects.shop:make_app()`` takes its database and its gateway from
``BENCHMARK_DATABASE`` and ``BENCHMARK_GATEWAY``.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Flask

from benchmarks.messages import CLIENT_ID, SESSION, SESSION_PATH, Signed, answer
from benchmarks.subjects import host
from benchmarks.subjects.host import db, make_host
from flask_antom import FlaskAntom, Money, Order
from flask_antom.signals import payment_succeeded
from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY


class Reply(NamedTuple):
    """Has the attributes of Flask-Antom's ``Reply``, which older builds do not show."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Answers:
    """Antom in this process: it answers at once with messages signed in advance.

    :ivar inquiries: the answers to inquiries, by ``paymentRequestId``.
    """

    def __init__(self) -> None:
        self.inquiries: dict[str, Signed] = {}
        self._session = answer(SESSION_PATH, SESSION)

    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Any:
        if url.endswith("/createPaymentSession"):
            return Reply(200, *self._session)
        return Reply(200, *self.inquiries[json.loads(body)["paymentRequestId"]])


def mark_paid(app: Flask, payment: Any, **extra: Any) -> None:
    host.mark_paid(payment.order_reference)


def load_order(reference: str) -> Order:
    return Order(reference, Money(4200, "MYR"), "A benchmark's order")


def make_shop(
    database: str, gateway: str = "", answers: Answers | None = None
) -> tuple[Flask, FlaskAntom]:
    """Create the app, but not its tables. A process can do so once.

    :param gateway: the URL of a gateway; without one, ``answers`` are Antom's.
    """
    app = make_host(database)
    app.config.update(
        ANTOM_CLIENT_ID=CLIENT_ID,
        ANTOM_PRIVATE_KEY=MERCHANT_PRIVATE_KEY,
        ANTOM_PUBLIC_KEY=ANTOM_PUBLIC_KEY,
        ANTOM_GATEWAY_URL=gateway or "http://127.0.0.1:9",
        ANTOM_PUBLIC_URL="http://127.0.0.1:5000",
    )
    antom = FlaskAntom(db=db, send=None if gateway else answers)
    antom.order_loader(load_order)
    antom.init_app(app)
    payment_succeeded.connect(mark_paid, sender=app, weak=False)
    return app, antom


def make_app() -> Flask:
    logging.getLogger("flask_antom").setLevel(logging.ERROR)  # forged ones
    gateway = os.environ.get("BENCHMARK_GATEWAY", "")
    return make_shop(os.environ["BENCHMARK_DATABASE"], gateway)[0]

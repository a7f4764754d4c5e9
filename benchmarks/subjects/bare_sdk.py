"""A bare Flask view on Antom's own SDK, which opens a session.

The client, the requests, the signing, the TLS context of each call and the check of the
answer are the SDK's own code. One class is replaced: the SDK knows HTTPS on port 443
only. Here its connection goes to loopback without TLS, so no handshake is counted. The
view keeps nothing in a database.
"""

from __future__ import annotations

import http.client
import json
import os
import time
import uuid
from time import process_time
from typing import Any
from urllib.parse import urlsplit

from com.alipay.ams.api import (  # type: ignore[import-not-found]
    default_alipay_client,
)
from com.alipay.ams.api.model.amount import Amount  # type: ignore[import-not-found]
from com.alipay.ams.api.model.buyer import Buyer  # type: ignore[import-not-found]
from com.alipay.ams.api.model.env import Env  # type: ignore[import-not-found]
from com.alipay.ams.api.model.order import Order  # type: ignore[import-not-found]
from com.alipay.ams.api.model.payment_method import (  # type: ignore[import-not-found]
    PaymentMethod,
)
from com.alipay.ams.api.model.product_code_type import (  # type: ignore[import-not-found]
    ProductCodeType,
)
from com.alipay.ams.api.model.terminal_type import (  # type: ignore[import-not-found]
    TerminalType,
)
from com.alipay.ams.api.net import default_http_rpc  # type: ignore[import-not-found]
from com.alipay.ams.api.request.pay.alipay_payment_session_request import (  # type: ignore[import-not-found]
    AlipayPaymentSessionRequest,
)
from flask import Flask, request
from flask.typing import ResponseReturnValue

from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY

CLIENT_ID = "SANDBOX_5YBENCHMARK000001"
SHOP = "http://127.0.0.1:5000"


def connect(
    host: str, port: int, timeout: float, context: object
) -> http.client.HTTPConnection:
    """Connect to the stand-in, in place of ``HTTPSConnection``."""
    netloc = urlsplit(os.environ["BENCHMARK_GATEWAY"]).netloc
    return http.client.HTTPConnection(netloc, timeout=timeout)


class Connections:
    """``http.client``, as far as the SDK uses it."""

    HTTPSConnection = staticmethod(connect)


default_http_rpc.http_client = Connections


def make_app() -> Flask:
    app = Flask("bare-sdk")
    client = default_alipay_client.DefaultAlipayClient(
        os.environ["BENCHMARK_GATEWAY"],
        *(CLIENT_ID, MERCHANT_PRIVATE_KEY, ANTOM_PUBLIC_KEY),
    )

    @app.post("/antom/session")
    def open_session() -> ResponseReturnValue:
        wanted = request.get_json()
        answer = json.loads(client.execute(_request(wanted)))
        return {"sessionData": answer["paymentSessionData"]}, 201

    return app


def _request(wanted: dict[str, str]) -> Any:
    asked = AlipayPaymentSessionRequest()
    asked.product_code = ProductCodeType.CASHIER_PAYMENT
    asked.payment_request_id = uuid.uuid4().hex
    asked.payment_amount = Amount("MYR", "4200")
    asked.payment_method = PaymentMethod()
    asked.payment_method.payment_method_type = wanted["paymentMethodType"]
    asked.order = Order()
    asked.order.reference_order_id = wanted["orderReference"]
    asked.order.order_description = "A benchmark's order"
    asked.order.order_amount = Amount("MYR", "4200")
    asked.order.buyer = Buyer()
    asked.order.buyer.reference_buyer_id = "buyer"
    asked.payment_redirect_url = f"{SHOP}/result"
    asked.payment_notify_url = f"{SHOP}/antom/notify"
    asked.env = Env()
    asked.env.terminal_type = TerminalType.WEB
    asked.env.client_ip = "127.0.0.1"
    return asked


class BareSdk:
    """The view as a subject."""

    def open(self, gateway: str) -> None:
        os.environ["BENCHMARK_GATEWAY"] = gateway
        self._client = make_app().test_client()

    def sessions(self, count: int) -> list[dict[str, float]]:
        """Return the mean CPU and wall time of a call, in seconds."""
        fields = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
        begin, cpu = time.perf_counter(), process_time()
        for _ in range(count):
            answer = self._client.post("/antom/session", json=fields)
            if answer.status_code != 201:
                raise RuntimeError(answer.text)
        seconds, cpu = time.perf_counter() - begin, process_time() - cpu
        return [{"cpu": cpu / count, "seconds": seconds / count}]


make_subject = BareSdk

"""The merchant in these tests: signed calls, and a notify URL that answers.

It is no shop with Flask-Antom, on purpose. These tests prove what the simulator takes
and sends, byte by byte, and a shop would send right calls only.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from flask_antom.gateway.keys import load_private_key, load_public_key
from flask_antom.gateway.signing import format_header, sign, verify
from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY

CLIENT_ID = "SANDBOX_5YDEMO00000000001"
API = "/ams/sandbox/api/v1/payments/"
ACKNOWLEDGEMENT = {
    "result": {
        "resultCode": "SUCCESS",
        "resultStatus": "S",
        "resultMessage": "success",
    }
}

NOTHING: Mapping[str, str] = {}

Json = dict[str, Any]

#: What makes a session one for cards.
CARD: Json = {
    "paymentMethod": {"paymentMethodType": "CARD"},
    "paymentFactor": {"isAuthorization": "true"},
}

#: What makes it one for cards whose money the merchant captures themselves.
MANUAL: Json = {
    "paymentMethod": {"paymentMethodType": "CARD"},
    "paymentFactor": {"isAuthorization": "true", "captureMode": "MANUAL"},
}

#: What makes it one in which the buyer chooses the method, in Payment Element.
ELEMENT: Json = {
    "productScene": "ELEMENT_PAYMENT",
    "paymentMethod": None,
    "availablePaymentMethod": {
        "paymentMethodTypeList": [
            {"paymentMethodType": "GCASH"},
            {"paymentMethodType": "CARD"},
            {"paymentMethodType": "ALIPAY_CN"},
        ]
    },
    "paymentFactor": {"isAuthorization": True},
}

#: The same for Checkout Page.
PAGE: Json = ELEMENT | {"productScene": "CHECKOUT_PAYMENT"}


def session_request(**changes: Any) -> Json:
    """Return the guide's sample request, with top-level fields changed."""
    amount = {"currency": "MYR", "value": "4200"}
    request: Json = {
        "productCode": "CASHIER_PAYMENT",
        "paymentRequestId": "request-1",
        "paymentAmount": amount,
        "paymentMethod": {"paymentMethodType": "GCASH"},
        "order": {
            "referenceOrderId": "A-1",
            "orderDescription": "Two mugs",
            "orderAmount": amount,
            "buyer": {"referenceBuyerId": "buyer-1"},
        },
        "paymentRedirectUrl": "http://127.0.0.1/result",
    }
    return request | changes


@dataclass
class Merchant:
    """Signs calls with their key and checks the answers with Antom's."""

    gateway_url: str
    antom_public_key: str = ANTOM_PUBLIC_KEY

    def post(self, operation: str, request: object, **more: Any) -> requests.Response:
        """Make a signed call and give the bare answer."""
        return self.send(API + operation, json.dumps(request).encode(), **more)

    def send(
        self,
        path: str,
        body: bytes,
        *,
        time: str = "1685599933871",
        timeout: float = 10,
        method: str = "POST",
        headers: Mapping[str, str] = NOTHING,
    ) -> requests.Response:
        """Send any bytes, signed for this path.

        :param headers: what to send in place of the right ones; empty leaves one out.
        """
        key = load_private_key(MERCHANT_PRIVATE_KEY, check=False)
        signature = sign(key, path, CLIENT_ID, time, body)
        sent = {
            "Content-Type": "application/json; charset=UTF-8",
            "Client-Id": CLIENT_ID,
            "Request-Time": time,
            "Signature": format_header(signature),
        }
        sent.update(headers)
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                self.gateway_url + path,
                data=body,
                headers={name: value for name, value in sent.items() if value},
                timeout=timeout,
            )

    def call(self, operation: str, request: object, **more: Any) -> Json:
        """Make a signed call; the answer must be signed, too."""
        answer = self.post(operation, request, **more)
        assert answer.status_code == 200
        assert self.has_signed(answer, API + operation)
        parsed = answer.json()
        assert isinstance(parsed, dict)
        return parsed

    def create_session(self, **changes: Any) -> Json:
        return self.call("createPaymentSession", session_request(**changes))

    def inquire(self, request_id: str = "request-1") -> Json:
        return self.call("inquiryPayment", {"paymentRequestId": request_id})

    def cancel(self, request_id: str = "request-1") -> Json:
        return self.call("cancel", {"paymentRequestId": request_id})

    def capture(self, payment_id: str | None, value: int, **changes: Any) -> Json:
        """Capture; the id is ``capture1`` if it is not among the changes."""
        amount = {"currency": "MYR", "value": str(value)}
        request = {
            "captureRequestId": "capture1",
            "paymentId": payment_id,
            "captureAmount": amount,
        }
        return self.call("capture", request | changes)

    def refund(self, payment_id: str | None, value: int, **changes: Any) -> Json:
        """Refund; the id is ``refund1`` if it is not among the changes."""
        amount = {"currency": "MYR", "value": str(value)}
        request = {
            "refundRequestId": "refund1",
            "paymentId": payment_id,
            "refundAmount": amount,
        }
        return self.call("refund", request | changes)

    def inquire_refund(self, request_id: str = "refund1") -> Json:
        return self.call("inquiryRefund", {"refundRequestId": request_id})

    def has_signed(self, answer: requests.Response, path: str) -> bool:
        """Check Antom's signature of an answer.

        :raises flask_antom.errors.SignatureError: if it is wrong or missing.
        """
        keys = {"1": load_public_key(self.antom_public_key)}
        time = answer.headers.get("response-time", "")
        header = answer.headers.get("signature")
        return verify(keys, header, path, CLIENT_ID, time, answer.content) == "1"


def code_of(answer: Json) -> tuple[str, str]:
    """Return result code and status of an answer."""
    return answer["result"]["resultCode"], answer["result"]["resultStatus"]


@dataclass
class Letterbox:
    """A notify URL on this machine that keeps what arrives.

    :ivar answers: what is answered, in turn, as HTTP status and JSON; the
        acknowledgement when there are no more.
    """

    url: str
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, object]] = field(default_factory=list)

    @property
    def bodies(self) -> list[Json]:
        return [json.loads(body) for _, body in self.received]

    @property
    def results(self) -> list[tuple[str, str]]:
        """Type and result status of everything that arrived."""
        return [(b["notifyType"], b["result"]["resultStatus"]) for b in self.bodies]


@contextmanager
def open_letterbox() -> Iterator[Letterbox]:
    """Listen for notifications on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            letterbox.received.append((headers, body))
            status, answer = (
                letterbox.answers.pop(0)
                if letterbox.answers
                else (200, ACKNOWLEDGEMENT)
            )
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    letterbox = Letterbox(f"http://127.0.0.1:{server.server_port}/antom/notify")
    try:
        yield letterbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""A shop without a network, to which Antom's notifications are posted by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import TestResponse

from flask_antom import Money
from flask_antom.errors import InvalidOrder
from flask_antom.gateway import keys, signing
from flask_antom.gateway.http import Reply, Unreachable
from flask_antom.testing import Signer, record_signals
from tests.support.keys import ANTOM_PRIVATE_KEY, ANTOM_PUBLIC_KEY
from tests.support.shop import (
    CLIENT_ID,
    Shopfront,
    make_order,
    make_shop,
    shop_settings,
)

SIGNER = Signer(ANTOM_PRIVATE_KEY, CLIENT_ID)
PATH = "/antom/notify"

#: The guide's sample (APM payments, "Asynchronous Notification").
GUIDE: dict[str, Any] = {
    "notifyType": "PAYMENT_RESULT",
    "result": {
        "resultCode": "SUCCESS",
        "resultStatus": "S",
        "resultMessage": "success",
    },
    "paymentRequestId": "paymentRequestId01",
    "paymentId": "2020010123456789XXXX",
    "paymentAmount": {"value": "4200", "currency": "MYR"},
    "paymentCreateTime": "2020-01-01T12:01:00+08:30",
    "paymentTime": "2020-01-01T12:01:01+08:30",
}

ACKNOWLEDGEMENT = {
    "result": {
        "resultCode": "SUCCESS",
        "resultStatus": "S",
        "resultMessage": "success",
    }
}

#: What createPaymentSession answers.
SESSION: dict[str, Any] = {
    "result": ACKNOWLEDGEMENT["result"],
    "paymentSessionData": "opaque&&SG&&111&&e30=",
    "paymentSessionExpiryTime": "2099-01-01T00:00:00Z",
    "paymentSessionId": "opaque",
}


def failed(code: str = "USER_BALANCE_NOT_ENOUGH") -> dict[str, str]:
    return {"resultCode": code, "resultStatus": "F", "resultMessage": "no"}


def capture_notice(payment_id: str, **changes: Any) -> dict[str, Any]:
    """Write a capture notice; it names no ``paymentRequestId``."""
    return {
        "notifyType": "CAPTURE_RESULT",
        "result": GUIDE["result"],
        "captureRequestId": "autoC1",
        "captureId": "C1",
        "paymentId": payment_id,
        "captureAmount": {"value": "4200", "currency": "MYR"},
        "captureTime": "2020-01-01T12:01:03+08:30",
    } | changes


@dataclass(frozen=True)
class Tables:
    """The contents of the four tables, in the order of their rows.

    :ivar payments: request id, status and Antom's payment id.
    :ivar notifications: type, outcome and number of copies.
    :ivar events: name, what it is about, and whether it is delivered.
    """

    payments: list[tuple[str, str, str | None]] = field(default_factory=list)
    refunds: int = 0
    notifications: list[tuple[str, str, int]] = field(default_factory=list)
    events: list[tuple[str, str, bool]] = field(default_factory=list)


#: What the gateway answers: fields, a whole reply, or a function that returns fields.
Answer = dict[str, Any] | Reply | Callable[[], dict[str, Any]]


@dataclass
class OfflineShop:
    """A shop without a network, and the Antom that a test plays.

    :ivar signals: those that came: their name, and the payment's request id, or
        the reason or the family if there is no payment.
    :ivar answers: what the gateway answers, by operation: fields, which it signs, a
        whole reply, or a function that returns fields; silent where nothing is set.
    :ivar calls: what the gateway was asked: operation and fields.
    """

    shop: Shopfront
    recorded: list[tuple[str, dict[str, Any]]]
    answers: dict[str, Answer]
    calls: list[tuple[str, dict[str, Any]]]

    def add_payment(
        self,
        request_id: str = "paymentRequestId01",
        reference: str = "A-1",
        method: str = "ONLINEBANKING_FPX",
        **columns: Any,
    ) -> None:
        """Store a payment of 42.00 MYR, as a checkout would."""
        row: dict[str, Any] = {
            "request_id": request_id,
            "order_reference": reference,
            "amount": Money(4200, "MYR"),
            "method": method,
            "mode": "cashier",
            "status": "created",
            "session_data": "opaque",
            "open_key": request_id,
            "authorizes": method == "CARD",
        }
        row |= columns
        self.add_order(row["order_reference"], row["amount"])
        with self.shop.app.app_context():
            self.shop.db.session.add(self.shop.antom.Payment(**row))
            self.shop.db.session.commit()

    def add_order(self, reference: str, amount: Money) -> None:
        """Add an order for the loader, unless Antom refuses its amount."""
        with suppress(InvalidOrder):
            self.shop.orders.setdefault(reference, make_order(reference, amount))

    def notify(self, message: Any = None, **changes: Any) -> TestResponse:
        """Sign and post a message: the guide's sample, or another, with changes."""
        if message is None or changes:
            message = (GUIDE if message is None else message) | changes
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self.post(body, SIGNER.headers(PATH, body))

    def post(self, body: bytes, headers: Mapping[str, str]) -> TestResponse:
        """Post bytes as they are."""
        client = self.shop.app.test_client()
        return client.post(PATH, data=body, headers=dict(headers))

    @property
    def signals(self) -> list[tuple[str, str]]:
        return [(name, _about(extra)) for name, extra in self.recorded]

    @property
    def tables(self) -> Tables:
        antom, rows = self.shop.antom, self.shop.rows
        return Tables(
            [
                (row.request_id, row.status, row.payment_id)
                for row in rows(antom.Payment)
            ],
            len(rows(antom.Refund)),
            [
                (row.notify_type, row.outcome, row.copies)
                for row in rows(antom.Notification)
            ],
            [
                (row.name, row.about, row.delivered_at is not None)
                for row in rows(antom.Event)
            ],
        )


def _about(extra: Mapping[str, Any]) -> str:
    if "payment" in extra:
        return str(extra["payment"].request_id)
    return str(extra["family" if "family" in extra else "reason"])


@contextmanager
def open_offline(
    options: Mapping[str, Any] | None = None, /, **settings: Any
) -> Iterator[OfflineShop]:
    """Open a shop on SQLite in memory, or on what ``settings`` say.

    :param options: more arguments of ``FlaskAntom``.
    """
    answers: dict[str, Answer] = {}
    calls: list[tuple[str, dict[str, Any]]] = []

    def send(
        url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        operation = url.rpartition("/")[2]
        calls.append((operation, json.loads(body)))
        if operation not in answers:
            raise Unreachable("silence")
        answer = answers[operation]
        if callable(answer):
            answer = answer()
        return answer if isinstance(answer, Reply) else signed_reply(url, answer)

    shop = make_shop(
        shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
        | {"ANTOM_TIMEOUT": 0.1}
        | settings,
        send=send,
        **(options or {}),
    )
    try:
        with record_signals(shop.app) as recorded:
            yield OfflineShop(shop, recorded, answers, calls)
    finally:
        shop.close()


@pytest.fixture
def offline(shop_url: str) -> Iterator[OfflineShop]:
    """A shop whose Antom answers nothing but what a test tells it to."""
    with open_offline(SQLALCHEMY_DATABASE_URI=shop_url) as offline:
        yield offline


def signed_reply(url: str, answer: Mapping[str, Any]) -> Reply:
    """Answer a call as Antom does."""
    body = json.dumps(answer).encode()
    time = datetime.now(UTC).isoformat()
    path = "/" + url.split("/", 3)[3]
    key = keys.load_private_key(ANTOM_PRIVATE_KEY, check=False)
    signature = signing.sign(key, path, CLIENT_ID, time, body)
    headers = {
        "client-id": CLIENT_ID,
        "response-time": time,
        "signature": signing.format_header(signature),
    }
    return Reply(200, headers, body)

"""Secrets that are planted, to see whether they leave the house."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import render_template_string

from flask_antom import Address, Buyer, Money, Order, Shipping
from tests.support.keys import MERCHANT_PRIVATE_KEY
from tests.support.offline import GUIDE, SESSION, OfflineShop, failed, open_offline
from tests.support.shop import CLIENT_ID, make_order

KEY_PART = MERCHANT_PRIVATE_KEY[100:140]
KEY_BYTES = base64.b64decode(KEY_PART)

CANARIES: dict[str, str] = {
    "private key": KEY_PART,
    "private key, as bytes": repr(KEY_BYTES)[2:-1],
    "secret key": "canary-secret-key",
    "agent token": "canary-agent-token",
    "name": "Canary Buyername",
    "e-mail": "canary@buyer.example",
    "phone": "+60-canary-phone",
    "card": "canary-card-number",
    "card token": "canary-card-token",
    "session data": "canary-session-data",
    "normal url": "https://pay.example/canary-normal-url",
    "csrf token": "canary-csrf-token",
    # How every signed link of this shop begins; see flows/result_links.py.
    "result token": base64.urlsafe_b64encode(b'["SANDBOX_5YDEM').decode(),
}
SETTINGS: Mapping[str, Any] = {
    "SECRET_KEY": CANARIES["secret key"],
    "ANTOM_AGENT_TOKEN": CANARIES["agent token"],
    "ANTOM_TIMEOUT": 10,
}

#: What Antom's answers and notifications say about the buyer.
PERSONAL: dict[str, Any] = {
    "paymentResultInfo": {
        "cardNo": CANARIES["card"],
        "cardToken": CANARIES["card token"],
    },
    "pspCustomerInfo": {"fullName": CANARIES["name"], "email": CANARIES["e-mail"]},
    "paymentSessionData": CANARIES["session data"],
    "normalUrl": CANARIES["normal url"],
    "buyerPhoneNo": CANARIES["phone"],
}
OPEN_SESSION = SESSION | PERSONAL
NOT_PAID = {"result": failed("ORDER_NOT_EXIST")}

MACRO = """{% from "antom/checkout.html" import antom_checkout %}
{{ antom_checkout("A-1", methods=["GCASH"]) }}{{ after() }}"""


def card_answer(code: str, status: str) -> dict[str, Any]:
    """Write an answer that names a card and a person."""
    result = failed(code) | {"resultStatus": status}
    return {**PERSONAL, "result": result}


def personal_order(reference: str = "A-1", amount: int = 4200) -> Order:
    """Return an order with a buyer and a recipient."""
    name, email, phone = (CANARIES[what] for what in ("name", "e-mail", "phone"))
    order = make_order(reference, Money(amount, "MYR"))
    return Order(
        reference,
        order.amount,
        order.description,
        goods=order.goods,
        buyer=Buyer(full_name=name, email=email, phone=phone),
        shipping=Shipping(
            full_name=name, email=email, address=Address(region="MY", address1=name)
        ),
    )


@contextmanager
def open_shop(
    answers: Mapping[str, Any] | None = None, /, **settings: Any
) -> Iterator[OfflineShop]:
    """Open a shop that sells to a person, with a secret in each place that has one."""
    with open_offline(**{**SETTINGS, **settings}) as offline:
        shop = offline.shop
        offline.answers.update(
            {"createPaymentSession": OPEN_SESSION, "inquiryPayment": NOT_PAID}
        )
        offline.answers.update(answers or {})
        for reference in ("A-1", "A-2"):
            shop.orders[reference] = personal_order(reference)
        app: Any = shop.app
        app.jinja_env.globals["after"] = str
        app.jinja_env.globals["csrf_token"] = lambda: CANARIES["csrf token"]
        app.add_url_rule("/checkout", view_func=lambda: render_template_string(MACRO))
        yield offline


def begin(offline: OfflineShop, reference: str = "A-1", **columns: Any) -> str:
    """Store a payment with a session; gives its request id."""
    request_id = f"request-of-{reference}"
    secrets = {
        "client_id": CLIENT_ID,
        "session_data": CANARIES["session data"],
        "normal_url": CANARIES["normal url"],
    }
    columns = {"method": "GCASH"} | secrets | columns
    offline.add_payment(request_id, reference, **columns)
    return request_id


def paid(request_id: str, **changes: Any) -> dict[str, Any]:
    """Write the notification of a success, which says more than we need."""
    return {**GUIDE, **PERSONAL, "paymentRequestId": request_id, **changes}


def body_of(message: object) -> bytes:
    return json.dumps(message).encode()

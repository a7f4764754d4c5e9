"""Antom's own Python SDK, asked by JSON lines; run by the Python of ``.venv-oracle``.

The SDK pins another ``cryptography`` than ours, hence the environment of its own.

Signing, verifying, the request classes, the client's headers, its sandbox path and its
check of the answer are the SDK's own code. Two things are replaced: the private key is
parsed once instead of for each signature, which takes 40 ms; and ``do_post``, which
knows HTTPS on port 443 only, posts to the loopback address that it is given.

A line in, ``{"do": NAME, ...}``, gives a line out: the function's value, or
``{"error": "..."}`` where the SDK raised.
"""

from __future__ import annotations

import functools
import http.client
import json
import sys
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
from com.alipay.ams.api.request.pay.alipay_payment_session_request import (  # type: ignore[import-not-found]
    AlipayPaymentSessionRequest,
)
from com.alipay.ams.api.tools import (  # type: ignore[import-not-found]
    signature_tool,
    webhook_tool,
)


class CachedKeys:
    """``cryptography``'s ``serialization``, as far as the SDK uses it; with memory."""

    load_pem_private_key = staticmethod(
        functools.cache(signature_tool.serialization.load_pem_private_key)
    )


signature_tool.serialization = CachedKeys

sent: dict[str, Any] = {}


def do_post(
    url: str, headers: dict[str, str], body: str, charset: str = "UTF-8"
) -> tuple[list[tuple[str, str]], bytes]:
    """Post over plain HTTP and keep what was sent, in place of the SDK's function."""
    parts = urlsplit(url)
    sent.update(path=parts.path, headers=headers, body=body)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("POST", parts.path, body.encode(charset), headers)
        answer = connection.getresponse()
        return answer.getheaders(), answer.read()
    finally:
        connection.close()


default_alipay_client.do_post = do_post


def sign(path: str, client_id: str, time: str, body: str, key: str) -> str:
    """Return the value of ``signature=``, URL-encoded."""
    value: str = signature_tool.sign("POST", path, client_id, time, body, key)
    return value


def check(
    path: str, client_id: str, time: str, body: str, header: str, key: str
) -> bool:
    """Whether the SDK accepts a ``Signature`` header."""
    answer: bool = webhook_tool.check_signature(
        "POST", path, client_id, time, body, header, key
    )
    return answer


def create_session(
    gateway_url: str,
    client_id: str,
    private_key: str,
    public_key: str,
    request_id: str,
    redirect_url: str,
    notify_url: str,
    client_ip: str,
) -> dict[str, Any]:
    """Call createPaymentSession for the guide's sample order."""
    client = default_alipay_client.DefaultAlipayClient(
        gateway_url, client_id, private_key, public_key
    )
    request = AlipayPaymentSessionRequest()
    request.product_code = ProductCodeType.CASHIER_PAYMENT
    request.payment_request_id = request_id
    request.payment_amount = Amount("MYR", "4200")
    request.payment_method = PaymentMethod()
    request.payment_method.payment_method_type = "ONLINEBANKING_FPX"
    request.order = Order()
    request.order.reference_order_id = "referenceOrderId01"
    request.order.order_description = "antom sdk test order"
    request.order.order_amount = Amount("MYR", "4200")
    request.order.buyer = Buyer()
    request.order.buyer.reference_buyer_id = "yourBuyerId"
    request.payment_redirect_url = redirect_url
    request.payment_notify_url = notify_url
    request.env = Env()
    request.env.terminal_type = TerminalType.WEB
    request.env.client_ip = client_ip
    answer = client.execute(request)
    return {"answer": json.loads(answer), **sent}


FUNCTIONS = {function.__name__: function for function in (sign, check, create_session)}


def main() -> None:
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = FUNCTIONS[question.pop("do")](**question)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

"""Payment sessions: parsed from a request, and written for merchant and browser."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import url_for

from ..clock import parse_time
from ..domain.money import Money
from .checks import SESSION_PERIOD
from .messages import SUCCESS
from .methods import asks_for_3d_secure, asks_to_authorize, offered
from .records import Payment


def new_session(request: Mapping[str, Any], now: datetime) -> Payment:
    """Return the session of a checked createPaymentSession request."""
    order, factor = request["order"], request.get("paymentFactor") or {}
    expiry = request.get("paymentSessionExpiryTime")
    return Payment(
        request_id=request["paymentRequestId"],
        order_reference=order["referenceOrderId"],
        description=order["orderDescription"],
        amount=Money.from_antom(request["paymentAmount"]),
        methods=offered(request),
        product_code=request["productCode"],
        authorization=asks_to_authorize(request),
        capture_mode=factor.get("captureMode") or "AUTOMATIC",
        redirect_url=request["paymentRedirectUrl"],
        notify_url=request.get("paymentNotifyUrl"),
        session_id=secrets.token_hex(32),
        created_at=now,
        session_expires_at=parse_time(expiry) if expiry else now + SESSION_PERIOD,
        scene=request.get("productScene") or "",
        challenges=asks_for_3d_secure(request),
    )


def is_same(known: Payment, asked: Payment) -> bool:
    """Whether a request with a known ``paymentRequestId`` is for the same session."""
    return _key_fields(known) == _key_fields(asked)


def session_answer(payment: Payment, client_id: str) -> dict[str, Any]:
    """Return the answer to createPaymentSession, new or repeated."""
    expiry = payment.session_expires_at.astimezone(UTC)
    answer = {
        "result": dict(SUCCESS),
        "paymentSessionData": session_data(payment, client_id),
        "paymentSessionExpiryTime": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "paymentSessionId": payment.session_id,
    }
    if payment.scene == "CHECKOUT_PAYMENT":
        answer["normalUrl"] = url_for(
            "checkout.show", session_id=payment.session_id, _external=True
        )
    return answer


def session_data(payment: Payment, client_id: str) -> str:
    """Return the session data, with the four parts that the browser SDK needs.

    The first part is the session id. The last one is JSON with the component that the
    SDK draws.
    """
    shown = {"clientId": client_id, "paymentSessionConfig": _config(payment)}
    packed = base64.b64encode(json.dumps(shown).encode()).decode()
    return f"{payment.session_id}&&SG&&111&&{packed}"


def _config(payment: Payment) -> dict[str, str]:
    """Return the component that the browser SDK draws."""
    if payment.scene == "CHECKOUT_PAYMENT":
        return {"productScene": payment.scene, "productSceneVersion": "1.0.0"}
    if payment.scene:
        category = "ALL"
    else:
        category = "CARD" if payment.methods == ["CARD"] else "APM"
    return {
        "productScene": payment.scene or payment.product_code,
        "paymentMethodCategoryType": category,
        "productSceneVersion": "1.0",
    }


def _key_fields(payment: Payment) -> tuple[object, ...]:
    return (
        payment.amount,
        payment.product_code,
        payment.scene,
        payment.methods,
        payment.order_reference,
    )

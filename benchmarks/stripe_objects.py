"""Stripe's objects for the comparison with dj-stripe, as its API reference has them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

VERSION = "2026-05-27.dahlia"
SECRET = "whsec_for_benchmarks_only"
ENDPOINT = "11111111-2222-4333-8444-555555555555"
WEBHOOK_PATH = f"/stripe/webhook/{ENDPOINT}/"


def account() -> dict[str, Any]:
    return {
        "id": "acct_benchmark",
        "object": "account",
        "type": "standard",
        "country": "MY",
        "default_currency": "myr",
        "email": "shop@example.com",
        "business_profile": {},
        "settings": {"dashboard": {"display_name": "Benchmark"}, "branding": {}},
        "charges_enabled": True,
        "payouts_enabled": True,
        "details_submitted": True,
        "metadata": {},
    }


def payment_intent(code: str) -> dict[str, Any]:
    """Return a payment that has succeeded."""
    return {
        "id": code,
        "object": "payment_intent",
        "amount": 4200,
        "amount_capturable": 0,
        "amount_received": 4200,
        "capture_method": "automatic",
        "client_secret": f"{code}_secret_benchmark",
        "confirmation_method": "automatic",
        "created": 1795400000,
        "currency": "myr",
        "customer": None,
        "description": "A benchmark's order",
        "latest_charge": None,
        "livemode": False,
        "metadata": {"order": code},
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": "succeeded",
    }


def balance() -> dict[str, Any]:
    funds = [{"amount": 4200, "currency": "myr", "source_types": {"card": 4200}}]
    return {
        "object": "balance",
        "available": funds,
        "pending": funds,
        "livemode": False,
    }


def event(number: str, kind: str) -> tuple[dict[str, str], bytes]:
    """Return the signed headers and the body of a webhook.

    :param kind: ``balance.available`` or ``payment_intent.succeeded``.
    """
    is_payment = kind.startswith("payment_intent")
    about = payment_intent(f"pi_{number}") if is_payment else balance()
    fields = {
        "id": f"evt_{number}",
        "object": "event",
        "api_version": VERSION,
        "created": int(time.time()),
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    body = json.dumps(fields).encode()
    moment = int(time.time())
    text = b"%d." % moment + body
    signature = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": f"t={moment},v1={signature}",
    }, body

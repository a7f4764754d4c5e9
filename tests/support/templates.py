"""The values for the package's templates: a config, and a payment's result."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from flask_antom.config import Config
from flask_antom.domain.money import Money
from flask_antom.gateway.keys import Keyring

CONFIG = Config(
    client_id="SANDBOX_1",
    keyring=Keyring("private", {"1": "public"}),
    key_version="1",
    agent_token=None,
    environment="sandbox",
    gateway_url="https://gateway.example",
    public_url="https://shop.example",
    url_prefix="/antom",
    settlement_currency=None,
    payment_methods=("GCASH", "ALIPAY_CN"),
    checkout_mode="cashier",
    debug_panel=False,
    sdk_url="/sdk.js",
    sdk_integrity=None,
    timeout=10.0,
    event_delivery="inline",
    csp_nonce=None,
)


def is_final(status: str) -> bool:
    return status in ("succeeded", "failed", "cancelled", "expired", "review")


def result_context(status: str) -> dict[str, Any]:
    """Return what the result view hands to ``antom/result.html``."""
    return {
        "payment": SimpleNamespace(
            status=status,
            order_reference="A-1",
            amount=Money(4200, "MYR"),
            method="GCASH",
            result_code=None,
            created_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        ),
        "final": is_final(status),
        "status_url": "/antom/status/token",
        "order_url": "/orders/A-1",
        "refresh_after": 1,
    }

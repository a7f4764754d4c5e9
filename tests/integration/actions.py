"""Actions of a shop and its clerks, for tests of payments, captures and refunds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_antom import Money
from flask_antom.simulator import Simulator
from tests.support.shop import NOTIFY, Shopfront


def act(shop: Shopfront, method: str, *arguments: Any, **options: Any) -> Any:
    """Call a method of the extension with the order's first payment."""
    with shop.app.app_context():
        model = shop.antom.Payment
        oldest_first = shop.db.select(model).order_by(model.id)
        payment = shop.db.session.scalars(oldest_first).first()
        return getattr(shop.antom, method)(payment, *arguments, **options)


def refund(shop: Shopfront, amount: int | None = None, **options: Any) -> Any:
    money = None if amount is None else Money(amount, "MYR")
    return act(shop, "refund", money, **options)


def refunds(shop: Shopfront) -> list[tuple[str, int]]:
    return [(row.status, row.amount.value) for row in shop.rows(shop.antom.Refund)]


def make_refunds_due(shop: Shopfront) -> None:
    with shop.app.app_context():
        past = datetime.now(UTC) - timedelta(seconds=1)
        shop.db.session.execute(
            shop.db.update(shop.antom.Refund).values(_inquire_at=past)
        )
        shop.db.session.commit()


def refund_notice(request_id: str, value: int, **changes: Any) -> dict[str, Any]:
    """Write a notification of a refund; ``None`` leaves a field out."""
    fields = {
        "notifyType": "REFUND_RESULT",
        "result": {
            "resultCode": "SUCCESS",
            "resultStatus": "S",
            "resultMessage": "success",
        },
        "refundStatus": "SUCCESS",
        "refundRequestId": request_id,
        "refundId": "2026112300000002",
        "refundAmount": {"value": str(value), "currency": "MYR"},
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def post_notice(shop: Shopfront, simulator: Simulator, fields: dict[str, Any]) -> int:
    """Post a notification of Antom's; returns the status of our answer."""
    body = json.dumps(fields).encode()
    headers = simulator.signed_notification(body, NOTIFY)
    return shop.notify(body, headers).status_code


def capture(shop: Shopfront, amount: int | None = None, **options: Any) -> None:
    money = None if amount is None else Money(amount, "MYR")
    act(shop, "capture", money, **options)


def make_due(shop: Shopfront) -> None:
    """Make every payment due that has a time."""
    payment, past = shop.antom.Payment, datetime.now(UTC) - timedelta(seconds=1)
    with shop.app.app_context():
        shop.db.session.execute(
            shop.db.update(payment)
            .where(payment._inquire_at.is_not(None))
            .values(_inquire_at=past)
        )
        shop.db.session.commit()


def review_reasons(shop: Shopfront) -> list[str]:
    """Return the reasons for which a person has to look."""
    events = shop.rows(shop.antom.Event)
    return [row.about for row in events if row.name == "payment_needs_review"]

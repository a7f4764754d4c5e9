"""A shop whose receivers write down every signal that comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Flask

from flask_antom import Money
from flask_antom.signals import BY_NAME
from tests.support.shop import Shopfront, make_order, make_shop


def open_recording_shop(settings: dict[str, Any], **options: Any) -> Shopfront:
    """Open the shop; it sells the orders A-1, A-2 and A-3."""
    shop = make_shop(settings, **options)
    for number in (1, 2, 3):
        reference = f"A-{number}"
        shop.orders[reference] = make_order(reference, Money(4200, "MYR"))
    for name, signal in BY_NAME.items():
        shop.connect(signal, _writer(shop, name))
    return shop


def _writer(shop: Shopfront, name: str) -> Callable[..., None]:
    def write(
        app: Flask,
        payment: Any = None,
        notification: Any = None,
        reason: str = "",
        **extra: Any,
    ) -> None:
        subject = extra.get("refund", payment)
        about = str(notification.id) if subject is None else subject.request_id
        row = shop.fulfilment(order_reference=name, request_id=about, about=reason)
        shop.db.session.add(row)

    return write


def count_signals(shop: Shopfront) -> Counter[str]:
    """Count the signals whose writes were committed, by name."""
    names = (row.order_reference for row in shop.rows(shop.fulfilment))
    return Counter(name for name in names if name in BY_NAME)

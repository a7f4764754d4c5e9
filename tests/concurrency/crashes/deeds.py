"""What a worker may be doing when it is killed."""

from __future__ import annotations

import contextlib
from typing import Any

from flask_antom.errors import Refused
from flask_antom.signals import payment_succeeded
from tests.support.shop import Shopfront

NOTIFY = "/antom/notify"


def click(shop: Shopfront, method: str) -> None:
    shop.pay("A-1", method)


def look(shop: Shopfront, path: str) -> None:
    shop.app.test_client().get(path)


def receive(shop: Shopfront, body: bytes, headers: dict[str, str]) -> None:
    shop.app.test_client().post(NOTIFY, data=body, headers=headers)


def receive_and_fail(shop: Shopfront, body: bytes, headers: dict[str, str]) -> None:
    """Take a notification in a shop whose receiver raises."""

    def fail(app: Any, **about: Any) -> None:
        raise RuntimeError("This receiver was told to fail.")

    shop.connect(payment_succeeded, fail)
    receive(shop, body, headers)


def call(shop: Shopfront, method: str, *given: Any, **options: Any) -> Any:
    """Call a method of the extension with the latest payment of order A-1."""
    payment, db = shop.antom.Payment, shop.db
    with shop.app.app_context():
        latest = db.session.scalars(
            db.select(payment)
            .where(payment.order_reference == "A-1")
            .order_by(payment.id.desc())
        ).first()
        return getattr(shop.antom, method)(latest, *given, **options)


def call_in_vain(shop: Shopfront, method: str) -> None:
    """Call a method whose request Antom refuses."""
    with contextlib.suppress(Refused):
        call(shop, method)


def sweep(shop: Shopfront) -> Any:
    with shop.app.app_context():
        return shop.antom.sweep()

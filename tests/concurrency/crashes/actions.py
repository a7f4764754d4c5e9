"""Actions of a worker during which it may be killed."""

from __future__ import annotations

import contextlib
from typing import Any

from flask_antom.errors import Refused
from flask_antom.signals import payment_succeeded
from tests.support.shop import Shopfront


def click(shop: Shopfront, method: str, instead_of: str | None = None) -> None:
    shop.pay("A-1", method, instead_of)


def open_page(shop: Shopfront, path: str) -> None:
    shop.app.test_client().get(path)


def receive(shop: Shopfront, body: bytes, headers: dict[str, str]) -> None:
    shop.notify(body, headers)


def receive_and_fail(shop: Shopfront, body: bytes, headers: dict[str, str]) -> None:
    """Take a notification in a shop whose receiver raises."""

    def fail(app: Any, **about: Any) -> None:
        raise RuntimeError("This receiver was told to fail.")

    shop.connect(payment_succeeded, fail)
    receive(shop, body, headers)


def call_in_vain(shop: Shopfront, method: str) -> None:
    """Call a method whose request Antom refuses."""
    with contextlib.suppress(Refused):
        shop.call(method)

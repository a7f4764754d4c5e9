"""Receivers that fail when they are told to, and the events that they are for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from tests.support.offline import GUIDE, OfflineShop

#: The request id of the payment that :meth:`OfflineShop.add_payment` stores.
ID = "paymentRequestId01"

#: Antom's answer to a cancel, a capture or a refund.
DONE: dict[str, Any] = {
    "result": GUIDE["result"],
    "refundId": "R-1",
    "captureId": "C-1",
}


class Switch:
    """A receiver that raises while it is broken.

    :ivar calls: how often it was called.
    """

    def __init__(self, *, is_broken: bool = True) -> None:
        self.is_broken = is_broken
        self.calls = 0

    def __call__(self, app: Flask, **extra: Any) -> None:
        self.calls += 1
        if self.is_broken:
            raise RuntimeError("no stock left")


def write_row(offline: OfflineShop, about: str) -> None:
    """Add a row of the shop's, as a receiver does."""
    row = offline.shop.fulfilment(order_reference="own", request_id="", about=about)
    offline.shop.db.session.add(row)


def written(offline: OfflineShop) -> list[str]:
    """Return what :func:`write_row` has written."""
    rows = offline.shop.rows(offline.shop.fulfilment)
    return [row.about for row in rows if row.order_reference == "own"]


def writer(
    offline: OfflineShop, about: str, then: Callable[[], object] = lambda: None
) -> Callable[..., None]:
    """Return a receiver that writes a row and then does something else."""

    def write(app: Flask, **extra: Any) -> None:
        write_row(offline, about)
        then()

    return write


def disconnect_all(offline: OfflineShop) -> None:
    """Leave the shop without receivers of its own."""
    for signal, receiver in offline.shop.receivers:
        signal.disconnect(receiver)
    offline.shop.receivers.clear()


def event(offline: OfflineShop, name: str = "payment_succeeded") -> Any:
    """Return the one event of this name."""
    rows = offline.shop.rows(offline.shop.antom.Event)
    (row,) = (row for row in rows if row.name == name)
    return row


def is_delivered(offline: OfflineShop, name: str = "payment_succeeded") -> bool:
    return event(offline, name).delivered_at is not None

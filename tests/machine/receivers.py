"""The shop's receivers: they write, and now and then they fail or are missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask

from flask_antom.signals import BY_NAME, payment_succeeded
from tests.machine.error_log import ReceiverDown
from tests.machine.order_book import LoaderDown, OrderBook
from tests.support.shop import Shopfront

_MONEY = ("payment_authorized", "payment_succeeded")


@dataclass(kw_only=True)
class Receivers:
    """The receivers and the order loader of the shops.

    :ivar book: the shop's orders.
    :ivar failing: how many calls are still to raise; :ivar exiting: or to exit.
    :ivar raised: how many have raised, or ended their process.
    :ivar is_deaf: whether nobody listens to ``payment_succeeded``.
    :ivar was_deaf: whether nobody did so at some time.
    """

    book: OrderBook = field(default_factory=OrderBook)
    failing: int = 0
    exiting: int = 0
    raised: int = 0
    is_deaf: bool = False
    was_deaf: bool = False
    _connected: list[tuple[Shopfront, Any]] = field(default_factory=list)

    def connect(self, shop: Shopfront) -> None:
        """Connect the receivers and the order loader of a shop."""
        shop.antom.order_loader(partial(self._load, shop))
        for name, signal in BY_NAME.items():
            shop.connect(signal, partial(self._receive, shop, name))
        self._connected += [
            (shop, receiver)
            for signal, receiver in shop.receivers
            if signal is payment_succeeded
        ]

    def listen(self) -> None:
        """Have somebody who listens to ``payment_succeeded`` again."""
        if self.is_deaf:
            for shop, receiver in self._connected:
                payment_succeeded.connect(receiver, sender=shop.app, weak=False)
            self.is_deaf = False

    def stop_to_listen(self) -> None:
        """Have nobody who listens to ``payment_succeeded``."""
        if not self.is_deaf:
            for shop, receiver in self._connected:
                payment_succeeded.disconnect(receiver, sender=shop.app)
            self.is_deaf = self.was_deaf = True

    def _load(self, shop: Shopfront, reference: str) -> Any:
        try:
            return self.book.load(shop, reference)
        except LoaderDown:
            self.raised += 1
            raise

    def _receive(
        self, shop: Shopfront, name: str, app: Flask, payment: Any = None, **extra: Any
    ) -> None:
        if name in _MONEY:
            self.book.sell(shop, name, payment)
        if self.exiting:
            self.exiting -= 1
            self.raised += 1
            raise SystemExit(3)
        if self.failing:
            self.failing -= 1
            self.raised += 1
            raise ReceiverDown

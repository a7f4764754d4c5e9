"""A shop in this process, on a database set up in one of many ways, and many threads.

A thread is a worker of the shop: it has its own app context, session and connection.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import TestResponse

from flask_antom import Money
from flask_antom.errors import AntomError
from flask_antom.simulator import Simulator
from flask_antom.testing import Signer
from tests.concurrency.host_settings import Setting, with_driver
from tests.support.in_process import send_to
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY
from tests.support.shop import (
    CLIENT_ID,
    Shopfront,
    make_order,
    make_shop,
    shop_settings,
)

T = TypeVar("T")

#: How many workers do the same thing at once.
WORKERS = 8

PRICE = Money(4200, "MYR")


@dataclass
class StormShop:
    """The shop.

    :ivar setting: how its database is set up.
    """

    setting: Setting
    shop: Shopfront
    simulator: Simulator
    _signer: Signer = field(
        default_factory=lambda: Signer(ANTOM_PRIVATE_KEY, CLIENT_ID)
    )
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_order(self) -> str:
        """Add an order, and return its reference."""
        reference = f"S-{next(self._numbers)}"
        self.shop.orders[reference] = make_order(reference, PRICE)
        return reference

    def click(self, reference: str, method: str = "GCASH") -> str:
        """Begin a checkout, and return its request id."""
        answer = self.shop.pay(reference, method)
        assert answer.status_code in (200, 201), answer.text
        request_id: str = (answer.json or {})["paymentRequestId"]
        return request_id

    def paid(self, request_id: str) -> Callable[[], TestResponse]:
        """Return what posts the notification that a payment was paid."""
        payment_id = self.simulator.accounts()[request_id].payment_id
        named = {} if payment_id is None else {"paymentId": payment_id}
        body, headers = self._signer.notification(request_id, PRICE, **named)
        return lambda: self.shop.notify(body, headers)

    def pay_at_antom(self, reference: str) -> str:
        """Pay an order, tell the shop, and return the request id."""
        request_id = self.click(reference)
        self.simulator.approve(request_id)
        with self.shop.app.app_context():
            self.shop.antom.sync(self.find(request_id))
        return request_id

    def look(self, url: str) -> TestResponse:
        """Ask for a payment's status as the result page does."""
        return self.shop.app.test_client().get(urlsplit(url).path)

    def find(self, request_id: str) -> Any:
        """Return a payment in the session of the current app context."""
        payment = self.shop.antom.Payment
        query = self.shop.db.select(payment).where(payment.request_id == request_id)
        return self.shop.db.session.scalars(query).one()

    def refund(
        self,
        request_id: str,
        amount: Money | None = None,
        *,
        key: str | None = None,
        again: bool = False,
        once_seen: Callable[[], object] = lambda: None,
    ) -> str:
        """Refund a payment, and return "done" or the name of the error.

        :param once_seen: called after the payment was read, in the same session.
        """
        with self.shop.app.app_context():
            payment = self.find(request_id)
            once_seen()
            try:
                self.shop.antom.refund(payment, amount, key=key, again=again)
            except AntomError as error:
                return type(error).__name__
            return "done"

    def refunds_sent(self) -> set[str | None]:
        """Return the ids of all refunds that Antom was asked for, granted or not."""
        calls = self.simulator.calls
        return {call.request_id for call in calls if call.operation == "refund"}

    def refunded(self, request_id: str) -> Money:
        """Return what of a payment has been given back, by the shop's books."""
        with self.shop.app.app_context():
            refunded: Money = self.find(request_id).refunded
            return refunded


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Do all at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(calls), timeout=60)

    def call(action: Callable[[], T]) -> T:
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


@contextmanager
def open_storm_shop(
    setting: Setting, url: str, simulator: Simulator | None = None
) -> Iterator[StormShop]:
    """Open a shop over an empty database.

    :param url: the database, with any driver.
    :param simulator: its Antom; by default one that knows nothing yet.
    """
    simulator = simulator or Simulator(
        MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY
    )
    simulator.faults.notifications("drop", times=9999)
    settings = shop_settings(simulator.public_key, "http://127.0.0.1:9") | {
        "SQLALCHEMY_DATABASE_URI": with_driver(url, setting.driver),
        "SQLALCHEMY_ENGINE_OPTIONS": setting.engine_options(),
        "PROPAGATE_EXCEPTIONS": False,  # as a buyer and Antom see them
    }
    shop = make_shop(settings, send=send_to(simulator))
    try:
        with _odd_sessions(shop.db) if setting.is_odd else _as_they_are():
            yield StormShop(setting, shop, simulator)
    finally:
        shop.close()


@contextmanager
def _as_they_are() -> Iterator[None]:
    yield


@contextmanager
def _odd_sessions(db: SQLAlchemy) -> Iterator[None]:
    """Make all sessions neither flush by themselves nor expire after a commit."""
    factory = db.session.session_factory
    factory.configure(autoflush=False, expire_on_commit=False)
    try:
        yield
    finally:
        factory.configure(autoflush=True, expire_on_commit=True)

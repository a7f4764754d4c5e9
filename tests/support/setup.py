"""A shop and its Antom over one database, for what goes wrong between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_antom.simulator import Simulator
from tests.support.databases import clear
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY
from tests.support.recording_shop import open_recording_shop
from tests.support.shop import NOTIFY, Shopfront, shop_settings


@dataclass
class Setup:
    """The shop and its Antom, whose notifications are lost unless they are posted.

    :ivar settings: for a worker, so that it is the same shop.
    """

    settings: dict[str, Any]
    shop: Shopfront
    simulator: Simulator

    @property
    def payment(self) -> Any:
        """The latest payment of order A-1."""
        return self.shop.payments()[-1]

    def click(self, method: str = "GCASH", reference: str = "A-1") -> str:
        """Begin a checkout; gives its request id."""
        answer = self.shop.pay(reference, method)
        assert answer.status_code in (200, 201), answer.text
        request_id: str = (answer.json or {})["paymentRequestId"]
        return request_id

    def pay(self, method: str = "GCASH") -> str:
        """Pay order A-1, tell the shop, and return the request id."""
        request_id = self.click(method)
        self.simulator.approve(request_id)
        self.shop.call("sync")
        return request_id

    def notification(self, request_id: str, place: int = -1) -> dict[str, Any]:
        """Return body and headers of a notification, by default Antom's latest one."""
        fields = self.simulator.payment(request_id).notifications[place].body
        body = json.dumps(fields).encode()
        headers = self.simulator.signed_notification(body, NOTIFY)
        return {"body": body, "headers": headers}

    def lose_notifications(self) -> None:
        """Make every call succeed, and lose every notification."""
        self.simulator.faults.clear()
        self.simulator.faults.notifications("drop", times=999)

    def let_expire(self, reference: str) -> None:
        """End an order's session in the past, and pass Antom's closing time too."""
        payment = self.shop.antom.Payment
        is_meant = payment.order_reference == reference
        past = datetime.now(UTC) - timedelta(minutes=15)
        self._write(payment, is_meant, _session_expires_at=past)

    def let_be_asked(self) -> None:
        """Allow the shop to ask about all payments again, as if it asked long ago."""
        payment = self.shop.antom.Payment
        self._write(payment, payment.id.is_not(None), _asked_at=None)

    def make_due(self) -> None:
        """Make everything due that has a time."""
        antom, past = self.shop.antom, datetime.now(UTC) - timedelta(seconds=1)
        for model in (antom.Payment, antom.Refund):
            self._write(model, model._inquire_at.is_not(None), _inquire_at=past)
        is_planned = antom.Event._next_attempt_at.is_not(None)
        self._write(antom.Event, is_planned, _next_attempt_at=past)

    def settle(self) -> None:
        """Sweep once, when all is due."""
        self.make_due()
        self.shop.sweep()

    def _write(self, model: Any, which: Any, **values: Any) -> None:
        db = self.shop.db
        with self.shop.app.app_context():
            db.session.execute(db.update(model).where(which).values(values))
            db.session.commit()


@contextmanager
def open_setup(database_url: str) -> Iterator[Setup]:
    """Open a shop over an empty database, and an Antom that knows nothing yet."""
    simulator = Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY)
    with simulator.serve() as server:
        settings = shop_settings(simulator.public_key, server.url)
        settings["SQLALCHEMY_DATABASE_URI"] = database_url
        setup = Setup(settings, open_recording_shop(settings), simulator)
        setup.lose_notifications()
        try:
            yield setup
        finally:
            setup.shop.close()
            clear(database_url)

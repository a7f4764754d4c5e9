"""A day in a shop: what buyers, Antom, a clerk and a sweep do, whatever breaks.

Nobody here knows that a COMMIT is lost. They do what they do in life: a buyer clicks
again, Antom repeats what was not answered 200, a clerk clicks on the same form again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask

from flask_antom import Money
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Simulator
from tests.support.in_process import send_to
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY
from tests.support.recording_shop import open_recording_shop
from tests.support.shop import NOTIFY, Shopfront, shop_settings

logger = logging.getLogger(__name__)

#: The shop's signals at the end of the day, each once.
SIGNALS = {"payment_succeeded": 3, "refund_succeeded": 1}

#: What the clerk gives back of order A-1.
REFUND = Money(1500, "MYR")

#: Longer than any lease, and then longer than the pause after a task that failed, which
#: is as long as the task is old.
_A_WHILE, _LATER = timedelta(minutes=10), timedelta(minutes=25)
_PATIENCE = 3


@dataclass
class Story:
    """The day of one shop.

    :ivar begins: each step, and how many times COMMIT had been said before it.
    """

    shop: Shopfront
    simulator: Simulator
    count_commits: Callable[[], int]
    begins: list[tuple[str, int]] = field(default_factory=list)
    _unanswered: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    _told: dict[str, int] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)
    _fails: bool = False

    def play(self) -> None:
        """Play the day, and set right in the end what is set right by itself."""
        self.shop.connect(payment_succeeded, self._fail_if_told)
        for step in (
            self.open_sessions,
            self.notify_of_the_first,
            self.fail_at_the_second,
            self.refund_the_first,
            self.sweep,
            self.finish_the_refund,
        ):
            self.begins.append((step.__name__, self.count_commits()))
            step()
        self.repeat()
        self.shop.clock.wind(_LATER)
        self._try(self.shop.sweep)

    def step_of(self, commit: int) -> str:
        """Return the name of the step that says the n-th COMMIT."""
        return [name for name, begin in self.begins if begin <= commit][-1]

    def open_sessions(self) -> None:
        for reference in ("A-1", "A-2", "A-3"):
            for _ in range(_PATIENCE):
                answer = self.shop.pay(reference)
                if answer.status_code in (200, 201):
                    break
            self._ids[reference] = (answer.json or {})["paymentRequestId"]
            self.simulator.approve(self._ids[reference])

    def notify_of_the_first(self) -> None:
        self._notify("A-1")
        self.repeat()

    def fail_at_the_second(self) -> None:
        """Leave an event to the sweep: a receiver raises once."""
        self._fails = True
        self._notify("A-2")
        self._fails = False
        self._unanswered.clear()  # nor does Antom repeat it

    def refund_the_first(self) -> None:
        """Refund a part. The clerk does not look, and clicks more often than once."""
        self.simulator.refunds_in_process = True
        for _ in range(_PATIENCE):
            self._try(self._refund)

    def sweep(self) -> None:
        """Deliver the event of A-2, find that A-3 is paid, put the refund off."""
        self.shop.clock.wind(_A_WHILE)
        self._try(self.shop.sweep)

    def finish_the_refund(self) -> None:
        """Finish the refund as Antom, and tell so."""
        for request_id in self.simulator.accounts()[self._ids["A-1"]].refunds:
            self.simulator.finish_refund(request_id)
        self.simulator.refunds_in_process = False
        self._notify("A-1")

    def repeat(self) -> None:
        """Send again, as Antom does, what was not answered 200."""
        for _ in range(_PATIENCE):
            self._unanswered = [
                (body, headers)
                for body, headers in self._unanswered
                if self.shop.notify(body, headers).status_code != 200
            ]

    def _notify(self, reference: str) -> None:
        """Send what Antom has to say of an order and has not said yet."""
        notifications = self.simulator.payment(self._ids[reference]).notifications
        for notification in notifications[self._told.get(reference, 0) :]:
            body = json.dumps(notification.body).encode()
            headers = self.simulator.signed_notification(body, NOTIFY)
            if self.shop.notify(body, headers).status_code != 200:
                self._unanswered.append((body, headers))
        self._told[reference] = len(notifications)

    def _refund(self) -> None:
        with self.shop.app.app_context():
            payment = self.shop.antom.Payment
            which = payment.request_id == self._ids["A-1"]
            query = self.shop.db.select(payment).where(which)
            found = self.shop.db.session.scalars(query).one()
            self.shop.antom.refund(found, REFUND, key="return-A-1")

    def _fail_if_told(self, app: Flask, **extra: Any) -> None:
        if self._fails:
            raise RuntimeError("This receiver was told to fail.")

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception:
            logger.exception("This did not work; the day goes on.")


@contextmanager
def open_story(database_url: str, count_commits: Callable[[], int]) -> Iterator[Story]:
    """Open a shop over an empty database, and an Antom that knows nothing yet."""
    simulator = Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY)
    simulator.faults.notifications("drop", times=999)
    settings = shop_settings(simulator.public_key, "http://127.0.0.1:9")
    settings["SQLALCHEMY_DATABASE_URI"] = database_url
    settings["PROPAGATE_EXCEPTIONS"] = False  # as a buyer and Antom see them
    shop = open_recording_shop(settings, send=send_to(simulator))
    try:
        yield Story(shop, simulator, count_commits)
    finally:
        shop.close()

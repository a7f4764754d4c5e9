"""A shop and its Antom in one process: no network, and one clock, which is stopped.

Only what carries things is replaced. A call of the shop goes to the simulator's WSGI
app, a notification to the shop's. The database is a real one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from hypothesis import note
from werkzeug.test import TestResponse

from flask_antom import Order
from flask_antom.gateway.http import Reply, Unreachable
from flask_antom.simulator import Simulator
from flask_antom.simulator.clock import Clock
from tests.machine.calls import assert_stored, is_known
from tests.machine.copies import Backups, copy_database, restore_database
from tests.machine.error_log import ErrorLog, collect_errors
from tests.machine.order_book import OrderBook
from tests.machine.processes import Processes, one_at_a_time
from tests.machine.receivers import Receivers
from tests.support.clocks import StoppedClock
from tests.support.in_process import send_to
from tests.support.keys import ANTOM_PRIVATE_KEY, ANTOM_PUBLIC_KEY, MERCHANT_PUBLIC_KEY
from tests.support.recording_shop import open_recording_shop
from tests.support.shop import Shopfront, capture_by_hand, shop_settings

#: When every example begins, so that no day is special in one run only.
START = datetime(2026, 11, 23, 4, tzinfo=UTC)

#: Passes before each step; longer than the shop's pauses between two inquiries.
TICK = timedelta(seconds=3)

#: The method whose payments the shop captures itself.
BY_HAND = "APPLEPAY"


@dataclass
class InProcessSetup(Receivers, Backups):
    """The shop, the Antom of the present example, and what goes wrong in it.

    :ivar shops: by how they deliver events; over the same database.
    :ivar delivery: how the present one does.
    :ivar processes: those of the shop.
    :ivar forgeries: how many notifications may still be refused as forged.
    :ivar overtaking: whether notifications arrive before the answer to a call.
    :ivar refusals: result codes, by operation, for the next request of a new id.
    :ivar turned_away: the refunds that were refused so.
    :ivar misstated: the payments about which Antom said something wrong.
    :ivar given_back: the payments that were given back at some time.
    """

    error_log: ErrorLog
    shops: dict[str, Shopfront] = field(default_factory=dict)
    delivery: str = "inline"
    processes: Processes = field(default_factory=Processes)
    simulator: Simulator = field(init=False)
    forgeries: int = 0
    overtaking: bool = False
    refusals: dict[str, str] = field(default_factory=dict)
    turned_away: set[str] = field(default_factory=set)
    misstated: set[str] = field(default_factory=set)
    given_back: set[str] = field(default_factory=set)
    _is_posting: bool = False

    @property
    def shop(self) -> Shopfront:
        return self.shops[self.delivery]

    @cached_property
    def engine(self) -> sa.Engine:
        with self.shop.app.app_context():
            return self.shop.db.engine

    def begin(self) -> None:
        """Begin anew: a database without rows, an Antom that knows nothing."""
        self.simulator = Simulator(
            MERCHANT_PUBLIC_KEY,
            private_key=ANTOM_PRIVATE_KEY,
            clock=Clock(wall=lambda: START),
            send=self.deliver,
        )
        self.heal()
        self.error_log.errors.clear()
        for ids in (self.turned_away, self.misstated, self.given_back):
            ids.clear()
        self.forget_nothing()
        self.book, self.was_deaf = OrderBook(), False
        with self.engine.begin() as connection:
            for table in reversed(self.shop.db.metadata.sorted_tables):
                connection.execute(table.delete())

    def heal(self, *, listen: bool = True) -> None:
        """Stop all faults.

        :param listen: whether somebody listens again.
        """
        self.simulator.faults.clear()
        self.simulator.refunds_in_process = False
        self.failing = self.exiting = self.book.failing = self.forgeries = 0
        self.processes.points_left = None
        self.overtaking = False
        self.refusals.clear()
        if listen:
            self.listen()

    def tick(self) -> None:
        """Advance the clock by some seconds, without doing what falls due meanwhile."""
        self.simulator.clock.offset += TICK

    def read(self, *models: Any) -> list[list[Any]]:
        """Read all rows of some tables that are committed, at one moment."""
        with self.engine.connect() as connection:
            return [
                list(connection.execute(sa.select(model.__table__))) for model in models
            ]

    def back_up(self) -> None:
        """Copy the database."""
        accounts = self.simulator.accounts()
        tables = self.shop.db.metadata.sorted_tables
        self.backup = copy_database(self.engine, tables, self.book, accounts)

    def restore(self) -> None:
        """Restore the copy. Antom keeps what it knows."""
        assert self.backup is not None
        restore_database(self.engine, self.backup)
        self.book = self.backup.book.copy()
        (known,) = self.read(self.shop.antom.Payment)
        self.forget(self.simulator.accounts(), {row.request_id for row in known})

    # What goes from the shop to Antom

    def send(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """Carry a call that is stored already; no lock is held meanwhile."""
        self.processes.live()
        path = urlsplit(url).path
        operation, fields = path.rpartition("/")[2], json.loads(body)
        antom = self.shop.antom
        assert not self.shop.db.session().in_transaction()
        if not is_known(operation, fields, self.simulator):
            try:
                stored = self.read(antom.Payment, antom.Refund)
                assert_stored(operation, fields, *stored)
            except AssertionError as error:
                note(f"{operation}: {error}")  # the shop's call leaves the text out
                raise
        self._refuse_if_new(operation, fields)
        try:
            return send_to(self.simulator)(url, headers, body, seconds)
        finally:
            if self.overtaking and not self._is_posting:
                self.simulator.notifier.drain()

    def _refuse_if_new(self, operation: str, fields: Mapping[str, Any]) -> None:
        """Refuse, as was wished, a request that Antom has not taken before.

        One that it has taken has its first answer again (Antom: idempotency).
        """
        undelivered = {name for name, _ in self.simulator.faults.pending()}
        if operation not in self.refusals or undelivered & {operation, "*"}:
            return
        if not is_known(operation, fields, self.simulator):
            code = self.refusals.pop(operation)
            self.simulator.faults.next(operation, ("result", code, "F"))
            if operation == "refund":
                self.turned_away.add(fields["refundRequestId"])

    # What goes from Antom to the shop

    def deliver(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """Carry a notification."""
        answer = self.notify(body, headers)
        if answer is None:
            raise Unreachable("RemoteDisconnected")
        return Reply(answer.status_code, dict(answer.headers), answer.data)

    def notify(self, body: bytes, headers: Any) -> TestResponse | None:
        """Post a notification to the shop, and see that its answer has a cause.

        :returns: ``None`` if the process ended before it answered.
        """
        failed, was_posting = self.raised, self._is_posting
        self._is_posting = True
        answer: TestResponse | None = None
        try:
            with self.processes.one():
                answer = self.shop.notify(body, headers)
        finally:
            self._is_posting = was_posting
        if answer is None:
            return None
        match answer.status_code:
            case 401:
                self.forgeries -= 1
                assert self.forgeries >= 0, answer.text
            case 404:
                self._check_unknown(json.loads(body))
            case 500:
                assert self.raised > failed, answer.text
            case status:
                assert status == 200, answer.text
        return answer

    def _check_unknown(self, message: Mapping[str, Any]) -> None:
        """See why the shop may not know what a notification is about."""
        of_dashboard = message.get("refundRequestId", "").startswith("dashboard")
        if message.get("notifyType") == "CAPTURE_RESULT" or of_dashboard:
            return
        assert message.get("paymentRequestId") in self.lost or (
            self.is_restored and message.get("notifyType") == "REFUND_RESULT"
        ), message


def capture_some_by_hand(payload: dict[str, Any], order: Order) -> None:
    """Keep Antom from capturing what the shop's clerks are to capture."""
    if payload["paymentMethod"]["paymentMethodType"] == BY_HAND:
        capture_by_hand(payload, order)


@contextmanager
def open_in_process_setup(database_url: str) -> Iterator[InProcessSetup]:
    """Open the shops over an empty database."""
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    settings["SQLALCHEMY_DATABASE_URI"] = database_url
    with collect_errors() as error_log, one_at_a_time(), ExitStack() as stack:
        setup = InProcessSetup(error_log)
        clock = StoppedClock(lambda: setup.simulator.clock.now())
        for delivery in ("inline", "worker"):
            settings["ANTOM_EVENT_DELIVERY"] = delivery
            setup.shops[delivery] = shop = open_recording_shop(
                settings, send=setup.send, clock=clock
            )
            stack.callback(shop.close)
            shop.antom.session_request(capture_some_by_hand)
            setup.connect(shop)
        for shop in setup.shops.values():
            with shop.app.app_context():
                stack.enter_context(setup.processes.watch(shop.db.engine))
        yield setup

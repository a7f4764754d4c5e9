"""Plays :data:`.failures.DATABASE_AWAY`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.flows import delivery
from flask_antom.gateway import keys
from tests.integration.actions import refund_notice
from tests.integration.test_unhandled import DISPUTE
from tests.support.canaries import PERSONAL, begin, open_shop, paid
from tests.support.offline import GUIDE, OfflineShop
from tests.support.outages import database_away

#: Watches the errors that come out of a block, and ends them.
Caught = Callable[[], AbstractContextManager[None]]

#: Prepares a shop, and returns what is done when the database goes away.
Prepare = Callable[[OfflineShop], Callable[[], Any]]

FORM = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
TAKEN: dict[str, Any] = {
    "status": "succeeded",
    "payment_id": "P-1",
    "captured": Money(4200, "MYR"),
}
SUCCESS = GUIDE["result"]


def pay_otherwise(offline: OfflineShop) -> Callable[[], Any]:
    begin(offline, method="TNG")
    return offline.shop.pay


def pay_again(offline: OfflineShop) -> Callable[[], Any]:
    offline.shop.pay()
    return offline.shop.pay


def lead_away(offline: OfflineShop) -> Callable[[], Any]:
    client = offline.shop.app.test_client()
    return lambda: client.post("/antom/hosted", data=FORM)


def get(offline: OfflineShop, name: str) -> Callable[[], Any]:
    """Open the page of a link, when Antom says that the payment is paid."""
    link = (offline.shop.pay().json or {})[name].partition(":5000")[2]
    request_id = offline.shop.payments()[-1].request_id
    offline.answers["inquiryPayment"] = paid(request_id, paymentStatus="SUCCESS")
    offline.shop.clock.wind(timedelta(minutes=1))
    return lambda: offline.shop.app.test_client().get(link)


def notify(offline: OfflineShop, times: int = 1) -> Callable[[], Any]:
    message = paid(begin(offline))
    for _ in range(times - 1):
        offline.notify(message)
    return lambda: offline.notify(message)


def refund_notified(offline: OfflineShop) -> Callable[[], Any]:
    begin(offline, **TAKEN)
    offline.answers["refund"] = {**PERSONAL, "result": SUCCESS | {"resultStatus": "U"}}
    offline.shop.call("refund")
    (refund,) = offline.shop.rows(offline.shop.antom.Refund)
    notice = {**PERSONAL, **refund_notice(refund.request_id, 4200)}
    return lambda: offline.notify(notice)


def open_macro(offline: OfflineShop) -> Callable[[], Any]:
    begin(offline, status="processing")
    return lambda: offline.shop.app.test_client().get("/checkout")


def call(
    operation: str, /, answers: Mapping[str, Any] | None = None, **columns: Any
) -> Prepare:
    """Return what calls a method of the extension about a payment of order A-1."""

    def prepare(offline: OfflineShop) -> Callable[[], Any]:
        begin(offline, **columns)
        offline.answers.update(answers or {})
        return lambda: offline.shop.call(operation)

    return prepare


def call_about(method: str) -> Prepare:
    """Return what calls a method of the extension about order A-1."""

    def prepare(offline: OfflineShop) -> Callable[[], Any]:
        begin(offline, status="processing")

        def ask() -> None:
            with offline.shop.app.app_context():
                getattr(offline.shop.antom, method)("A-1")

        return ask

    return prepare


def sweep(offline: OfflineShop) -> Callable[[], Any]:
    """Return a sweep that has something of each kind to do."""
    past = datetime.now(UTC) - timedelta(minutes=5)
    offline.answers["refund"] = {**PERSONAL, "result": SUCCESS | {"resultStatus": "U"}}
    begin(offline, "A-1", **TAKEN)
    offline.shop.call("refund")
    begin(offline, "A-2", inquire_at=past, session_expires_at=past)
    offline.answers["inquiryPayment"] = paid("request-of-A-2", paymentStatus="SUCCESS")
    offline.answers["inquiryRefund"] = {"result": SUCCESS} | PERSONAL
    offline.notify(paid("unknown", paymentId="P-3"))
    with offline.shop.app.app_context():
        Refund = offline.shop.antom.Refund
        offline.shop.db.session.execute(
            offline.shop.db.update(Refund).values(_inquire_at=past)
        )
        offline.shop.db.session.commit()
    return offline.shop.sweep


def for_a_worker(offline: OfflineShop) -> Callable[[], Any]:
    offline.shop.antom.event_dispatcher([].append)
    return notify(offline)


def command(*arguments: str) -> Prepare:
    """Return what runs a command of ``flask antom``."""

    def prepare(offline: OfflineShop) -> Callable[[], Any]:
        offline.notify(paid(begin(offline)))
        runner = offline.shop.app.test_cli_runner()
        return lambda: runner.invoke(args=["antom", *arguments], catch_exceptions=False)

    return prepare


#: A capture, a cancel and an inquiry that succeed, and say too much.
DONE = {
    "capture": {**PERSONAL, "result": SUCCESS, "captureId": "C-1"},
    "cancel": {**PERSONAL, "result": SUCCESS},
    "refund": {**PERSONAL, "result": SUCCESS, "refundId": "R-1"},
    "inquiryPayment": paid("request-of-A-1", paymentStatus="SUCCESS"),
}
AUTHORIZED = {"method": "CARD", "status": "authorized", "payment_id": "P-1"}

PREPARE: Mapping[str, Prepare] = {
    "/session": lambda offline: offline.shop.pay,
    "/session with another method": pay_otherwise,
    "/session once more": pay_again,
    "/hosted": lead_away,
    "/notify of a payment": notify,
    "/notify of a copy": lambda offline: notify(offline, 2),
    "/notify of a refund": refund_notified,
    "/notify of a dispute": lambda offline: lambda: offline.notify(DISPUTE | PERSONAL),
    "/notify for a worker": for_a_worker,
    "/result": lambda offline: get(offline, "resultUrl"),
    "/status": lambda offline: get(offline, "statusUrl"),
    "the macro": open_macro,
    "refund": call("refund", DONE, **TAKEN),
    "capture": call("capture", DONE, **AUTHORIZED),
    "cancel": call("cancel", DONE),
    "sync": call("sync", DONE),
    "sweep": sweep,
    "close": call_about("close"),
    "changed": call_about("changed"),
    "reopen": call_about("reopen"),
    "order_status": call_about("order_status"),
    "flask antom show": command("show", "A-1"),
    "flask antom redeliver": command("redeliver", "1"),
}


def lose_the_database(name: str, caught: Caught) -> int:
    """Lose the database at each step; gives the number of steps."""
    settings = {}
    if name == "/notify for a worker":
        settings["ANTOM_EVENT_DELIVERY"] = "worker"
    first = 0
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as p:
        p.setattr(delivery, "PAUSES", ())
        p.setattr(keys, "load_private_key", lru_cache(keys.load_private_key))
        while True:
            first += 1
            url = f"sqlite:///{Path(directory) / str(first)}.db"
            with open_shop(SQLALCHEMY_DATABASE_URI=url, **settings) as offline:
                operate = PREPARE[name](offline)
                with offline.shop.app.app_context():
                    engine = offline.shop.db.engine
                state = offline.shop.app.extensions["antom"]
                state.rows.transactions._pauses = ()
                with caught(), database_away(engine, first) as outage:
                    operate()
            if not outage.struck:
                return first - 1

"""Does ``flask antom tail`` tell what happens in the tables?"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from flask_antom.app_state import AppState
from flask_antom.cli.tail import json_of, line_of
from flask_antom.flows.follower import WATCHED, Fact, Follower
from flask_antom.signals import payment_succeeded
from tests.integration.actions import refund, refund_notice
from tests.support.offline import SESSION, OfflineShop, failed, open_offline
from tests.support.paths import ROOT
from tests.support.receivers import DONE, Switch

pytestmark = pytest.mark.every_database


def follow(offline: OfflineShop, order: str | None = None) -> Follower:
    state: AppState = offline.shop.app.extensions["antom"]
    with offline.shop.app.app_context():
        return Follower(state, order)


def told(offline: OfflineShop, follower: Follower) -> list[str]:
    """Return the new lines, without times and with equal ids."""
    with offline.shop.app.app_context():
        lines = [line_of(fact) for fact in follower.look()]
    lines = [
        re.sub(r"event \d+:", "event N:", line.partition(" ")[2]) for line in lines
    ]
    return [re.sub(r"\b(payment|refund)=[^ -][^ ]*", r"\1=ID", line) for line in lines]


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.answers |= {"createPaymentSession": SESSION, "refund": DONE}
    return offline


def test_the_story_of_a_payment(offline: OfflineShop) -> None:
    follower = follow(offline)
    assert told(offline, follower) == []
    begun: Any = offline.shop.pay().json
    assert told(offline, follower) == [
        "payment: opened for 42.00 MYR, GCASH, mode cashier order=A-1 payment=ID",
    ]
    offline.notify(paymentRequestId=begun["paymentRequestId"])
    assert sorted(told(offline, follower)) == [
        "event N: payment_succeeded delivered order=A-1 payment=ID",
        "notification: PAYMENT_RESULT: applied order=A-1 payment=ID",
        "payment: captured 42.00 MYR in all order=A-1 payment=ID",
        "payment: succeeded, was created order=A-1 payment=ID",
    ]
    refund(offline.shop, 1000)
    assert sorted(told(offline, follower)) == [
        "event N: refund_succeeded delivered order=A-1 payment=ID",
        "payment: refunded 10.00 MYR in all order=A-1 payment=ID",
        "refund: of 10.00 MYR: succeeded order=A-1 payment=ID refund=ID",
    ]
    assert told(offline, follower) == []


def test_facts_come_in_time(offline: OfflineShop) -> None:
    follower = follow(offline)
    offline.add_payment()
    offline.notify(result=failed())
    offline.shop.clock.wind(timedelta(minutes=1))
    offline.notify()
    with offline.shop.app.app_context():
        facts = follower.look()
    times = [fact.at for fact in facts]
    assert times == sorted(times)
    assert {fact.order for fact in facts} == {"A-1"}


def test_a_receiver_that_fails(offline: OfflineShop) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    offline.add_payment()
    follower = follow(offline)
    failure = (
        "event N: payment_succeeded failed: RuntimeError: no stock left"
        " order=A-1 payment=ID"
    )
    for _ in range(2):
        offline.notify()
        assert failure in told(offline, follower)
    switch.is_broken = False
    offline.notify()
    assert told(offline, follower) == [
        "event N: payment_succeeded delivered order=A-1 payment=ID"
    ]


def test_one_order_only(offline: OfflineShop) -> None:
    follower = follow(offline, "A-2")
    offline.add_payment()
    offline.notify()
    offline.add_payment("R-2", "A-2")
    offline.notify(paymentRequestId="R-2", paymentId="P-2")
    offline.notify(paymentRequestId="unknown", paymentId="P-3")
    with offline.shop.app.app_context():
        facts = follower.look()
    assert {(fact.order, fact.payment) for fact in facts} == {("A-2", "R-2")}
    assert {fact.kind for fact in facts} == {"payment", "notification", "event"}


def test_the_notification_of_a_refund(offline: OfflineShop) -> None:
    """Its row names no payment."""
    offline.add_payment()
    offline.notify()
    refund(offline.shop, 1000)
    follower = follow(offline)
    made = offline.shop.rows(offline.shop.antom.Refund)[0].request_id
    offline.notify(refund_notice(made, 1000))
    assert told(offline, follower) == [
        "notification: REFUND_RESULT: applied order=- payment=-"
    ]


def test_an_old_payment_is_told_of_as_well(offline: OfflineShop) -> None:
    """More payments came since than are watched."""
    offline.add_payment()
    model = offline.shop.antom.Payment
    with offline.shop.app.app_context():
        (first,) = offline.shop.db.session.execute(
            sa.select(model.__table__)
        ).mappings()
        rows = [
            {k: v for k, v in first.items() if k != "id"}
            | {"request_id": f"R{n}", "open_key": None, "order_reference": f"B-{n}"}
            for n in range(WATCHED)
        ]
        offline.shop.db.session.execute(sa.insert(model), rows)
        offline.shop.db.session.commit()
    follower = follow(offline)
    offline.notify()
    assert "payment: succeeded order=A-1 payment=ID" in told(offline, follower)


def test_no_look_goes_over_a_table(offline: OfflineShop) -> None:
    follower = follow(offline)
    offline.add_payment()
    offline.notify()
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        statements.append(statement)

    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        follower.look()
        follower.look()
        sa.event.remove(engine, "before_cursor_execute", note)
    looks = [one for one in statements if "antom_" in one]
    assert looks
    for one in looks:
        assert "count(" not in one.lower()
        assert re.search(r"\.id (>|IN)", one), one


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_nobody_breaks_aline_of() -> None:
    fact = Fact(NOW, "event", "x failed: a\nb \x1b[31m", "failed", "A-1", "P", None, 7)
    assert line_of(fact) == (
        "2026-01-02T03:04:05Z event 7: x failed: a\\nb \\x1b[31m order=A-1 payment=P"
    )
    assert json.loads(json_of(fact)) == {
        "at": "2026-01-02T03:04:05Z",
        "kind": "event",
        "text": "x failed: a\nb \x1b[31m",
        "outcome": "failed",
        "order": "A-1",
        "payment": "P",
        "event_id": 7,
    }


@pytest.mark.slow
def test_the_command_ends_on_ctrl_c(tmp_path: Path) -> None:
    settings = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'shop.sqlite'}"}
    with open_offline(**settings) as offline, running(settings, "--json") as process:
        assert process.stderr.readline() == "Following. Stop with Ctrl-C.\n"
        offline.add_payment()
        offline.notify()
        facts = [json.loads(process.stdout.readline()) for _ in range(4)]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert {fact["order"] for fact in facts} == {"A-1"}
    kinds = [fact["kind"] for fact in facts]
    assert sorted(kinds) == ["notification", "payment", "payment", "payment"]


@contextmanager
def running(settings: dict[str, str], *options: str) -> Iterator[Any]:
    """Run the command in a process of its own, on the same database."""
    code = "tests.support.cli_app:create_app"
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", code, "antom", "tail", *options],
        cwd=ROOT,
        env=os.environ | {"SHOP_DATABASE": settings["SQLALCHEMY_DATABASE_URI"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()

"""``flask antom show``: what became of an order."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom import Money
from flask_antom.domain.payment_states import Fact, Status
from flask_antom.domain.transitions import TABLE
from flask_antom.flows.dossiers import REASONS, STATUS
from flask_antom.models import (
    EventMixin,
    NotificationMixin,
    PaymentMixin,
    RefundMixin,
)
from flask_antom.signals import payment_failed, payment_pending, payment_succeeded
from flask_antom.store import dossiers
from tests.integration.actions import refund
from tests.support.offline import GUIDE, OfflineShop, capture_notice, failed
from tests.support.receivers import DONE, Switch, disconnect_all, event
from tests.support.shop import make_order

pytestmark = pytest.mark.every_database

ID = "paymentRequestId01"
PENDING = {"notifyType": "PAYMENT_PENDING", "paymentTime": None}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


def show(offline: OfflineShop, *arguments: str) -> tuple[int, str]:
    runner = offline.shop.app.test_cli_runner()
    result = runner.invoke(args=["antom", "show", *arguments])
    return result.exit_code, result.output


def shown(offline: OfflineShop, wanted: str = "A-1") -> list[dict[str, Any]]:
    code, output = show(offline, wanted, "--json")
    assert code == 0
    payments: list[dict[str, Any]] = json.loads(output)["payments"]
    return payments


def test_every_attempt_of_an_order_is_shown(offline: OfflineShop) -> None:
    offline.add_payment("another", method="CARD")
    offline.add_payment("elsewhere", reference="A-2")
    offline.notify()
    code, output = show(offline, "A-1")
    assert code == 0
    assert output.startswith("Order A-1: 2 payments\n\nPayment paymentRequestId01\n")
    assert "\nPayment another\n" in output
    assert "elsewhere" not in output
    for line in (
        r"  Status            succeeded: paid",
        rf"  Antom's paymentId {GUIDE['paymentId']}",
        r"  Captured          42\.00 MYR",
        r"  Method            ONLINEBANKING_FPX, mode cashier",
        rf"  Opened            {TIME}",
        r"  Paid              2020-01-01T03:31:01Z",
        rf"    \d+  payment_succeeded  delivered  {TIME}  1 try",
        rf"    PAYMENT_RESULT  applied  {TIME}  once  {GUIDE['paymentId']}",
    ):
        assert re.search(f"^{line}$", output, re.MULTILINE), line


@pytest.mark.parametrize("wanted", [ID, GUIDE["paymentId"], "an-earlier-try"])
def test_a_payment_is_found_by_each_of_its_ids(
    offline: OfflineShop, wanted: str
) -> None:
    offline.add_payment("another")
    offline.notify(paymentId="an-earlier-try", result=failed())
    offline.notify()
    (payment,) = shown(offline, wanted)
    assert payment["request_id"] == ID


def test_refunds_are_shown_with_what_was_reported(offline: OfflineShop) -> None:
    offline.notify()
    offline.answers["refund"] = DONE
    made = refund(offline.shop, 1000)
    db, model = offline.shop.db, offline.shop.antom.Refund
    with offline.shop.app.app_context():
        values = {"reported_value": 900, "key": "goodwill"}
        db.session.execute(db.update(model).values(values))
        db.session.commit()
    _, output = show(offline, "A-1")
    assert "  Refunded          10.00 MYR\n" in output
    (line,) = (one for one in output.splitlines() if f"    {made.request_id}" in one)
    assert "succeeded  10.00 MYR  reported 9.00 MYR  R-1" in line
    assert line.endswith("key goodwill")
    assert shown(offline, made.request_id) == shown(offline, "A-1")
    assert shown(offline, "R-1")[0]["refunds"][0]["reported_value"] == 900


def test_captures_are_shown(offline: OfflineShop) -> None:
    asked = {"c1": {"amount": 1000, "final": False, "at": "2026-01-01", "key": "k"}}
    asked["c2"] = {"amount": 500, "final": True, "at": "2026-01-02", "failed": "NO"}
    offline.add_payment(
        "card", method="CARD", capture_requests=asked, payment_id="P", captures={}
    )
    offline.notify(capture_notice("P"))
    _, output = show(offline, "card")
    assert "    c1  ended       10.00 MYR  more may follow  2026-01-01  key k" in output
    assert "    c2  failed: NO  5.00 MYR   the last one     2026-01-02" in output
    assert "    C1  captured    42.00 MYR" in output


def test_the_reasons_of_a_review_are_said(offline: OfflineShop) -> None:
    offline.shop.orders["A-1"] = make_order("A-1", Money(100000, "MYR"))
    offline.notify()
    (payment,) = shown(offline)
    (reason,) = payment["review_reasons"]
    assert reason["reason"].startswith("order_changed")
    _, output = show(offline, "A-1")
    assert "  Status            review: money came that was not expected" in output
    assert "the order has another amount now" in output
    assert re.search(r"payment_succeeded +delivered or skipped", output)


def states(offline: OfflineShop) -> list[str]:
    (payment,) = shown(offline)
    return [one["state"] for one in payment["events"]]


def test_an_event_that_failed_says_why_and_when_again(offline: OfflineShop) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    offline.notify()
    assert states(offline) == ["failed"]
    _, output = show(offline, "A-1")
    line = rf"payment_succeeded  failed  again {TIME}  1 try  RuntimeError: no stock"
    assert re.search(line, output)


def test_an_event_that_waits_names_the_one_before(offline: OfflineShop) -> None:
    offline.shop.connect(payment_pending, Switch())
    offline.notify(**PENDING)
    offline.notify(result=failed())
    (payment,) = shown(offline)
    first, second = payment["events"]
    assert (first["state"], second["state"]) == ("failed", "waits")
    assert second["waits_for"] == first["id"]
    assert f"waits for event {first['id']}" in show(offline, "A-1")[1]


def test_an_event_that_is_given_up_has_no_next_time(offline: OfflineShop) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    offline.notify()
    for _ in range(40):
        offline.shop.clock.wind(timedelta(hours=2))
        offline.shop.sweep()
    assert states(offline) == ["given up"]
    _, output = show(offline, "A-1")
    assert "9999" not in output
    assert re.search(r"given up +\d+ tries +RuntimeError: no stock left", output)


def test_an_event_that_nobody_hears_says_so(offline: OfflineShop) -> None:
    disconnect_all(offline)
    offline.notify()
    assert states(offline) == ["nobody listens"]


def test_an_event_under_way_says_so(offline: OfflineShop) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    offline.notify()
    state = offline.shop.app.extensions["antom"]
    with offline.shop.app.app_context():
        state.claims.claim(event(offline).id)
    assert states(offline) == ["being delivered"]


def test_an_event_that_is_no_longer_true_says_so(offline: OfflineShop) -> None:
    offline.shop.connect(payment_failed, Switch())
    offline.notify(result=failed())
    with offline.shop.app.app_context():
        db, model = offline.shop.db, offline.shop.antom.Payment
        db.session.execute(db.update(model).values(status="succeeded"))
        db.session.commit()
    assert states(offline) == ["no longer true"]


def test_an_event_waits_for_the_refund_of_everything(offline: OfflineShop) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    offline.notify()
    refund(offline.shop)
    (payment,) = shown(offline)
    assert payment["refunds"][0]["status"] == "pending"
    assert [one["state"] for one in payment["events"]] == ["waits for a refund"]


def test_a_terminal_obeys_no_error(offline: OfflineShop) -> None:
    def receive(app: Flask, **extra: Any) -> None:
        raise RuntimeError("\x1b]0;owned\x07 \x9b2J")

    offline.shop.connect(payment_succeeded, receive)
    offline.notify()
    _, output = show(offline, "A-1")
    assert "RuntimeError: ?]0;owned? ?2J" in output


def test_copies_are_counted(offline: OfflineShop) -> None:
    for _ in range(3):
        offline.notify()
    assert "3 times" in show(offline, "A-1")[1]


def test_nothing_that_pays_or_names_a_buyer_is_shown(offline: OfflineShop) -> None:
    canaries = {"session_data": "canary-1", "normal_url": "https://antom/canary-2"}
    offline.add_payment("secret", buyer_reference="canary-3", **canaries)
    offline.notify(paymentRequestId="secret", paymentResultInfo={"x": "canary-4"})
    offline.notify(**PENDING)
    for arguments in (["A-1"], ["A-1", "--json"], ["secret"]):
        code, output = show(offline, *arguments)
        assert (code, "canary" in output) == (0, False)


def test_the_number_of_reads_does_not_grow(offline: OfflineShop) -> None:
    offline.notify()
    few = reads(offline)
    for number in range(5):
        offline.add_payment(f"more-{number}")
        offline.notify(paymentRequestId=f"more-{number}", paymentId=f"P-{number}")
    assert len(shown(offline)) == 6
    assert reads(offline) == few
    assert few <= 5


def reads(offline: OfflineShop) -> int:
    statements: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "antom_" in statement:
            statements.append(statement)

    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
    sa.event.listen(engine, "before_cursor_execute", count)
    show(offline, "A-1")
    sa.event.remove(engine, "before_cursor_execute", count)
    return len(statements)


def test_an_unknown_order_suggests_others(offline: OfflineShop) -> None:
    for reference in ("A-10", "A_1", "B-1"):
        offline.add_payment(f"of{reference}", reference=reference)
    code, output = show(offline, "a-")
    assert code == 1
    assert "'a-'" in output
    assert "Orders that begin so: A-10, A-1." in output
    code, output = show(offline, "Z")
    assert (code, "begin so" in output) == (1, False)


def test_news_of_an_unknown_payment_is_named(offline: OfflineShop) -> None:
    offline.notify(paymentRequestId="lost", paymentId="P-lost")
    for wanted in ("lost", "P-lost"):
        code, output = show(offline, wanted)
        assert code == 1
        assert "Antom sent a PAYMENT_RESULT with this id" in output
        assert "paymentRequestId lost, paymentId P-lost" in output


def test_every_status_and_every_reason_has_its_words() -> None:
    assert set(STATUS) == set(Status)
    needing = {
        fact
        for fact, steps in TABLE.items()
        if any(step.signal == "payment_needs_review" for step in steps.values())
    }
    assert needing <= set(REASONS) <= {*Fact, "refund_mismatch"}


def test_every_column_is_shown_or_left_out_on_purpose() -> None:
    left_out = {
        PaymentMixin: {"session_data", "normal_url", "open_key", "buyer_reference"},
        RefundMixin: set(),
        NotificationMixin: {"key", "body", "body_hash"},
        EventMixin: set(),
    }
    names = {
        PaymentMixin: dossiers.PAYMENT,
        RefundMixin: dossiers.REFUND,
        NotificationMixin: dossiers.NOTIFICATION,
        EventMixin: dossiers.EVENT,
    }
    for mixin, unseen in left_out.items():
        columns = {
            member.removeprefix("_")
            for member, value in vars(mixin).items()
            if type(value).__name__ == "MappedColumn"
        }
        assert set(names[mixin]) == columns - unseen

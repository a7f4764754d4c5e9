"""Stored events reach the receivers: writes once, the rest at least once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_antom import FlaskAntom
from flask_antom.errors import DeliveryFailed
from flask_antom.signals import (
    payment_authorized,
    payment_failed,
    payment_pending,
    payment_succeeded,
)
from tests.integration.test_refunds import act
from tests.support.databases import new_database
from tests.support.inbox import (
    ACKNOWLEDGEMENT,
    GUIDE,
    Inbox,
    capture,
    failed,
    open_inbox,
)
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import make_shop, shop_settings

pytestmark = pytest.mark.every_database

ID = "paymentRequestId01"
Receiver = Callable[..., Any]


@pytest.fixture
def inbox(inbox: Inbox) -> Inbox:
    inbox.expect()
    return inbox


class Boom:
    """A receiver that raises the first times that it is called."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls = 0

    def __call__(self, app: Flask, payment: Any, **extra: Any) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise RuntimeError("no stock left\nsecond line")


def event(inbox: Inbox) -> Any:
    (row,) = inbox.shop.rows(inbox.shop.antom.Event)
    return row


def change_events(inbox: Inbox, **columns: Any) -> None:
    db, model = inbox.shop.db, inbox.shop.antom.Event
    with inbox.shop.app.app_context():
        db.session.execute(db.update(model).values(columns))
        db.session.commit()


def writer(inbox: Inbox, reference: str, then: Receiver = lambda: None) -> Receiver:
    """Make a receiver that writes a row and then does something else."""

    def write(app: Flask, payment: Any, **extra: Any) -> None:
        inbox.shop.db.session.add(
            inbox.shop.fulfilment(order_reference=reference, request_id="")
        )
        then()

    return write


def test_a_receiver_that_raises_costs_neither_the_payment_nor_the_event(
    inbox: Inbox,
) -> None:
    inbox.shop.connect(payment_succeeded, Boom(1))
    before = datetime.now(UTC)
    answer = inbox.notify()
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert (answer.json or {})["code"] == "receiver_failed"
    assert inbox.books.payments[0][1] == "succeeded"
    assert inbox.books.notifications == [("PAYMENT_RESULT", "applied", 1)]
    assert inbox.shop.fulfilled() == 0
    kept = event(inbox)
    assert (kept.name, kept.delivered_at, kept.attempts) == (
        "payment_succeeded",
        None,
        1,
    )
    assert kept.last_error == "RuntimeError: no stock left"
    assert kept.next_attempt_at > before


def test_antoms_repeat_delivers_and_what_was_written_is_written_once(
    inbox: Inbox,
) -> None:
    boom = Boom(2)
    inbox.shop.connect(payment_succeeded, boom)
    assert [inbox.notify().status_code for _ in range(4)] == [500, 500, 200, 200]
    assert inbox.shop.fulfilled() == 1
    assert boom.calls == 3
    delivered = event(inbox)
    assert delivered.delivered_at is not None
    assert (delivered.attempts, delivered.last_error) == (3, None)
    assert delivered.next_attempt_at is None
    assert inbox.books.notifications == [("PAYMENT_RESULT", "applied", 4)]


def test_the_pause_grows_the_longer_a_receiver_fails(inbox: Inbox) -> None:
    inbox.shop.connect(payment_succeeded, Boom(9))
    inbox.notify()
    pauses = []
    for minutes in (0, 10, 50, 5000):
        now = datetime.now(UTC)
        change_events(inbox, _first_failure_at=now - timedelta(minutes=minutes))
        inbox.notify()
        pauses.append((event(inbox).next_attempt_at - now) / timedelta(minutes=1))
    assert 0.4 <= pauses[0] < 8 <= pauses[1] < 40 <= pauses[2] <= 62
    assert 48 <= pauses[3] <= 74


def test_many_failures_in_a_short_time_give_nothing_up(
    inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.shop.connect(payment_succeeded, Boom(40))
    before = datetime.now(UTC)
    assert {inbox.notify().status_code for _ in range(40)} == {500}
    waiting = event(inbox)
    assert waiting.attempts == 40
    assert before < waiting.next_attempt_at < before + timedelta(minutes=10)
    assert "given up" not in caplog.text
    assert inbox.notify().status_code == 200


def test_a_day_of_failures_is_given_up_with_an_error_in_the_log(
    inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.shop.connect(payment_succeeded, Boom(40))
    inbox.notify()
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    change_events(inbox, _first_failure_at=yesterday, attempts=28)
    inbox.notify()
    assert event(inbox).next_attempt_at.year < 9999
    assert "given up" not in caplog.text
    inbox.notify()
    assert (event(inbox).attempts, event(inbox).next_attempt_at.year) == (30, 9999)
    assert [record.levelname for record in caplog.records][-1] == "ERROR"
    assert "given up" in caplog.records[-1].message


def test_another_receivers_writes_fall_with_the_one_that_raises(inbox: Inbox) -> None:
    inbox.shop.connect(payment_succeeded, writer(inbox, "one"))
    inbox.shop.connect(payment_succeeded, Boom(1))
    inbox.shop.connect(payment_succeeded, writer(inbox, "two"))
    assert inbox.notify().status_code == 500
    assert inbox.shop.rows(inbox.shop.fulfilment) == []
    assert inbox.notify().status_code == 200
    rows = inbox.shop.rows(inbox.shop.fulfilment)
    assert sorted(row.order_reference for row in rows) == ["A-1", "one", "two"]


def test_a_write_that_the_database_refuses_is_tried_again(inbox: Inbox) -> None:
    shop = inbox.shop
    taken = shop.fulfilment(id=7, order_reference="taken", request_id="")
    with shop.app.app_context():
        shop.db.session.add(taken)
        shop.db.session.commit()

    def clash(app: Flask, payment: Any, **extra: Any) -> None:
        shop.db.session.add(
            shop.fulfilment(id=7, order_reference="clash", request_id="")
        )

    shop.connect(payment_succeeded, clash)
    assert inbox.notify().status_code == 500
    assert event(inbox).last_error.startswith("IntegrityError: ")
    assert [row.order_reference for row in shop.rows(shop.fulfilment)] == ["taken"]
    assert inbox.books.payments[0][1] == "succeeded"


def test_a_receiver_that_commits_is_called_once(inbox: Inbox) -> None:
    commit = inbox.shop.db.session.commit
    inbox.shop.connect(payment_succeeded, writer(inbox, "own", then=commit))
    assert [inbox.notify().status_code for _ in range(2)] == [200, 200]
    rows = inbox.shop.rows(inbox.shop.fulfilment)
    assert sorted(row.order_reference for row in rows) == ["A-1", "own"]
    assert event(inbox).delivered_at is not None


def test_a_receiver_that_rolls_back_has_not_had_its_event(inbox: Inbox) -> None:
    """A roll-back takes the mark of delivery with it: whatever is written after it
    would be written again with the next copy."""
    rollback = inbox.shop.db.session.rollback
    inbox.shop.connect(payment_succeeded, writer(inbox, "own", then=rollback))
    inbox.shop.connect(payment_succeeded, writer(inbox, "after"))
    assert [inbox.notify().status_code for _ in range(2)] == [500, 500]
    assert inbox.shop.rows(inbox.shop.fulfilment) == []
    kept = event(inbox)
    assert (kept.delivered_at, kept.attempts) == (None, 2)
    assert "rolled" in kept.last_error


@pytest.mark.parametrize("closing", ["close", "remove"])
def test_a_receiver_that_closes_the_session_has_not_had_its_event(
    inbox: Inbox, closing: str
) -> None:
    """What was written before is lost with the session, and with it the mark."""
    close = getattr(inbox.shop.db.session, closing)
    inbox.shop.connect(payment_succeeded, writer(inbox, "own", then=close))
    assert [inbox.notify().status_code for _ in range(2)] == [500, 500]
    assert inbox.shop.rows(inbox.shop.fulfilment) == []
    kept = event(inbox)
    assert (kept.delivered_at, kept.attempts) == (None, 2)
    assert "closed" in kept.last_error


@pytest.mark.parametrize("closing", ["close", "remove"])
def test_a_receiver_that_commits_and_closes_the_session_is_called_once(
    closing: str,
) -> None:
    shop = make_shop(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
    for signal, receiver in shop.receivers:
        signal.disconnect(receiver)  # others would be given a payment without a session
    session, inbox = shop.db.session, Inbox(shop, [], {}, [])
    inbox.expect()

    def commit_and_close() -> None:
        session.commit()
        getattr(session, closing)()

    own = writer(inbox, "own", then=commit_and_close)
    shop.connect(payment_succeeded, own)
    assert [inbox.notify().status_code for _ in range(2)] == [200, 200]
    assert [row.order_reference for row in shop.rows(shop.fulfilment)] == ["own"]
    assert event(inbox).delivered_at is not None
    shop.close()


def test_an_async_receiver_is_awaited_and_its_writes_are_kept(inbox: Inbox) -> None:
    write = writer(inbox, "async")

    async def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        write(app, payment)

    inbox.shop.connect(payment_succeeded, fulfil)
    assert inbox.notify().json == ACKNOWLEDGEMENT
    rows = inbox.shop.rows(inbox.shop.fulfilment)
    assert sorted(row.order_reference for row in rows) == ["A-1", "async"]


def test_an_async_receiver_that_raises_is_called_again(inbox: Inbox) -> None:
    boom = Boom(1)

    async def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        boom(app, payment)

    inbox.shop.connect(payment_succeeded, fulfil)
    assert [inbox.notify().status_code for _ in range(3)] == [500, 200, 200]
    assert (boom.calls, inbox.shop.fulfilled()) == (2, 1)


def test_a_closure_needs_weak_false(inbox: Inbox) -> None:
    called: list[str] = []

    def connect(name: str, weak: bool) -> Receiver:
        def receiver(app: Flask, **extra: Any) -> None:
            called.append(name)

        payment_succeeded.connect(receiver, sender=inbox.shop.app, weak=weak)
        return receiver

    connect("forgotten", weak=True)
    kept = connect("kept", weak=False)
    inbox.notify()
    payment_succeeded.disconnect(kept)
    assert called == ["kept"]


def test_a_failing_event_does_not_block_a_later_one(inbox: Inbox) -> None:
    boom = Boom(9)
    inbox.shop.connect(payment_pending, boom)
    pending = {"notifyType": "PAYMENT_PENDING", "paymentTime": None}
    assert inbox.notify(**pending).status_code == 500
    assert inbox.notify(result=failed()).status_code == 500
    assert inbox.books.events == [
        ("payment_pending", "", False),
        ("payment_failed", "", True),
    ]


def names(inbox: Inbox) -> list[str]:
    return [name for name, _ in inbox.told]


def test_a_failure_is_not_told_once_the_payment_has_succeeded(inbox: Inbox) -> None:
    boom = Boom(1)
    inbox.shop.connect(payment_failed, boom)
    assert inbox.notify(result=failed(), paymentId="P-1").status_code == 500
    assert inbox.notify(paymentId="P-2").status_code == 200
    assert (boom.calls, inbox.shop.fulfilled()) == (1, 1)
    assert inbox.books.events == [
        ("payment_failed", "", True),
        ("payment_succeeded", "", True),
    ]


def test_an_order_that_was_cancelled_meanwhile_is_not_fulfilled(inbox: Inbox) -> None:
    inbox.shop.connect(payment_succeeded, Boom(1))
    assert inbox.notify().status_code == 500
    inbox.answers["cancel"] = {"result": GUIDE["result"]}
    act(inbox.shop, "cancel")
    assert inbox.notify().status_code == 200
    assert inbox.shop.fulfilled() == 0
    assert names(inbox)[-1] == "payment_cancelled"
    assert {delivered for *_, delivered in inbox.books.events} == {True}


@pytest.mark.parametrize("times", [1, 2])
def test_an_authorization_is_told_before_the_payment_or_not_at_all(
    inbox: Inbox, times: int
) -> None:
    inbox.expect("card", reference="A-2", method="CARD")
    told: list[str] = []
    boom = Boom(times)

    def authorize(app: Flask, payment: Any, **extra: Any) -> None:
        boom(app, payment)
        told.append("authorized")

    def succeed(app: Flask, payment: Any, **extra: Any) -> None:
        told.append("succeeded")

    inbox.shop.connect(payment_authorized, authorize)
    inbox.shop.connect(payment_succeeded, succeed)
    assert inbox.notify(paymentRequestId="card").status_code == 500
    captured = capture(GUIDE["paymentId"])
    answers = [inbox.notify(captured).status_code for _ in range(2)]
    assert answers == ([200, 200] if times == 1 else [500, 200])
    in_order = ["authorized", "succeeded"]
    assert told == (in_order if times == 1 else ["succeeded"])


def test_a_failing_event_does_not_block_another_payment(inbox: Inbox) -> None:
    inbox.expect("other", reference="A-2")
    inbox.shop.connect(payment_failed, Boom(9))
    assert inbox.notify(result=failed()).status_code == 500
    assert inbox.notify(paymentRequestId="other").status_code == 200
    assert inbox.shop.fulfilled("A-2") == 1


def test_a_worker_delivers_later(shop_url: str) -> None:
    settings = {"ANTOM_EVENT_DELIVERY": "worker", "SQLALCHEMY_DATABASE_URI": shop_url}
    with open_inbox(**settings) as inbox:
        inbox.expect()
        inbox.shop.connect(payment_succeeded, Boom(9))
        answer = inbox.notify()
        assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
        assert inbox.books.payments[0][1] == "succeeded"
        assert inbox.books.events == [("payment_succeeded", "", False)]
        waiting = event(inbox)
        assert waiting.attempts == 0
        assert waiting.next_attempt_at <= datetime.now(UTC)
        assert inbox.told == []
        assert inbox.shop.fulfilled() == 0


def test_others_see_the_payment_before_the_receivers_are_told(tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"
    seen: list[Any] = []

    def look(app: Flask, payment: Any, **extra: Any) -> None:
        connection = sqlite3.connect(file)
        seen.extend(connection.execute("SELECT status FROM antom_payment"))
        connection.close()

    with open_inbox(SQLALCHEMY_DATABASE_URI=f"sqlite:///{file}") as inbox:
        inbox.expect()
        inbox.shop.connect(payment_succeeded, look)
        inbox.notify()
    assert seen == [("succeeded",)]


@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_a_slow_receiver_holds_up_its_own_payment_only(
    server: str, request: pytest.FixtureRequest
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    calls: list[str] = []

    def be_slow(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.order_reference)
        if payment.order_reference == "A-1":
            begun.set()
            assert may_end.wait(30)

    with (
        new_database(request.getfixturevalue(server)) as url,
        open_inbox(SQLALCHEMY_DATABASE_URI=url) as inbox,
        ThreadPoolExecutor() as pool,
    ):
        inbox.expect()
        inbox.expect("other", reference="A-2")
        inbox.shop.connect(payment_succeeded, be_slow)
        first = pool.submit(inbox.notify)
        assert begun.wait(30)
        copy = pool.submit(inbox.notify)
        assert inbox.books.payments[0][1] == "succeeded"
        assert inbox.notify(paymentRequestId="other").status_code == 200
        assert inbox.shop.fulfilled("A-2") == 1
        may_end.set()
        assert [first.result().status_code, copy.result().status_code] == [200, 200]
        assert inbox.shop.fulfilled() == 1
    assert sorted(calls) == ["A-1", "A-2"]


def inquiry() -> dict[str, Any]:
    return GUIDE | {"paymentStatus": "SUCCESS"}


def sync(inbox: Inbox, antom: FlaskAntom) -> None:
    db = inbox.shop.db
    with inbox.shop.app.app_context():
        antom.sync(db.session.scalars(db.select(antom.Payment)).one())


def test_what_an_inquiry_finds_is_delivered_in_the_same_way(inbox: Inbox) -> None:
    inbox.answers["inquiryPayment"] = inquiry()
    inbox.shop.connect(payment_succeeded, Boom(1))
    with pytest.raises(DeliveryFailed):
        sync(inbox, inbox.shop.antom)
    assert inbox.books.payments[0][1] == "succeeded"
    assert inbox.books.events == [("payment_succeeded", "", False)]
    sync(inbox, inbox.shop.antom)
    assert inbox.books.events == [("payment_succeeded", "", True)]
    assert inbox.shop.fulfilled() == 1

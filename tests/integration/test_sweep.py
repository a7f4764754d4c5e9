"""The sweep: whatever is overdue is done, whoever forgot it."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.flows import sweep as sweeping
from flask_antom.flows.sweep import SweepSummary
from flask_antom.gateway.http import Reply
from flask_antom.signals import payment_expired, payment_succeeded
from flask_antom.simulator import Simulator
from tests.support.offline import GUIDE, OfflineShop, capture_notice, failed
from tests.support.shop import Shopfront, make_order, make_shop

pytestmark = pytest.mark.every_database


#: A `paymentRequestId` of the shop that it does not know yet.
LATE = "0123456789abcdef" * 2

A_DAY_AGO = datetime.now(UTC) - timedelta(days=1)


def set_columns(shop: Shopfront, model: Any, **columns: Any) -> None:
    """Change all rows of a table."""
    with shop.app.app_context():
        shop.db.session.execute(shop.db.update(model).values(columns))
        shop.db.session.commit()


def make_due(shop: Shopfront, model: Any, column: str = "_inquire_at") -> None:
    """Make all rows due."""
    set_columns(shop, model, **{column: datetime.now(UTC) - timedelta(seconds=1)})


def begin(shop: Shopfront, reference: str = "A-1") -> str:
    answer = shop.pay(reference).json
    assert answer is not None
    request_id: str = answer["paymentRequestId"]
    return request_id


def test_nothing_is_due_in_a_quiet_shop(shop: Shopfront) -> None:
    begin(shop)
    assert shop.sweep() == SweepSummary()


def test_a_lost_notification_is_made_up_for(
    shop: Shopfront, simulator: Simulator
) -> None:
    simulator.approve(begin(shop))
    make_due(shop, shop.antom.Payment)
    summary = shop.sweep()
    assert (summary.payments, summary.failed) == (1, 0)
    assert shop.payments()[0].status == "succeeded"
    assert shop.fulfilled() == 1
    assert shop.payments()[0].inquire_at is None


def test_a_session_that_nobody_used_expires(shop: Shopfront) -> None:
    told: list[Any] = []
    shop.connect(payment_expired, lambda app, payment, **extra: told.append(payment))
    begin(shop)
    with shop.app.app_context():
        past = datetime.now(UTC) - timedelta(minutes=15)
        shop.db.session.execute(
            shop.db.update(shop.antom.Payment).values(
                _session_expires_at=past, _inquire_at=past
            )
        )
        shop.db.session.commit()
    assert shop.sweep().payments == 1
    (payment,) = shop.payments()
    assert (payment.status, payment.session_data) == ("expired", None)
    assert len(told) == 1


@pytest.mark.parametrize("status", ["CANCELLED", "FAIL"])
def test_a_success_after_an_attempt_is_found_at_the_sessions_end(
    offline: OfflineShop, status: str
) -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    offline.add_payment(session_expires_at=end, inquire_at=datetime.now(UTC))
    offline.answers["inquiryPayment"] = GUIDE | {"paymentStatus": status}
    offline.shop.sweep()
    (payment,) = offline.shop.payments()
    assert payment.is_final
    assert payment.inquire_at == end + timedelta(minutes=14)
    offline.answers["inquiryPayment"] = GUIDE | {"paymentStatus": "SUCCESS"}
    make_due(offline.shop, offline.shop.antom.Payment)
    offline.shop.sweep()
    assert offline.signals[-1:] == [("payment_succeeded", "paymentRequestId01")]


def test_what_was_asked_is_not_due_again_at_once(shop: Shopfront) -> None:
    begin(shop)
    make_due(shop, shop.antom.Payment)
    assert shop.sweep().payments == 1
    assert shop.sweep() == SweepSummary()
    (payment,) = shop.payments()
    assert payment.inquire_at > datetime.now(UTC)


def test_a_silent_antom_is_left_alone_after_three_tries(
    shop: Shopfront, simulator: Simulator
) -> None:
    for number in range(5):
        reference = f"B-{number}"
        shop.orders[reference] = make_order(reference, Money(100, "MYR"))
        begin(shop, reference)
    make_due(shop, shop.antom.Payment)
    simulator.faults.next("inquiryPayment", "reset", times=99)
    before = len(simulator.calls)
    summary = shop.sweep()
    assert (summary.payments, summary.failed) == (0, 3)
    assert len(simulator.calls) - before <= 3
    assert {p.status for n in range(5) for p in shop.payments(f"B-{n}")} == {"created"}


def test_an_event_that_failed_is_delivered_later(
    shop: Shopfront, simulator: Simulator
) -> None:
    calls: list[str] = []

    def fails_once(app: Any, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        if len(calls) == 1:
            raise RuntimeError("not yet")

    shop.connect(payment_succeeded, fails_once)
    simulator.approve(begin(shop))
    make_due(shop, shop.antom.Payment)
    shop.sweep()
    (event,) = shop.rows(shop.antom.Event)
    assert event.last_error == "RuntimeError: not yet"
    assert event.next_attempt_at > datetime.now(UTC)
    assert shop.fulfilled() == 0
    make_due(shop, shop.antom.Event, "_next_attempt_at")
    assert shop.sweep().events == 1
    assert shop.fulfilled() == 1
    assert len(calls) == 2


def test_an_event_is_given_up_loudly_after_many_failures(
    shop: Shopfront, simulator: Simulator
) -> None:
    def fails(app: Any, payment: Any, **extra: Any) -> None:
        raise RuntimeError("never")

    shop.connect(payment_succeeded, fails)
    simulator.approve(begin(shop))
    make_due(shop, shop.antom.Payment)
    shop.sweep()
    make_due(shop, shop.antom.Event, "_next_attempt_at")
    set_columns(shop, shop.antom.Event, attempts=29, _first_failure_at=A_DAY_AGO)
    summary = shop.sweep()
    assert summary.given_up == 1
    assert summary.needs_a_person
    again = shop.sweep()
    assert (again.events, again.failed, again.given_up) == (0, 0, 1)
    result = shop.app.test_cli_runner().invoke(args=["antom", "sweep"])
    assert result.exit_code == 1
    assert "needs a person" in result.output


def test_what_falls_due_during_a_sweep_is_left_for_the_next(
    shop: Shopfront, simulator: Simulator
) -> None:
    calls, enough = [], threading.Event()

    def fails(app: Any, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        if len(calls) == 20:
            enough.set()
        raise RuntimeError("not yet")

    shop.connect(payment_succeeded, fails)
    simulator.approve(begin(shop))
    make_due(shop, shop.antom.Payment)
    with shop.app.app_context():
        sweeping.sweep(
            shop.app.extensions["antom"],
            lambda kind: shop.clock.wind(timedelta(hours=2)),  # all is due again
            stopped=enough,
        )
    assert len(calls) == 2  # the inquiry's own delivery, and the sweep's


def test_an_orphan_finds_its_payment_later(
    shop: Shopfront, simulator: Simulator
) -> None:
    request_id = begin(shop)
    fields = {
        "notifyType": "PAYMENT_RESULT",
        "result": {
            "resultCode": "SUCCESS",
            "resultStatus": "S",
            "resultMessage": "success",
        },
        "paymentRequestId": LATE,
        "paymentId": "2026112300000001",
        "paymentAmount": {"value": "4200", "currency": "MYR"},
        "paymentTime": "2026-11-23T12:00:00+08:00",
    }
    body = json.dumps(fields).encode()
    headers = simulator.signed_notification(body, "/antom/notify")
    answer = shop.app.test_client().post("/antom/notify", data=body, headers=headers)
    assert answer.status_code == 404
    summary = shop.sweep()
    assert (summary.orphans, summary.unmatched) == (0, 1)
    assert not summary.needs_a_person
    with shop.app.app_context():
        payment = shop.antom.Payment
        shop.db.session.execute(
            shop.db.update(payment)
            .where(payment.request_id == request_id)
            .values(request_id=LATE)
        )
        shop.db.session.commit()
    make_due(shop, shop.antom.Notification, "_next_attempt_at")
    summary = shop.sweep()
    assert (summary.orphans, summary.unmatched) == (1, 0)
    assert shop.payments()[0].status == "succeeded"
    assert shop.rows(shop.antom.Notification)[0].outcome == "applied"
    assert shop.fulfilled() == 1
    assert shop.sweep().orphans == 0


def test_an_orphan_is_looked_for_ever_more_seldom_and_counted_once(
    offline: OfflineShop,
) -> None:
    offline.answers["inquiryPayment"] = {"result": failed("ORDER_NOT_EXIST")}
    assert offline.notify(capture_notice("P-9")).status_code == 404
    shop, model = offline.shop, offline.shop.antom.Notification
    for hours in (0, 0.25, 23):
        now = datetime.now(UTC)
        received_at = now - timedelta(hours=hours)
        set_columns(shop, model, _next_attempt_at=None, _received_at=received_at)
        offline.calls.clear()
        summaries = [shop.sweep() for _ in range(3)]
        assert [summary.unmatched for summary in summaries] == [1, 1, 1]
        assert [operation for operation, _ in offline.calls] == ["inquiryPayment"]
        (orphan,) = shop.rows(model)
        assert orphan.copies == 1
        pause = (orphan.next_attempt_at - now) / timedelta(hours=1)
        assert pause == pytest.approx(min(max(hours, 1 / 30), 1), rel=0.1)


def test_an_orphan_is_looked_for_until_it_is_a_day_old(offline: OfflineShop) -> None:
    offline.notify(paymentRequestId=LATE)
    set_columns(offline.shop, offline.shop.antom.Notification, _received_at=A_DAY_AGO)
    assert offline.shop.sweep() == SweepSummary()


def test_each_of_many_orphans_is_looked_for(offline: OfflineShop) -> None:
    offline.notify(paymentRequestId=LATE)
    (first,) = offline.shop.rows(offline.shop.antom.Notification)
    columns = {"notify_type", "body", "body_hash", "outcome"}
    row = {name: getattr(first, name) for name in columns}
    with offline.shop.app.app_context():
        for number in range(60):
            copy = offline.shop.antom.Notification(**row, key=f"stranger {number}")
            copy.body = first.body.replace(LATE, f"{number:032x}")
            offline.shop.db.session.add(copy)
        offline.shop.db.session.commit()
    offline.add_payment(LATE)
    summary = offline.shop.sweep()
    assert (summary.orphans, summary.unmatched) == (1, 60)
    assert offline.signals == [("payment_succeeded", LATE)]


def test_a_silent_antom_is_not_asked_about_each_orphan(offline: OfflineShop) -> None:
    for number in range(5):
        offline.notify(capture_notice(f"P-{number}", captureId=f"C-{number}"))
    offline.calls.clear()
    assert offline.shop.sweep().unmatched == 5
    assert len(offline.calls) == 3


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=30), timedelta(9)])
@pytest.mark.parametrize("kind", ["Payment", "Refund"])
def test_what_antom_does_not_tell_is_asked_for_ever_more_seldom(
    offline: OfflineShop, kind: str, age: timedelta
) -> None:
    offline.add_payment(status="processing", payment_id="P-1")
    shop, model = offline.shop, getattr(offline.shop.antom, kind)
    if kind == "Refund":
        with shop.app.app_context():
            row = model(request_id="R", amount=Money(1, "MYR"), status="pending")
            row.payment_ref = shop.payments()[0].id
            shop.db.session.add(row)
            shop.db.session.commit()
    now = datetime.now(UTC)
    set_columns(shop, model, _created_at=now - age, _inquire_at=now)
    for answer in (failed("ACCESS_DENIED"), failed("UNKNOWN") | {"resultStatus": "U"}):
        for operation in ("inquiryPayment", "inquiryRefund"):
            offline.answers[operation] = {"result": answer}
        make_due(shop, model)
        assert shop.sweep().failed == 1
        (row,) = shop.rows(model)
        pause = row.inquire_at - datetime.now(UTC)
        expected = min(max(age, timedelta(minutes=2)), timedelta(hours=1))
        assert pause / expected == pytest.approx(1, rel=0.1)


def test_a_refund_that_stays_pending_is_asked_about_ever_more_seldom(
    shop: Shopfront, simulator: Simulator
) -> None:
    simulator.refunds_in_process = True
    simulator.approve(begin(shop))
    with shop.app.app_context():
        payment = shop.db.session.scalars(shop.db.select(shop.antom.Payment)).one()
        shop.antom.sync(payment)
        shop.antom.refund(payment)
    half_an_hour_ago = datetime.now(UTC) - timedelta(minutes=30)
    set_columns(shop, shop.antom.Refund, _created_at=half_an_hour_ago)
    make_due(shop, shop.antom.Refund)
    assert shop.sweep().refunds == 1
    (refund,) = shop.rows(shop.antom.Refund)
    assert refund.status == "pending"
    pause = refund.inquire_at - datetime.now(UTC)
    assert timedelta(minutes=25) < pause < timedelta(minutes=35)


def test_a_payment_in_review_needs_a_person_until_it_is_given_back(
    offline: OfflineShop,
) -> None:
    offline.add_payment()
    offline.notify(paymentAmount={"value": "1", "currency": "MYR"})
    shop, model = offline.shop, offline.shop.antom.Payment
    assert shop.sweep().in_review == 1
    result = shop.app.test_cli_runner().invoke(args=["antom", "sweep", "--quiet"])
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: Something needs a person: payments in review: 1. See:\n"
        "    flask antom list --status review\n"
    )
    set_columns(shop, model, captured_value=100, refunded_value=99)
    assert shop.sweep().needs_a_person
    set_columns(shop, model, refunded_value=100)
    assert shop.sweep() == SweepSummary()
    set_columns(shop, model, refunded_value=0, _updated_at=A_DAY_AGO)
    assert shop.sweep() == SweepSummary()


def test_a_worker_logs_once_what_needs_a_person(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    shop = offline.shop.app.extensions["antom"]
    said = []
    for looked_at in ((), ("one",), (), ("two", "three"), ()):
        for reference in looked_at:
            offline.add_payment(reference, reference, status="review")
        caplog.clear()
        with offline.shop.app.app_context():
            sweeping.sweep_aloud(shop)
        said.append([r.message for r in caplog.records if r.levelname == "ERROR"])
    sentence = "Something needs a person: payments in review: %d."
    assert said == [[], [sentence % 1], [], [sentence % 3], []]


def test_sweeping_shows_a_summary(shop: Shopfront) -> None:
    result = shop.app.test_cli_runner().invoke(args=["antom", "sweep"])
    assert result.exit_code == 0
    assert "Payments     0" in result.output
    quiet = shop.app.test_cli_runner().invoke(args=["antom", "sweep", "--quiet"])
    assert (quiet.exit_code, quiet.output) == (0, "")


def test_working_sweeps_until_it_is_stopped(
    shop: Shopfront, simulator: Simulator
) -> None:
    simulator.approve(begin(shop))
    make_due(shop, shop.antom.Payment)

    def stop(app: Any, payment: Any, **extra: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    shop.connect(payment_succeeded, stop)
    result = shop.app.test_cli_runner().invoke(args=["antom", "work", "--pause", "0.1"])
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "Stopped.")
    assert shop.fulfilled() == 1


def test_many_sweeps_at_once_do_each_piece_once(
    shop: Shopfront, simulator: Simulator
) -> None:
    simulator.approve(begin(shop))
    make_due(shop, shop.antom.Payment)
    threads = [threading.Thread(target=shop.sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.fulfilled() == 1
    inquiries = [c for c in simulator.calls if c.operation == "inquiryPayment"]
    assert len(inquiries) == 1


def test_one_broken_payment_does_not_stop_the_sweep(shop: Shopfront) -> None:
    begin(shop)
    make_due(shop, shop.antom.Payment)

    def broken(*arguments: Any) -> Reply:
        raise ZeroDivisionError

    with closing(make_shop(shop.settings, send=broken)) as broken_shop:
        summary = broken_shop.sweep()
    assert (summary.payments, summary.failed) == (0, 1)

"""What is finished and old is deleted; payments, refunds and open matters are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom.errors import NotPossible
from flask_antom.signals import payment_succeeded
from flask_antom.store.purge import Purge, Purged
from tests.support.inbox import ACKNOWLEDGEMENT, Inbox

pytestmark = pytest.mark.every_database

ID = "paymentRequestId01"
DAYS_30 = timedelta(days=30)


@pytest.fixture
def inbox(inbox: Inbox) -> Inbox:
    inbox.expect()
    return inbox


def grow_old(inbox: Inbox, days: int = 31) -> None:
    """Let everything have happened so many days ago."""
    db, antom = inbox.shop.db, inbox.shop.antom
    past = datetime.now(UTC) - timedelta(days=days)
    with inbox.shop.app.app_context():
        for statement in (
            db.update(antom.Notification).values(_received_at=past),
            db.update(antom.Event)
            .where(antom.Event._delivered_at.is_not(None))
            .values(_delivered_at=past),
        ):
            db.session.execute(statement)
        db.session.commit()


def purge(inbox: Inbox, older_than: timedelta = DAYS_30, **options: Any) -> Purged:
    with inbox.shop.app.app_context():
        purged: Purged = inbox.shop.antom.purge(older_than, **options)
    return purged


def test_what_is_finished_and_old_is_deleted_and_payments_stay(inbox: Inbox) -> None:
    inbox.notify()
    inbox.notify(notifyType="SOMETHING_ELSE")
    grow_old(inbox, days=29)
    assert purge(inbox) == Purged()
    grow_old(inbox)
    assert purge(inbox, dry_run=True) == Purged(notifications=2, events=1)
    assert purge(inbox) == Purged(notifications=2, events=1)
    assert purge(inbox) == Purged()
    books = inbox.books
    assert (books.notifications, books.events) == ([], [])
    assert books.payments == [(ID, "succeeded", "2020010123456789XXXX")]


def test_a_late_copy_of_what_was_deleted_tells_nobody_anew(inbox: Inbox) -> None:
    inbox.notify()
    grow_old(inbox)
    purge(inbox)
    assert inbox.notify().json == ACKNOWLEDGEMENT
    assert inbox.told == [("payment_succeeded", ID)]
    assert inbox.shop.fulfilled() == 1


def test_what_may_still_matter_stays(inbox: Inbox) -> None:
    def fails(app: Any, payment: Any, **extra: Any) -> None:
        if payment.request_id == "undelivered":
            raise RuntimeError

    inbox.shop.connect(payment_succeeded, fails)
    for reference in ("open", "review", "undelivered"):
        inbox.expect(reference, reference)
    inbox.notify(paymentRequestId="stranger")
    inbox.notify(paymentRequestId="open", notifyType="PAYMENT_PENDING")
    wrong = {"value": "1", "currency": "MYR"}
    inbox.notify(paymentRequestId="review", paymentAmount=wrong)
    inbox.notify(paymentRequestId="undelivered", paymentId="P-3")
    grow_old(inbox, days=400)
    assert purge(inbox) == Purged(notifications=2)
    assert [outcome for _, outcome, _ in inbox.books.notifications] == [
        "orphan",
        "review",
    ]
    assert [(name, told) for name, _, told in inbox.books.events] == [
        ("payment_pending", True),
        ("payment_needs_review", True),
        ("payment_succeeded", False),
    ]


def test_the_events_of_a_refund_go_and_the_refund_stays(inbox: Inbox) -> None:
    refund = {
        "notifyType": "REFUND_RESULT",
        "refundStatus": "SUCCESS",
        "refundRequestId": "R-1",
        "refundId": "D-1",
        "refundAmount": {"value": "100", "currency": "MYR"},
    }
    inbox.notify(**refund)
    assert [name for name, _, _ in inbox.books.events] == ["refund_succeeded"]
    grow_old(inbox)
    assert purge(inbox) == Purged(notifications=1, events=1)
    assert inbox.books.refunds == 1
    assert inbox.notify(**refund).status_code == 200
    assert inbox.books.events == []


def test_thousands_go_in_batches(inbox: Inbox) -> None:
    model = inbox.shop.antom.Notification
    rows = [
        {"key": f"{number}", "notify_type": "T", "body": "{}", "body_hash": ""}
        | {"outcome": "review" if number % 3 == 0 else "applied"}
        for number in range(1000)
    ]
    batches: list[int] = []
    with inbox.shop.app.app_context():
        inbox.shop.db.session.execute(inbox.shop.db.insert(model), rows)
        inbox.shop.db.session.commit()
    grow_old(inbox)
    with inbox.shop.app.app_context():
        purge = inbox.shop.app.extensions["antom"].purge
        in_hundreds = Purge(purge.transactions, purge.models, batch=100)
        assert in_hundreds.run(DAYS_30, batches.append) == Purged(notifications=666)
    assert batches == [100] * 6 + [66]
    assert len(inbox.shop.rows(model)) == 334


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_antom_may_still_repeat_is_not_deleted(
    inbox: Inbox, dry_run: bool
) -> None:
    with pytest.raises(NotPossible, match="older than two days"):
        purge(inbox, timedelta(days=2, seconds=-1), dry_run=dry_run)


def test_the_command_tells_what_it_does(inbox: Inbox) -> None:
    inbox.notify()
    grow_old(inbox)

    def run(*options: str) -> tuple[int, str]:
        runner = inbox.shop.app.test_cli_runner()
        result = runner.invoke(args=["antom", "purge", *options])
        return result.exit_code, result.output

    counted = "Notifications 1\nEvents        1\n"
    assert run("--older-than", "30", "--dry-run") == (
        0,
        f"Would be deleted:\n{counted}",
    )
    assert run("--older-than", "32", "--quiet") == (0, "")
    assert run("--older-than", "30") == (0, f"Deleted:\n{counted}")
    assert inbox.books.events == []
    assert run("--older-than", "1")[0] == run()[0] == 2

"""A purge deletes old, finished rows, and keeps payments, refunds and open matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom.errors import NotPossible
from flask_antom.signals import payment_succeeded
from flask_antom.store.purge import Purge, Purged
from tests.support.offline import ACKNOWLEDGEMENT, OfflineShop

pytestmark = pytest.mark.every_database

ID = "paymentRequestId01"
DAYS_30 = timedelta(days=30)


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


def grow_old(offline: OfflineShop, days: int = 31) -> None:
    """Move everything so many days into the past."""
    db, antom = offline.shop.db, offline.shop.antom
    past = datetime.now(UTC) - timedelta(days=days)
    with offline.shop.app.app_context():
        for statement in (
            db.update(antom.Notification).values(_received_at=past),
            db.update(antom.Event)
            .where(antom.Event._delivered_at.is_not(None))
            .values(_created_at=past, _delivered_at=past),
        ):
            db.session.execute(statement)
        db.session.commit()


def purge(
    offline: OfflineShop, older_than: timedelta = DAYS_30, **options: Any
) -> Purged:
    with offline.shop.app.app_context():
        purged: Purged = offline.shop.antom.purge(older_than, **options)
    return purged


def test_what_is_finished_and_old_is_deleted_and_payments_stay(
    offline: OfflineShop,
) -> None:
    offline.notify()
    offline.notify(notifyType="SOMETHING_ELSE")
    grow_old(offline, days=29)
    assert purge(offline) == Purged()
    grow_old(offline)
    assert purge(offline, dry_run=True) == Purged(notifications=2, events=2)
    assert purge(offline) == Purged(notifications=2, events=2)
    assert purge(offline) == Purged()
    tables = offline.tables
    assert (tables.notifications, tables.events) == ([], [])
    assert tables.payments == [(ID, "succeeded", "2020010123456789XXXX")]


def test_a_late_copy_of_what_was_deleted_tells_nobody_anew(
    offline: OfflineShop,
) -> None:
    offline.notify()
    grow_old(offline)
    purge(offline)
    assert offline.notify().json == ACKNOWLEDGEMENT
    assert offline.signals == [("payment_succeeded", ID)]
    assert offline.shop.fulfilled() == 1


def test_what_may_still_matter_stays(offline: OfflineShop) -> None:
    def fails(app: Any, payment: Any, **extra: Any) -> None:
        if payment.request_id == "undelivered":
            raise RuntimeError

    offline.shop.connect(payment_succeeded, fails)
    for reference in ("open", "review", "undelivered"):
        offline.add_payment(reference, reference)
    offline.notify(paymentRequestId="0123456789abcdef" * 2)
    offline.notify(paymentRequestId="stranger")
    offline.notify(paymentRequestId="open", notifyType="PAYMENT_PENDING")
    wrong = {"value": "1", "currency": "MYR"}
    offline.notify(paymentRequestId="review", paymentAmount=wrong)
    offline.notify(paymentRequestId="undelivered", paymentId="P-3")
    grow_old(offline, days=400)
    assert purge(offline) == Purged(notifications=3)
    assert [outcome for _, outcome, _ in offline.tables.notifications] == [
        "orphan",
        "review",
    ]
    assert [(name, told) for name, _, told in offline.tables.events] == [
        ("payment_pending", True),
        ("payment_needs_review", True),
        ("payment_succeeded", False),
    ]


def test_the_events_of_a_refund_go_and_the_refund_stays(offline: OfflineShop) -> None:
    refund = {
        "notifyType": "REFUND_RESULT",
        "refundStatus": "SUCCESS",
        "refundRequestId": "R-1",
        "refundId": "D-1",
        "refundAmount": {"value": "100", "currency": "MYR"},
    }
    offline.notify()
    offline.notify(**refund)
    assert [name for name, _, _ in offline.tables.events][1:] == ["refund_succeeded"]
    grow_old(offline)
    assert purge(offline) == Purged(notifications=2, events=2)
    assert offline.tables.refunds == 1
    assert offline.notify(**refund).status_code == 200
    assert offline.tables.events == []


def test_thousands_go_in_batches(offline: OfflineShop) -> None:
    model = offline.shop.antom.Notification
    rows = [
        {"key": f"{number}", "notify_type": "T", "body": "{}", "body_hash": ""}
        | {"outcome": "review" if number % 3 == 0 else "applied"}
        for number in range(1000)
    ]
    batches: list[int] = []
    with offline.shop.app.app_context():
        offline.shop.db.session.execute(offline.shop.db.insert(model), rows)
        offline.shop.db.session.commit()
    grow_old(offline)
    with offline.shop.app.app_context():
        purge = offline.shop.app.extensions["antom"].purge
        in_hundreds = Purge(purge.transactions, purge.models, batch=100)
        assert in_hundreds.run(DAYS_30, batches.append) == Purged(notifications=666)
    assert batches == [100] * 6 + [66]
    assert len(offline.shop.rows(model)) == 334


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_antom_may_still_repeat_is_not_deleted(
    offline: OfflineShop, dry_run: bool
) -> None:
    with pytest.raises(NotPossible, match="older than 2 days"):
        purge(offline, timedelta(days=2, seconds=-1), dry_run=dry_run)


def test_the_command_tells_what_it_does(offline: OfflineShop) -> None:
    offline.notify()
    grow_old(offline)

    def run(*options: str) -> tuple[int, str]:
        runner = offline.shop.app.test_cli_runner()
        result = runner.invoke(args=["antom", "purge", *options])
        return result.exit_code, result.output

    counted = "Notifications 1\nEvents        1\n"
    assert run("--older-than", "30", "--dry-run") == (
        0,
        f"Would be deleted:\n{counted}",
    )
    assert run("--older-than", "32", "--quiet") == (0, "")
    assert run("--older-than", "30") == (0, f"Deleted:\n{counted}")
    assert offline.tables.events == []
    assert run("--older-than", "1")[0] == run()[0] == 2

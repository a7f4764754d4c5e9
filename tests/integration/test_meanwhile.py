"""Things that happen between two steps of ours, and those that receivers may do."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom import Money, checkpoints
from flask_antom.domain.records import Claim
from flask_antom.errors import NotPossible
from flask_antom.flows.delivery import tell
from flask_antom.signals import payment_succeeded
from tests.integration.actions import make_refunds_due, refund_notice
from tests.support.offline import (
    GUIDE,
    SESSION,
    OfflineShop,
    capture_notice,
    failed,
    open_offline,
)
from tests.support.receivers import (
    DONE,
    disconnect_all,
    event,
    is_delivered,
    write_row,
    written,
)

pytestmark = pytest.mark.every_database

PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def once() -> Iterator[Callable[[str, Callable[[], object]], None]]:
    """Return a function that has something done once, at a checkpoint."""

    def do_once(name: str, action: Callable[[], object]) -> None:
        def hook(passed: str) -> None:
            if passed == name:
                checkpoints.hook = None
                action()

        checkpoints.hook = hook

    yield do_once
    checkpoints.hook = None


Once = Callable[[str, Callable[[], object]], None]


def operations(offline: OfflineShop, wanted: str) -> list[dict[str, Any]]:
    return [fields for operation, fields in offline.calls if operation == wanted]


def test_a_process_that_ends_after_the_commit_does_not_fulfil_twice(
    offline: OfflineShop, once: Once
) -> None:
    def exit_now() -> None:
        raise SystemExit  # as gunicorn does in a worker that takes too long

    offline.add_payment()
    once("after commit delivery", exit_now)
    with pytest.raises(SystemExit):
        offline.notify()
    assert offline.shop.fulfilled() == 1
    offline.shop.clock.wind(timedelta(hours=2))
    offline.shop.sweep()
    assert offline.shop.fulfilled() == 1


def test_a_refund_that_fails_while_antom_is_asked_is_not_sent_again(
    offline: OfflineShop,
) -> None:
    offline.add_payment()
    offline.notify()
    offline.shop.call("refund", Money(1000, "MYR"))  # Antom is silent
    (refund,) = offline.shop.rows(offline.shop.antom.Refund)
    make_refunds_due(offline.shop)

    def fail_meanwhile() -> dict[str, Any]:
        offline.notify(
            refund_notice(refund.request_id, 1000, result=failed(), refundStatus="FAIL")
        )
        return {"result": failed("REFUND_NOT_EXIST")}

    offline.answers |= {"inquiryRefund": fail_meanwhile, "refund": DONE}
    offline.calls.clear()
    offline.shop.sweep()
    (refund,) = offline.shop.rows(offline.shop.antom.Refund)
    assert operations(offline, "refund") == []
    assert refund.status == "failed"


def test_a_capture_that_ends_meanwhile_is_not_done_again_under_a_new_id(
    offline: OfflineShop, once: Once
) -> None:
    offline.add_payment(
        method="CARD",
        status="authorized",
        payment_id="P-1",
        paid_at=datetime.now(UTC),
        authorized_until=datetime.now(UTC) + timedelta(days=7),
        capture_request_id="first",
        capture_value=1000,
        capture_final=False,
        inquire_at=PAST,
        open_key=None,
    )
    offline.answers |= {
        "inquiryPayment": GUIDE
        | {"paymentStatus": "SUCCESS", "paymentMethodType": "CARD", "paymentId": "P-1"},
        "capture": DONE,
    }
    once(
        "after commit apply",
        lambda: offline.notify(
            capture_notice(
                "P-1",
                captureRequestId="first",
                captureAmount={"value": "1000", "currency": "MYR"},
            )
        ),
    )
    offline.shop.sweep()
    assert operations(offline, "capture") == []
    assert offline.shop.payments()[0].captured == Money(1000, "MYR")


def test_an_attempt_that_is_paid_while_it_is_closed_is_not_cancelled(
    offline: OfflineShop, once: Once
) -> None:
    offline.answers |= {"createPaymentSession": SESSION, "cancel": DONE}
    offline.shop.pay(method="GCASH")
    (payment,) = offline.shop.payments()
    paid = {"paymentRequestId": payment.request_id}
    offline.answers["inquiryPayment"] = GUIDE | paid | {"paymentStatus": "PROCESSING"}
    once("after commit apply", lambda: offline.notify(**paid))
    answer = offline.shop.pay(method="ALIPAY_CN", instead_of=payment.request_id)
    assert operations(offline, "cancel") == []
    assert answer.status_code == 409
    assert [row.status for row in offline.shop.payments()] == ["succeeded"]


def test_an_error_on_a_receivers_own_connection_is_its_own_business(
    offline: OfflineShop, database_kind: str
) -> None:
    if database_kind.startswith("sqlite"):
        pytest.skip("SQLite has one writer: the receiver's connection would wait")

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        write_row(offline, "mine")
        with (
            contextlib.suppress(sa.exc.SQLAlchemyError),
            offline.shop.db.engine.connect() as connection,
        ):
            connection.execute(sa.text("SELECT 1 FROM no_such_table"))

    disconnect_all(offline)
    offline.shop.connect(payment_succeeded, fulfil)
    offline.add_payment()
    assert offline.notify().status_code == 200
    assert is_delivered(offline)
    assert written(offline) == ["mine"]


@pytest.mark.parametrize("error", [KeyError(1213), KeyError("40001"), OSError(1205)])
def test_an_error_of_a_receiver_that_only_looks_like_a_conflict_is_not_tried_at_once(
    offline: OfflineShop, error: Exception
) -> None:
    calls = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment)
        raise error

    disconnect_all(offline)
    offline.shop.connect(payment_succeeded, fulfil)
    offline.add_payment()
    assert offline.notify().status_code == 500
    assert len(calls) == 1


def test_a_success_that_is_found_with_a_lapse_is_told_at_once(
    offline: OfflineShop,
) -> None:
    offline.add_payment(
        method="CARD",
        status="authorized",
        payment_id="P-1",
        paid_at=PAST,
        authorized_until=PAST,
        open_key=None,
    )
    part = {"value": "1000", "currency": "MYR"}
    offline.answers["inquiryPayment"] = GUIDE | {
        "paymentStatus": "SUCCESS",
        "paymentMethodType": "CARD",
        "paymentId": "P-1",
        "transactions": [
            {
                "transactionType": "CAPTURE",
                "transactionStatus": "SUCCESS",
                "transactionId": "C-1",
                "transactionRequestId": "c1",
                "transactionAmount": part,
            }
        ],
    }
    offline.shop.call("sync")
    assert [name for name, _ in offline.signals] == [
        "payment_succeeded",
        "payment_needs_review",
    ]
    assert is_delivered(offline)
    assert event(offline).attempts == 1


def sync_with_flushed_rows(offline: OfflineShop) -> None:
    """Ask Antom, as a host that has flushed rows of its own on the one connection."""
    session = offline.shop.db.session
    with offline.shop.app.app_context():
        payment = session.scalars(sa.select(offline.shop.antom.Payment)).one()
        write_row(offline, "mine")
        session.flush()
        with contextlib.suppress(NotPossible):
            offline.shop.antom.sync(payment)
        session.commit()


def test_our_first_look_at_a_database_in_memory_loses_nothing_that_is_flushed() -> None:
    with open_offline() as offline:
        offline.add_payment()
        sync_with_flushed_rows(offline)
        assert written(offline) == ["mine"]


def test_a_delivery_that_comes_too_late_rolls_nothing_of_others_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two threads share the one connection of a database in memory."""
    is_left, is_taken, is_over = (threading.Event() for _ in range(3))

    def hook(passed: str) -> None:
        if passed == "before commit take":
            is_taken.set()
            is_over.wait(9)

    with open_offline() as offline:
        offline.add_payment()
        state = offline.shop.app.extensions["antom"]
        alone = state.deliveries.alone

        @contextlib.contextmanager
        def leave_and_let_go() -> Iterator[None]:
            with alone():
                yield
            is_left.set()
            is_taken.wait(9)

        def notify() -> None:
            is_left.wait(9)
            offline.notify()

        monkeypatch.setattr(state.deliveries, "alone", leave_and_let_go)
        monkeypatch.setattr(checkpoints, "hook", hook)
        other = threading.Thread(target=notify)
        other.start()
        with offline.shop.app.app_context():
            tell(state, Claim(999, "of a lease that is over"))
        is_over.set()
        other.join()
        assert [status for _, status, _ in offline.tables.payments] == ["succeeded"]

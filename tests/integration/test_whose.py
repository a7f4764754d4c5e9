"""Notifications of payments that the shop does not know: its own, and a stranger's."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.simulator import Simulator
from tests.integration.actions import act, refund_notice
from tests.support.offline import (
    ACKNOWLEDGEMENT,
    GUIDE,
    OfflineShop,
    Tables,
    capture_notice,
    failed,
)
from tests.support.shop import Shopfront

pytestmark = pytest.mark.every_database

OLD = "0123456789abcdef" * 2
MYR = Money(4200, "MYR")


def own_id(offline: OfflineShop) -> str:
    """Make an id of the shop's."""
    return str(offline.shop.app.extensions["antom"].ours.ids.make())


def outcomes(offline: OfflineShop) -> list[tuple[str, int]]:
    return [(outcome, copies) for _, outcome, copies in offline.tables.notifications]


def test_all_ids_that_antom_gets_are_of_the_shops_form(
    shop: Shopfront, simulator: Simulator
) -> None:
    ids = shop.app.extensions["antom"].ours.ids
    request_id = (shop.pay().json or {})["paymentRequestId"]
    simulator.approve(request_id)
    act(shop, "sync")
    shop.call("refund", Money(100, "MYR"))
    (refund,) = shop.rows(shop.antom.Refund)
    assert refund.status == "succeeded"
    for one in (request_id, refund.request_id):
        assert len(one) == 32
        assert one.startswith(ids.prefix)


def test_a_capture_has_an_id_of_the_shops_form(offline: OfflineShop) -> None:
    columns = {"status": "authorized", "payment_id": "P-1", "method": "CARD"}
    offline.add_payment(**columns)
    offline.answers["capture"] = {"result": failed("UNKNOWN") | {"resultStatus": "U"}}
    with pytest.raises(Exception, match="UNKNOWN"):
        offline.shop.call("capture")
    (payment,) = offline.shop.payments()
    prefix = offline.shop.app.extensions["antom"].ours.ids.prefix
    assert payment.capture_request_id.startswith(prefix)


@pytest.mark.parametrize("is_new", [True, False])
def test_an_unknown_payment_of_the_shop_is_looked_for(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture, is_new: bool
) -> None:
    caplog.set_level(logging.INFO)
    request_id = own_id(offline) if is_new else OLD
    for copies in (1, 2):
        assert offline.notify(paymentRequestId=request_id).status_code == 404
        assert outcomes(offline) == [("orphan", copies)]
    assert f"No payment is known for {request_id}" in caplog.text
    assert "After a restore from a backup" in caplog.text
    summary = offline.shop.sweep()
    assert (summary.unmatched, summary.foreign, summary.orphans) == (1, 0, 0)
    assert (summary.failed, summary.trouble) == (0, "")
    assert {record.levelname for record in caplog.records} <= {"INFO", "DEBUG"}

    offline.add_payment(request_id)
    make_due(offline)
    assert offline.shop.sweep().orphans == 1
    assert offline.signals == [("payment_succeeded", request_id)]
    assert outcomes(offline) == [("applied", 2)]


def make_due(offline: OfflineShop) -> None:
    antom, db = offline.shop.antom, offline.shop.db
    with offline.shop.app.app_context():
        db.session.execute(db.update(antom.Notification).values(_next_attempt_at=None))
        db.session.commit()


STRANGERS: dict[str, dict[str, Any]] = {
    "payment": GUIDE | {"paymentRequestId": "fx00000000" + "0" * 22},
    "failed payment": GUIDE | {"paymentRequestId": "A-1-of-them", "result": failed()},
    "pending payment": GUIDE
    | {"paymentRequestId": "their-1", "notifyType": "PAYMENT_PENDING"},
    "refund": refund_notice("their-refund", 4200),
    "failed refund": refund_notice(
        "their-refund", 4200, refundStatus="FAIL", result=failed()
    ),
    "refund that contradicts itself": refund_notice("R-9", 4200, refundStatus="FAIL"),
}


@pytest.mark.parametrize("what", STRANGERS)
def test_what_is_not_the_shops_is_kept_apart_and_never_signalled(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    offline.add_payment()
    caplog.set_level(logging.INFO)
    message = STRANGERS[what]
    for copies in (1, 2):
        answer = offline.notify(message)
        assert answer.status_code == 404
        assert (answer.json or {})["code"] == "payment_not_found"
        assert offline.tables == Tables(
            payments=[("paymentRequestId01", "created", None)],
            notifications=[(message["notifyType"], "foreign", copies)],
        )
    calls = list(offline.calls)
    for _ in range(2):
        summary = offline.shop.sweep()
        assert (summary.unmatched, summary.foreign, summary.orphans) == (0, 1, 0)
        assert (summary.failed, summary.trouble) == (0, "")
    assert offline.calls == calls
    assert offline.signals == []
    assert {record.levelname for record in caplog.records} <= {"INFO", "DEBUG"}


def test_the_command_does_not_fail_for_unknown_payments(offline: OfflineShop) -> None:
    offline.notify(paymentRequestId="stranger")
    offline.notify(paymentRequestId=OLD)
    result = offline.shop.app.test_cli_runner().invoke(args=["antom", "sweep"])
    assert result.exit_code == 0
    assert "Unmatched    1" in result.output
    assert "Foreign      1" in result.output


def test_a_foreign_notification_is_counted_for_a_day(offline: OfflineShop) -> None:
    offline.notify(paymentRequestId="stranger")
    antom, db = offline.shop.antom, offline.shop.db
    with offline.shop.app.app_context():
        past = datetime.now(UTC) - timedelta(days=1)
        db.session.execute(db.update(antom.Notification).values(_received_at=past))
        db.session.commit()
    assert offline.shop.sweep().foreign == 0


def test_a_repeat_of_a_foreign_notification_applies_once_its_payment_is_there(
    offline: OfflineShop,
) -> None:
    assert offline.notify(paymentRequestId="by hand").status_code == 404
    offline.add_payment("by hand")
    answer = offline.notify(paymentRequestId="by hand")
    assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
    assert offline.signals == [("payment_succeeded", "by hand")]
    assert outcomes(offline) == [("applied", 2)]


@pytest.mark.parametrize("refusal", [True, False])
def test_a_capture_that_nobody_can_place_makes_no_noise(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture, refusal: bool
) -> None:
    """Antom names the payment of a stranger, or knows none."""
    caplog.set_level(logging.INFO)
    answer: dict[str, Any] = {"result": failed("ORDER_NOT_EXIST")}
    if not refusal:
        answer = {
            "result": GUIDE["result"],
            "paymentStatus": "SUCCESS",
            "paymentRequestId": "stranger",
            "paymentId": "P-9",
            "paymentAmount": GUIDE["paymentAmount"],
        }
    offline.answers["inquiryPayment"] = answer
    assert offline.notify(capture_notice("P-9")).status_code == 404
    assert outcomes(offline) == [("orphan" if refusal else "foreign", 1)]
    summary = offline.shop.sweep()
    assert (summary.failed, summary.trouble) == (0, "")
    assert {record.levelname for record in caplog.records} <= {"INFO", "DEBUG"}


def test_a_sweep_finds_out_that_a_capture_is_foreign(offline: OfflineShop) -> None:
    assert offline.notify(capture_notice("P-9")).status_code == 404
    assert outcomes(offline) == [("orphan", 1)]
    offline.answers["inquiryPayment"] = {
        "result": GUIDE["result"],
        "paymentStatus": "SUCCESS",
        "paymentRequestId": "stranger",
        "paymentId": "P-9",
        "paymentAmount": GUIDE["paymentAmount"],
    }
    summary = offline.shop.sweep()
    assert (summary.orphans, summary.unmatched, summary.foreign) == (0, 0, 1)
    assert outcomes(offline) == [("foreign", 1)]
    offline.calls.clear()
    make_due(offline)
    assert offline.shop.sweep().foreign == 1
    assert offline.calls == []


def test_a_refund_of_the_shops_is_an_orphan_until_its_payment_is_there(
    offline: OfflineShop,
) -> None:
    """A restored database has lost the refund. The payment's inquiry names it."""
    offline.add_payment()
    offline.notify(paymentId="P-1")
    request_id = own_id(offline)
    notice = refund_notice(request_id, 700)
    assert offline.notify(notice).status_code == 404
    assert outcomes(offline)[1:] == [("orphan", 1)]
    assert offline.tables.refunds == 0
    assert offline.shop.sweep().unmatched == 1
    offline.answers["inquiryPayment"] = {
        "result": GUIDE["result"],
        "paymentStatus": "SUCCESS",
        "paymentRequestId": "paymentRequestId01",
        "paymentId": "P-1",
        "paymentAmount": GUIDE["paymentAmount"],
        "transactions": [
            {
                "transactionType": "REFUND",
                "transactionStatus": "SUCCESS",
                "transactionId": "D-1",
                "transactionRequestId": request_id,
                "transactionAmount": {"value": "700", "currency": "MYR"},
            }
        ],
    }
    act(offline.shop, "sync")
    make_due(offline)
    summary = offline.shop.sweep()
    assert (summary.orphans, summary.unmatched) == (1, 0)
    assert outcomes(offline)[1:] == [("applied", 1)]
    assert [name for name, _ in offline.signals] == [
        "payment_succeeded",
        "refund_succeeded",
    ]
    assert offline.recorded[1][1]["payment"].request_id == "paymentRequestId01"
    assert offline.shop.payments()[0].refunded == Money(700, "MYR")
    assert offline.tables.refunds == 1


def test_a_refund_that_an_inquiry_named_is_found_by_antoms_id(
    offline: OfflineShop,
) -> None:
    columns: dict[str, Any] = {"status": "succeeded", "captured": MYR}
    offline.add_payment(payment_id="P-1", **columns)
    antom, db = offline.shop.antom, offline.shop.db
    (payment,) = offline.shop.payments()
    with offline.shop.app.app_context():
        row = antom.Refund(
            request_id="D-1",
            refund_id="D-1",
            payment_ref=payment.id,
            payment_id="P-1",
            amount=Money(700, "MYR"),
            status="succeeded",
        )
        db.session.add(row)
        db.session.commit()
    notice = refund_notice("dashboard1", 700, refundId="D-1")
    assert offline.notify(notice).status_code == 200
    assert offline.tables.refunds == 1
    assert offline.shop.payments()[0].refunded == Money(700, "MYR")

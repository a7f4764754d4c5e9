"""Antom reports another refund than was asked: both figures are kept."""

from __future__ import annotations

from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import NotPossible
from tests.integration.actions import (
    act,
    make_refunds_due,
    refund,
    refund_notice,
    refunds,
    review_reasons,
)
from tests.support.gateways import SUCCESS
from tests.support.offline import GUIDE, OfflineShop, capture_notice

pytestmark = pytest.mark.every_database

PAYMENT_ID = GUIDE["paymentId"]
IN_PROCESS = {"resultCode": "REFUND_IN_PROCESS", "resultStatus": "U"}
REASON = ["refund_mismatch 2026112300000002"]


@pytest.fixture
def paid(offline: OfflineShop) -> OfflineShop:
    """A paid payment of 42.00 MYR."""
    offline.add_payment()
    offline.notify()
    return offline


def ask_for(offline: OfflineShop, value: int, *, is_done: bool = False) -> str:
    """Ask for a refund; returns its request id."""
    result = SUCCESS if is_done else IN_PROCESS
    offline.answers["refund"] = {"result": result}
    refund(offline.shop, value)
    return str(offline.shop.rows(offline.shop.antom.Refund)[-1].request_id)


def left(offline: OfflineShop) -> int:
    """Return how much can still be refunded, in minor units."""
    offline.answers["refund"] = {"result": SUCCESS}
    with pytest.raises(NotPossible) as caught:
        refund(offline.shop, 4201, again=True)
    return int(str(caught.value).split()[1].replace(".", ""))


@pytest.mark.parametrize(
    ("reported", "refunded", "is_left"),
    [
        (500, 1000, 3200),
        (1200, 1200, 3000),
        (4199, 4199, 1),
        (4200, 1000, 0),
        (999900, 1000, 0),
        (10**16 - 1, 1000, 0),
    ],
)
@pytest.mark.parametrize("is_done", [False, True])
def test_both_figures_are_kept_and_the_larger_counts(
    paid: OfflineShop, reported: int, refunded: int, is_left: int, is_done: bool
) -> None:
    request_id = ask_for(paid, 1000, is_done=is_done)
    for _ in range(2):
        assert paid.notify(refund_notice(request_id, reported)).status_code == 200
    (row,) = paid.shop.rows(paid.shop.antom.Refund)
    assert (row.status, row.amount_value, row.reported_value) == (
        "succeeded",
        1000,
        reported,
    )
    (payment,) = paid.shop.payments()
    assert (payment.status, payment.refunded.value) == ("succeeded", refunded)
    assert not payment.is_given_back
    assert review_reasons(paid.shop) == REASON
    assert [name for name, _ in paid.signals].count("refund_succeeded") == 1
    assert left(paid) == is_left
    assert paid.shop.pay().status_code == 409


def test_a_full_refund_that_is_reported_as_a_part_gives_nothing_free(
    paid: OfflineShop,
) -> None:
    request_id = ask_for(paid, 4200)
    paid.notify(refund_notice(request_id, 1000))
    (payment,) = paid.shop.payments()
    assert (payment.refunded.value, payment.is_given_back) == (1000, False)
    assert left(paid) == 0
    assert paid.shop.pay().status_code == 409


@pytest.mark.parametrize("currency", ["USD", "XXX"])
def test_another_currency_is_for_a_person(paid: OfflineShop, currency: str) -> None:
    request_id = ask_for(paid, 1000)
    amount = {"value": "1000", "currency": currency}
    paid.notify(refund_notice(request_id, 1000, refundAmount=amount))
    (row,) = paid.shop.rows(paid.shop.antom.Refund)
    assert (row.status, row.amount, row.reported_value) == (
        "succeeded",
        Money(1000, "MYR"),
        None,
    )
    assert review_reasons(paid.shop) == REASON
    assert paid.shop.payments()[0].refunded.value == 1000


@pytest.mark.parametrize("way", ["call", "refund inquiry", "payment inquiry"])
def test_an_answer_of_another_amount_is_for_a_person(
    paid: OfflineShop, way: str
) -> None:
    reported = {"value": "1500", "currency": "MYR"}
    answer: dict[str, Any] = {
        "result": SUCCESS,
        "refundId": "2026112300000002",
        "refundAmount": reported,
    }
    if way == "call":
        paid.answers["refund"] = answer
        refund(paid.shop, 1000)
    elif way == "refund inquiry":
        request_id = ask_for(paid, 1000)
        answer |= {"refundStatus": "SUCCESS", "refundRequestId": request_id}
        paid.answers["inquiryRefund"] = answer
        make_refunds_due(paid.shop)
        assert paid.shop.sweep().refunds == 1
    else:
        request_id = ask_for(paid, 1000)
        paid.answers["inquiryPayment"] = listing(
            [(request_id, "2026112300000002", 1500)]
        )
        act(paid.shop, "sync")
    (row,) = paid.shop.rows(paid.shop.antom.Refund)
    assert (row.status, row.amount_value, row.reported_value) == (
        "succeeded",
        1000,
        1500,
    )
    assert review_reasons(paid.shop) == REASON
    assert paid.shop.payments()[0].refunded.value == 1500


def listing(made: list[tuple[str, str, int]]) -> dict[str, Any]:
    """Return an inquiry's answer that lists refunds: our id, Antom's, minor units."""
    return {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentRequestId": GUIDE["paymentRequestId"],
        "paymentId": PAYMENT_ID,
        "paymentAmount": GUIDE["paymentAmount"],
        "transactions": [
            {
                "transactionType": "REFUND",
                "transactionStatus": "SUCCESS",
                "transactionRequestId": request_id,
                "transactionId": refund_id,
                "transactionAmount": {"value": str(value), "currency": "MYR"},
            }
            for request_id, refund_id, value in made
        ],
    }


def test_one_mismatch_does_not_hide_an_honest_refund(paid: OfflineShop) -> None:
    wrong, right = ask_for(paid, 1000), ask_for(paid, 3200)
    paid.notify(refund_notice(wrong, 1200))
    paid.notify(refund_notice(right, 3200, refundId="D-2"))
    (payment,) = paid.shop.payments()
    assert (payment.refunded.value, payment.is_given_back) == (4200, True)
    assert refunds(paid.shop) == [("succeeded", 1000), ("succeeded", 3200)]


@pytest.mark.parametrize("value", [4201, 999900])
def test_a_refund_made_elsewhere_of_more_than_came_is_for_a_person(
    paid: OfflineShop, value: int
) -> None:
    paid.answers["inquiryPayment"] = listing([("dashboard1", "D-1", value)])
    act(paid.shop, "sync")
    (payment,) = paid.shop.payments()
    assert (payment.refunded.value, payment.is_given_back) == (0, False)
    assert review_reasons(paid.shop) == ["refund_mismatch D-1"]
    assert left(paid) == 0
    assert paid.shop.pay().status_code == 409


def test_refunds_that_exceed_the_payment_together_are_for_a_person(
    paid: OfflineShop,
) -> None:
    made = [("dashboard1", "D-1", 3000), ("dashboard2", "D-2", 3000)]
    paid.answers["inquiryPayment"] = listing(made)
    act(paid.shop, "sync")
    assert review_reasons(paid.shop) == ["refund_mismatch D-2"]
    assert paid.shop.payments()[0].refunded.value == 4200


def test_a_refund_made_elsewhere_that_is_reported_twice_keeps_both_figures(
    paid: OfflineShop,
) -> None:
    unknown = refund_notice("dashboard1", 900, refundId="D-1")
    assert paid.notify(unknown).status_code == 404  # its payment is not known yet
    paid.answers["inquiryPayment"] = listing([("dashboard1", "D-1", 700)])
    act(paid.shop, "sync")
    assert review_reasons(paid.shop) == []
    assert paid.notify(unknown).status_code == 200
    (row,) = paid.shop.rows(paid.shop.antom.Refund)
    assert (row.amount_value, row.reported_value) == (700, 900)
    assert review_reasons(paid.shop) == ["refund_mismatch D-1"]
    assert paid.shop.payments()[0].refunded.value == 900


@pytest.mark.parametrize("reported", [1000, 1])
def test_a_failed_refund_of_another_amount_is_no_mismatch(
    paid: OfflineShop, reported: int
) -> None:
    request_id = ask_for(paid, 1000)
    result = {"resultCode": "PROCESS_FAIL", "resultStatus": "F"}
    notice = refund_notice(request_id, reported, refundStatus="FAIL", result=result)
    paid.notify(notice)
    assert refunds(paid.shop) == [("failed", 1000)]
    assert review_reasons(paid.shop) == []
    assert left(paid) == 4200


def test_a_capture_has_left_what_the_larger_figure_leaves(
    offline: OfflineShop,
) -> None:
    offline.add_payment(method="CARD")
    offline.notify()
    for name, value in (("C1", "3000"), ("C2", "1200")):
        amount = {"value": value, "currency": "MYR"}
        notice = capture_notice(PAYMENT_ID, captureId=name, captureAmount=amount)
        offline.notify(notice)
    request_id = ask_for(offline, 1000)
    offline.notify(refund_notice(request_id, 1200))
    ask_for(offline, 200)
    rows = offline.shop.rows(offline.shop.antom.Refund)
    assert [row.capture_id for row in rows] == ["C2", "C1"]

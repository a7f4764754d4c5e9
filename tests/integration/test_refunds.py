"""The shop gives money back: reserved first, never more than was paid."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import NotPossible, Refused
from flask_antom.signals import refund_failed, refund_succeeded
from flask_antom.simulator import Simulator
from tests.integration.actions import (
    act,
    make_refunds_due,
    post_notice,
    refund,
    refund_notice,
    refunds,
)
from tests.support.gateways import SUCCESS
from tests.support.offline import OfflineShop
from tests.support.shop import Shopfront

pytestmark = pytest.mark.every_database

IN_PROCESS = {"resultCode": "REFUND_IN_PROCESS", "resultStatus": "U"}


@pytest.fixture
def paid(shop: Shopfront, simulator: Simulator) -> str:
    """A paid payment of 42.00 MYR; gives its request id."""
    answer = shop.pay().json or {}
    simulator.approve(answer["paymentRequestId"])
    act(shop, "sync")
    return str(answer["paymentRequestId"])


@pytest.fixture
def told(shop: Shopfront) -> list[str]:
    """The signals about refunds, in the order of their coming."""
    told: list[str] = []
    for name, sent in (("succeeded", refund_succeeded), ("failed", refund_failed)):

        def receive(app: Any, name: str = name, **about: Any) -> None:
            told.append(f"{name} {about['refund'].amount}")

        shop.connect(sent, receive)
    return told


def in_antoms_books(simulator: Simulator, request_id: str) -> Money:
    refunded: Money = simulator.accounts()[request_id].refunded
    return refunded


def test_all_is_given_back(
    shop: Shopfront, simulator: Simulator, paid: str, told: list[str]
) -> None:
    refund(shop)
    (payment,) = shop.payments()
    assert payment.refunded == payment.captured == Money(4200, "MYR")
    assert payment.status == "succeeded"
    assert refunds(shop) == [("succeeded", 4200)]
    assert told == ["succeeded 42.00 MYR"]
    assert in_antoms_books(simulator, paid) == Money(4200, "MYR")


def test_parts_are_given_back_up_to_the_whole(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    refund(shop, 1000, reason="one mug broke")
    refund(shop, 2000)
    with pytest.raises(NotPossible, match=r"12\.00 MYR .* left to refund"):
        refund(shop, 1201)
    refund(shop)
    with pytest.raises(NotPossible, match=r"0\.00 MYR"):
        refund(shop, again=True)
    assert [amount for _, amount in refunds(shop)] == [1000, 2000, 1200]
    assert in_antoms_books(simulator, paid) == Money(4200, "MYR")


def test_only_a_paid_order_is_refunded(shop: Shopfront) -> None:
    shop.pay()
    with pytest.raises(NotPossible, match="created"):
        refund(shop)
    assert refunds(shop) == []


def test_another_currency_is_refused(shop: Shopfront, paid: str) -> None:
    with pytest.raises(NotPossible, match="in MYR, and the amount in USD"):
        act(shop, "refund", Money(100, "USD"))
    assert refunds(shop) == []


def test_a_long_reason_is_refused(shop: Shopfront, paid: str) -> None:
    with pytest.raises(NotPossible, match="256"):
        refund(shop, reason="x" * 257)


def test_a_refusal_frees_the_amount(
    shop: Shopfront, simulator: Simulator, paid: str, told: list[str]
) -> None:
    simulator.faults.next("refund", ("result", "MERCHANT_BALANCE_NOT_ENOUGH", "F"))
    with pytest.raises(Refused, match="MERCHANT_BALANCE_NOT_ENOUGH"):
        refund(shop)
    assert refunds(shop) == [("failed", 4200)]
    assert told == ["failed 42.00 MYR"]
    refund(shop)
    assert refunds(shop) == [("failed", 4200), ("succeeded", 4200)]


def test_a_refund_in_process_is_neither_success_nor_failure(
    shop: Shopfront, simulator: Simulator, paid: str, told: list[str]
) -> None:
    simulator.refunds_in_process = True
    refund(shop, 3000)
    assert refunds(shop) == [("pending", 3000)]
    assert told == []
    with pytest.raises(NotPossible, match=r"12\.00 MYR"):
        refund(shop, 2000)
    simulator.finish_refund(shop.rows(shop.antom.Refund)[0].request_id)
    make_refunds_due(shop)
    assert shop.sweep().refunds == 1
    assert refunds(shop) == [("succeeded", 3000)]
    assert told == ["succeeded 30.00 MYR"]
    assert shop.payments()[0].refunded == Money(3000, "MYR")


def test_a_refund_in_process_may_fail(
    shop: Shopfront, simulator: Simulator, paid: str, told: list[str]
) -> None:
    simulator.refunds_in_process = True
    refund(shop)
    simulator.fail_refund(shop.rows(shop.antom.Refund)[0].request_id)
    make_refunds_due(shop)
    shop.sweep()
    assert refunds(shop) == [("failed", 4200)]
    assert told == ["failed 42.00 MYR"]
    assert shop.payments()[0].refunded == Money(0, "MYR")


@pytest.mark.parametrize("fault", ["lost-answer", "reset", "bad-signature"])
def test_an_unknown_outcome_holds_the_amount_and_is_asked_about(
    shop: Shopfront, simulator: Simulator, paid: str, fault: str
) -> None:
    simulator.faults.next("refund", fault, times=99)
    refund(shop)
    assert refunds(shop) == [("pending", 4200)]
    with pytest.raises(NotPossible):
        refund(shop, 1)
    simulator.faults.clear()
    make_refunds_due(shop)
    assert shop.sweep().refunds == 1
    assert refunds(shop) == [("succeeded", 4200)]
    assert in_antoms_books(simulator, paid) == Money(4200, "MYR")
    ids = {call.request_id for call in simulator.calls if call.operation == "refund"}
    assert len(ids - {None}) <= 1


def test_two_refunds_at_once_never_exceed_the_payment(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    outcomes: list[str] = []

    def work() -> None:
        try:
            refund(shop, 3000, again=True)
        except NotPossible:
            outcomes.append("refused")
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused", "refused", "refused"]
    assert in_antoms_books(simulator, paid) == Money(3000, "MYR")


def test_a_refund_made_in_the_dashboard_is_found_by_an_inquiry(
    shop: Shopfront, simulator: Simulator, paid: str, told: list[str]
) -> None:
    simulator.refund_in_dashboard(paid, Money(1500, "MYR"))
    act(shop, "sync")
    act(shop, "sync")
    assert refunds(shop) == [("succeeded", 1500)]
    assert told == ["succeeded 15.00 MYR"]
    assert shop.payments()[0].refunded == Money(1500, "MYR")
    with pytest.raises(NotPossible, match=r"27\.00 MYR"):
        refund(shop, 2701)


def test_a_reported_refund_counts_once_its_payment_is_named(
    shop: Shopfront, simulator: Simulator, paid: str, told: list[str]
) -> None:
    request_id = simulator.refund_in_dashboard(paid, Money(700, "MYR"))
    for _ in range(2):
        assert post_notice(shop, simulator, refund_notice(request_id, 700)) == 404
    assert (refunds(shop), told) == ([], [])
    act(shop, "sync")
    assert post_notice(shop, simulator, refund_notice(request_id, 700)) == 200
    assert refunds(shop) == [("succeeded", 700)]
    assert shop.payments()[0].refunded == Money(700, "MYR")
    assert told == ["succeeded 7.00 MYR"]


@pytest.mark.parametrize("word", ["SUCCESS", "FAIL"])
def test_a_notice_of_a_refund_that_contradicts_itself_makes_us_ask(
    shop: Shopfront, simulator: Simulator, paid: str, told: list[str], word: str
) -> None:
    simulator.refunds_in_process = True
    refund(shop, 700)
    (row,) = shop.rows(shop.antom.Refund)
    result = {"resultCode": "X", "resultStatus": "F" if word == "SUCCESS" else "S"}
    notice = refund_notice(row.request_id, 700, refundStatus=word, result=result)
    assert post_notice(shop, simulator, notice) == 200
    assert (refunds(shop), told) == ([("pending", 700)], [])
    simulator.finish_refund(row.request_id)
    assert shop.sweep().refunds == 1
    assert (refunds(shop), told) == ([("succeeded", 700)], ["succeeded 7.00 MYR"])


def test_a_notice_that_contradicts_itself_makes_no_refund(
    shop: Shopfront, simulator: Simulator, paid: str, told: list[str]
) -> None:
    assert (
        post_notice(shop, simulator, refund_notice("R", 700, refundStatus="FAIL"))
        == 404
    )
    assert (refunds(shop), told) == ([], [])


def nameless(shop: Shopfront, value: int) -> dict[str, Any]:
    """Write an inquiry's answer that names a refund by Antom's id alone."""
    (payment,) = shop.payments()
    return {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentRequestId": payment.request_id,
        "paymentId": payment.payment_id,
        "paymentAmount": {"value": "4200", "currency": "MYR"},
        "transactions": [
            {
                "transactionType": "REFUND",
                "transactionStatus": "SUCCESS",
                "transactionId": "D-1",
                "transactionAmount": {"value": str(value), "currency": "MYR"},
            }
        ],
    }


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_refund_of_ours_that_comes_back_without_our_id_counts_once(
    offline: OfflineShop, is_answered: bool
) -> None:
    shop = offline.shop
    offline.add_payment()
    offline.notify()
    offline.answers["refund"] = {"result": SUCCESS if is_answered else IN_PROCESS}
    refund(shop, 1000)
    offline.answers["inquiryPayment"] = nameless(shop, 1000)
    act(shop, "sync")
    (row,) = shop.rows(shop.antom.Refund)
    offline.notify(refund_notice(row.request_id, 1000, refundId="D-1"))
    act(shop, "sync")
    assert refunds(shop) == [("succeeded", 1000)]
    assert shop.payments()[0].refunded == Money(1000, "MYR")


def test_a_refund_made_elsewhere_is_known_again_by_antoms_id(
    offline: OfflineShop,
) -> None:
    shop = offline.shop
    offline.add_payment()
    offline.notify()
    offline.answers["inquiryPayment"] = nameless(shop, 1000)
    act(shop, "sync")
    offline.notify(refund_notice("dashboard1", 1000, refundId="D-1"))
    assert refunds(shop) == [("succeeded", 1000)]
    assert shop.payments()[0].refunded == Money(1000, "MYR")


def test_a_refunded_order_may_be_paid_again(shop: Shopfront, paid: str) -> None:
    assert shop.pay().status_code == 409
    refund(shop, 1000)
    assert shop.pay().status_code == 409
    refund(shop)
    assert shop.pay().status_code == 201


def test_a_refunded_order_that_was_paid_again_in_its_session_is_not_paid_twice(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    refund(shop)
    simulator.clock.advance(minutes=1)
    simulator.approve(paid)  # its notification is lost
    assert shop.pay().status_code == 409
    assert shop.payments()[0].refunded == Money(0, "MYR")


def test_a_silent_refund_does_not_raise_but_a_silent_sweep_counts(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    simulator.faults.next("refund", "reset", times=99)
    simulator.faults.next("inquiryRefund", "reset", times=99)
    refund(shop)
    make_refunds_due(shop)
    summary = shop.sweep()
    assert (summary.refunds, summary.failed) == (0, 1)
    assert refunds(shop) == [("pending", 4200)]

"""Cards: authorized first, then captured, by Antom or by the shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import NotPossible, OutcomeUnknown, Refused
from flask_antom.simulator import Simulator
from tests.integration.actions import (
    act,
    capture,
    make_due,
    post_notice,
    refund,
    refunds,
    review_reasons,
)
from tests.support.gateways import SUCCESS
from tests.support.offline import GUIDE, OfflineShop, capture_notice
from tests.support.shop import Shopfront, capture_by_hand

pytestmark = pytest.mark.every_database


@pytest.fixture
def authorized(shop: Shopfront, simulator: Simulator) -> str:
    """A card payment that waits for the shop to capture it."""
    shop.antom.session_request(capture_by_hand)
    answer = shop.pay(method="CARD").json or {}
    simulator.approve(answer["paymentRequestId"])
    act(shop, "sync")
    assert shop.payments()[0].status == "authorized"
    return str(answer["paymentRequestId"])


def notices(simulator: Simulator, request_id: str) -> list[dict[str, Any]]:
    """Return the bodies of Antom's notifications about a payment, oldest first."""
    return [note.body for note in simulator.payment(request_id).notifications]


def test_antom_captures_by_itself(shop: Shopfront, simulator: Simulator) -> None:
    answer = shop.pay(method="CARD").json or {}
    simulator.approve(answer["paymentRequestId"])
    act(shop, "sync")
    assert shop.payments()[0].status == "authorized"
    assert shop.fulfilled() == 0
    simulator.clock.advance(seconds=3)
    act(shop, "sync")
    (payment,) = shop.payments()
    assert (payment.status, payment.captured) == ("succeeded", Money(4200, "MYR"))
    assert shop.fulfilled() == 1


def test_the_shop_captures_all(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop)
    (payment,) = shop.payments()
    assert (payment.status, payment.captured) == ("succeeded", Money(4200, "MYR"))
    assert payment.capture_request_id is None
    assert shop.fulfilled() == 1
    assert simulator.accounts()[authorized].captured == Money(4200, "MYR")


def test_a_part_is_captured_and_the_rest_released(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 3000)
    assert shop.payments()[0].captured == Money(3000, "MYR")
    assert simulator.accounts()[authorized].captured == Money(3000, "MYR")
    with pytest.raises(Refused):
        capture(shop, 1200)
    assert shop.payments()[0].status == "succeeded"
    with pytest.raises(NotPossible, match=r"30\.00 MYR"):
        refund(shop, 3001)
    refund(shop)
    assert refunds(shop) == [("succeeded", 3000)]


def test_several_parts_are_captured(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 1000, final=False)
    capture(shop, 2000, final=False)
    capture(shop)
    assert shop.payments()[0].captured == Money(4200, "MYR")
    assert simulator.accounts()[authorized].captured == Money(4200, "MYR")
    assert shop.fulfilled() == 1
    act(shop, "sync")
    assert shop.payments()[0].captured == Money(4200, "MYR")


def test_each_part_is_refunded_by_itself(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 1000, final=False)
    capture(shop, 3200)
    with pytest.raises(NotPossible, match=r"at most 32\.00 MYR at once"):
        refund(shop)
    refund(shop, 900)
    refund(shop, 3200)
    refund(shop)
    assert [amount for _, amount in refunds(shop)] == [900, 3200, 100]
    assert simulator.accounts()[authorized].refunded == Money(4200, "MYR")


def test_what_was_given_back_of_the_only_capture_is_not_given_back_of_it_again(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 1000, final=False)
    refund(shop)
    capture(shop, 1500, final=False)
    refund(shop, 1000, again=True)
    assert refunds(shop) == [("succeeded", 1000), ("succeeded", 1000)]
    assert simulator.refused_calls == []


def test_more_than_authorized_is_not_captured(shop: Shopfront, authorized: str) -> None:
    with pytest.raises(NotPossible, match=r"42\.00 MYR"):
        capture(shop, 4201)


def test_only_an_authorized_payment_is_captured(
    shop: Shopfront, simulator: Simulator
) -> None:
    answer = shop.pay().json or {}
    with pytest.raises(NotPossible, match="authorized"):
        capture(shop)
    simulator.approve(answer["paymentRequestId"])
    act(shop, "sync")
    with pytest.raises(NotPossible, match="authorized"):
        capture(shop)


@pytest.mark.parametrize("fault", ["lost-answer", "reset"])
def test_an_unknown_capture_is_done_again_with_its_own_id(
    shop: Shopfront, simulator: Simulator, authorized: str, fault: str
) -> None:
    simulator.faults.next("capture", fault, times=99)
    with pytest.raises(OutcomeUnknown):
        capture(shop, 3000)
    with pytest.raises(NotPossible, match="under way"):
        capture(shop, 4200)
    simulator.faults.clear()
    make_due(shop)
    shop.sweep()
    (payment,) = shop.payments()
    assert (payment.status, payment.captured) == ("succeeded", Money(3000, "MYR"))
    assert payment.capture_request_id is None
    assert simulator.accounts()[authorized].captured == Money(3000, "MYR")
    assert shop.fulfilled() == 1


def test_a_refused_capture_is_for_a_person_and_may_be_tried_anew(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    simulator.faults.next("capture", ("result", "PROCESS_FAIL", "F"))
    with pytest.raises(Refused, match="PROCESS_FAIL"):
        capture(shop)
    assert shop.payments()[0].status == "authorized"
    names = [event.name for event in shop.rows(shop.antom.Event)]
    assert names == ["payment_authorized", "payment_needs_review"]
    capture(shop)
    assert shop.payments()[0].status == "succeeded"


def test_an_authorization_that_lapsed_ends_the_payment(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    simulator.clock.advance(minutes=60 * 24 * 8)
    with pytest.raises(Refused, match="AUTH_EXPIRED"):
        capture(shop)
    assert shop.payments()[0].status == "cancelled"
    assert shop.fulfilled() == 0


def test_a_lapsed_authorization_is_found_by_the_sweep(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    simulator.clock.advance(minutes=60 * 24 * 8)
    act(shop, "sync")
    assert shop.payments()[0].status == "cancelled"


def test_cancel_releases_an_authorization(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    act(shop, "cancel")
    assert shop.payments()[0].status == "cancelled"
    assert simulator.payment(authorized).status == "CANCELLED"


def test_a_part_that_the_sweep_captures_leaves_the_rest_authorized(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    simulator.faults.next("capture", "reset", times=99)
    with pytest.raises(OutcomeUnknown):
        capture(shop, 1000, final=False)
    with pytest.raises(NotPossible, match="final"):
        capture(shop, 1000)
    simulator.faults.clear()
    make_due(shop)
    shop.sweep()
    assert shop.payments()[0].captured == Money(1000, "MYR")
    capture(shop, 3200)
    assert simulator.accounts()[authorized].captured == Money(4200, "MYR")


def lose_the_second(shop: Shopfront, simulator: Simulator, *faults: str) -> None:
    """Capture 10.00, and then 15.00 with these faults: the outcome is unknown."""
    capture(shop, 1000, final=False)
    for fault in faults:
        simulator.faults.next("capture", fault)
    simulator.faults.next("capture", "reset", times=99)
    with pytest.raises(OutcomeUnknown):
        capture(shop, 1500, final=False)
    simulator.faults.clear()


@pytest.mark.parametrize("faults", [["lost-answer"], []], ids=["taken", "not taken"])
def test_a_notice_of_the_first_capture_does_not_end_the_second(
    shop: Shopfront, simulator: Simulator, authorized: str, faults: list[str]
) -> None:
    lose_the_second(shop, simulator, *faults)
    (first, *_) = (n for n in notices(simulator, authorized) if "captureId" in n)
    assert first["captureAmount"]["value"] == "1000"
    assert post_notice(shop, simulator, first) == 200
    assert shop.payments()[0].capture_request_id is not None
    with pytest.raises(NotPossible, match="under way"):
        capture(shop, 1600, final=False)
    capture(shop, 1500, final=False)
    (payment,) = shop.payments()
    assert payment.capture_request_id is None
    assert payment.inquire_at == payment.authorized_until + timedelta(hours=1)
    assert payment.captured == Money(2500, "MYR")
    assert simulator.accounts()[authorized].captured == Money(2500, "MYR")


@pytest.mark.parametrize("faults", [["lost-answer"], []], ids=["taken", "not taken"])
def test_the_sweep_finishes_the_second_capture(
    shop: Shopfront, simulator: Simulator, authorized: str, faults: list[str]
) -> None:
    lose_the_second(shop, simulator, *faults)
    make_due(shop)
    assert shop.sweep().payments == 1
    (payment,) = shop.payments()
    assert payment.capture_request_id is None
    assert payment.inquire_at == payment.authorized_until + timedelta(hours=1)
    assert payment.captured == Money(2500, "MYR")
    assert simulator.accounts()[authorized].captured == Money(2500, "MYR")


def test_the_second_capture_is_asked_about_until_its_outcome_is_known(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    lose_the_second(shop, simulator)
    simulator.faults.next("capture", "reset", times=99)
    make_due(shop)
    assert shop.sweep().failed == 1
    (payment,) = shop.payments()
    assert payment.capture_request_id is not None
    assert payment.inquire_at is not None


def test_a_second_capture_that_antom_refuses_after_all_is_for_a_person(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    lose_the_second(shop, simulator)
    simulator.clock.advance(days=8)
    make_due(shop)
    shop.sweep()
    (payment,) = shop.payments()
    assert (payment.status, payment.captured) == ("succeeded", Money(1000, "MYR"))
    assert (payment.capture_request_id, payment.inquire_at) == (None, None)
    assert review_reasons(shop) == [f"capture_failed {payment.payment_id}"]


def test_a_capture_that_is_answered_without_its_id_counts_once(
    offline: OfflineShop,
) -> None:
    shop = offline.shop
    offline.add_payment(method="CARD")
    offline.notify()
    offline.answers["capture"] = {"result": SUCCESS}
    with pytest.raises(OutcomeUnknown, match="captureId"):
        capture(shop, 4000)
    (payment,) = shop.payments()
    notice = capture_notice(
        payment.payment_id,
        captureRequestId=payment.capture_request_id,
        captureAmount={"value": "4000", "currency": "MYR"},
    )
    assert offline.notify(notice).status_code == 200
    (payment,) = shop.payments()
    assert payment.captures == {"C1": 4000}
    assert payment.capture_request_id is None


def pay_again(shop: Shopfront, simulator: Simulator, request_id: str) -> str:
    """Pay once more in the same session, and return the first payment's id."""
    first = str(shop.payments()[0].payment_id)
    known = len(notices(simulator, request_id))
    simulator.clock.advance(seconds=60)
    simulator.approve(request_id)
    simulator.clock.advance(seconds=3)
    for notice in notices(simulator, request_id)[known:]:
        assert post_notice(shop, simulator, notice) == 200
    return first


@pytest.mark.parametrize("time", [None, "2020-01-01T12:01:01+08:30"])
def test_antom_is_asked_which_of_two_successes_counts(
    offline: OfflineShop, time: str | None
) -> None:
    shop = offline.shop
    offline.add_payment()
    offline.notify(paymentId="P-2")
    offline.notify(paymentId="P-1", paymentTime=time)
    assert shop.payments()[0].payment_id == "P-1"
    offline.answers["inquiryPayment"] = GUIDE | {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentId": "P-2",
    }
    make_due(shop)
    assert shop.sweep().payments == 1
    assert shop.payments()[0].payment_id == "P-2"


def test_a_capture_of_the_second_card_that_is_notified_first_counts(
    offline: OfflineShop,
) -> None:
    shop = offline.shop
    offline.add_payment(method="CARD")
    offline.notify(paymentId="P-1")
    offline.answers["inquiryPayment"] = GUIDE | {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentId": "P-2",
        "paymentTime": "2020-01-01T12:05:00+08:30",
        "transactions": [
            {
                "transactionType": "CAPTURE",
                "transactionStatus": "SUCCESS",
                "transactionId": "C2",
                "transactionAmount": GUIDE["paymentAmount"],
            }
        ],
    }
    assert offline.notify(capture_notice("P-2", captureId="C2")).status_code == 200
    make_due(shop)
    shop.sweep()
    (payment,) = shop.payments()
    assert (payment.status, payment.payment_id) == ("succeeded", "P-2")
    assert payment.captures == {"C2": 4200}
    assert shop.fulfilled() == 1


def test_captures_of_the_first_card_do_not_count_for_the_second(
    shop: Shopfront, simulator: Simulator
) -> None:
    request_id = (shop.pay(method="CARD").json or {})["paymentRequestId"]
    simulator.approve(request_id)
    simulator.clock.advance(seconds=3)
    act(shop, "sync")
    refund(shop, 1000)
    first = pay_again(shop, simulator, request_id)
    (payment,) = shop.payments()
    assert payment.payment_id != first
    assert payment.captured == Money(4200, "MYR")
    assert payment.refunded == Money(0, "MYR")
    assert len(payment.captures) == 1
    refund(shop)
    assert simulator.accounts()[request_id].refunded == Money(4200, "MYR")
    assert shop.fulfilled() == 1


def test_a_second_card_that_waits_for_the_shop_is_for_a_person_to_capture(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop)
    pay_again(shop, simulator, authorized)
    (payment,) = shop.payments()
    assert (payment.status, payment.captured) == ("succeeded", Money(0, "MYR"))
    assert review_reasons(shop) == []
    make_due(shop)
    shop.sweep()
    assert review_reasons(shop) == [f"authorized {payment.payment_id}"]
    capture(shop, again=True)
    assert simulator.accounts()[authorized].captured == Money(4200, "MYR")
    assert shop.payments()[0].captured == Money(4200, "MYR")
    assert shop.fulfilled() == 1

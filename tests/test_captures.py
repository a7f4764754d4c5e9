"""Cards: authorized first, then captured, by Antom or by the shop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money, Order
from flask_antom.errors import NotPossible, OutcomeUnknown, Refused
from flask_antom.simulator import Simulator
from tests.shops import Shopfront
from tests.test_refunds import act, refund, refunds, sweep


def manual(payload: dict[str, Any], order: Order) -> None:
    payload["paymentFactor"] = {"isAuthorization": True, "captureMode": "MANUAL"}


@pytest.fixture
def authorized(shop: Shopfront, simulator: Simulator) -> str:
    """A card payment that waits for the shop to capture it."""
    shop.antom.session_request(manual)
    answer = shop.pay(method="CARD").json or {}
    simulator.approve(answer["paymentRequestId"])
    act(shop, "sync")
    assert shop.payments()[0].status == "authorized"
    return str(answer["paymentRequestId"])


def capture(shop: Shopfront, amount: int | None = None, **options: Any) -> None:
    money = None if amount is None else Money(amount, "MYR")
    act(shop, "capture", money, **options)


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
    assert simulator.books()[authorized].captured == Money(4200, "MYR")


def test_a_part_is_captured_and_the_rest_released(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 3000)
    assert shop.payments()[0].captured == Money(3000, "MYR")
    assert simulator.books()[authorized].captured == Money(3000, "MYR")
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
    assert simulator.books()[authorized].captured == Money(4200, "MYR")
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
    assert simulator.books()[authorized].refunded == Money(4200, "MYR")


def test_what_was_given_back_of_the_only_capture_is_not_given_back_of_it_again(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 1000, final=False)
    refund(shop)
    capture(shop, 1500, final=False)
    refund(shop, 1000)
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
    with shop.app.app_context():
        past = datetime.now(UTC) - timedelta(seconds=1)
        shop.db.session.execute(
            shop.db.update(shop.antom.Payment).values(_inquire_at=past)
        )
        shop.db.session.commit()
    sweep(shop)
    (payment,) = shop.payments()
    assert (payment.status, payment.captured) == ("succeeded", Money(3000, "MYR"))
    assert payment.capture_request_id is None
    assert simulator.books()[authorized].captured == Money(3000, "MYR")
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
    with shop.app.app_context():
        past = datetime.now(UTC) - timedelta(seconds=1)
        shop.db.session.execute(
            shop.db.update(shop.antom.Payment).values(_inquire_at=past)
        )
        shop.db.session.commit()
    sweep(shop)
    assert shop.payments()[0].captured == Money(1000, "MYR")
    capture(shop, 3200)
    assert simulator.books()[authorized].captured == Money(4200, "MYR")

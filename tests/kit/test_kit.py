"""What the test kit plays: buyers, a clerk and Antom."""

from __future__ import annotations

from flask_antom import Money
from flask_antom.testing import AntomKit
from tests.support.shop import Shopfront, capture_by_hand

FIVE = Money(500, "MYR")


def names(kit: AntomKit) -> list[str]:
    return [told.name for told in kit.signals]


def test_a_paid_order_is_fulfilled(shop: Shopfront, antom_kit: AntomKit) -> None:
    payment = antom_kit.pay("A-1")
    assert payment.status == "succeeded"
    assert payment.amount == Money(4200, "MYR")
    assert payment.method == "GCASH"
    assert names(antom_kit) == ["payment_succeeded"]
    assert shop.fulfilled() == 1


def test_a_buyer_who_is_declined_may_try_again(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    payment = antom_kit.decline("A-1", "RISK_REJECT")
    assert (payment.status, payment.result_code) == ("failed", "RISK_REJECT")
    assert antom_kit.pay("A-1").status == "succeeded"
    assert names(antom_kit) == ["payment_failed", "payment_succeeded"]


def test_a_pending_payment_is_paid_later(shop: Shopfront, antom_kit: AntomKit) -> None:
    first = antom_kit.pending("A-1")
    assert (first.status, shop.fulfilled()) == ("pending", 0)
    second = antom_kit.pay("A-1")
    assert second.request_id == first.request_id
    assert (second.status, shop.fulfilled()) == ("succeeded", 1)


def test_a_payment_is_refunded_in_part_and_in_full(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.pay("A-1")
    assert antom_kit.refund("A-1", FIVE).amount == FIVE
    assert antom_kit.refund("A-1", FIVE).status == "succeeded"
    assert antom_kit.refund("A-1").amount == Money(3200, "MYR")
    assert antom_kit.payments("A-1")[0].refunded == Money(4200, "MYR")
    assert names(antom_kit)[1:] == ["refund_succeeded"] * 3


def test_a_card_is_captured_by_antom(shop: Shopfront, antom_kit: AntomKit) -> None:
    payment = antom_kit.pay("A-1", "CARD")
    assert (payment.status, payment.captured) == ("succeeded", Money(4200, "MYR"))
    assert names(antom_kit) == ["payment_authorized", "payment_succeeded"]


def test_a_card_is_captured_by_hand(shop: Shopfront, antom_kit: AntomKit) -> None:
    shop.antom.session_request(capture_by_hand)
    assert antom_kit.pay("A-1", "CARD").status == "authorized"
    payment = antom_kit.capture("A-1", FIVE, final=False)
    assert payment.captured == FIVE
    assert antom_kit.capture("A-1").status == "succeeded"
    assert shop.fulfilled() == 1


def test_a_payment_is_cancelled(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.pay("A-1")
    assert antom_kit.cancel("A-1").status == "cancelled"


def test_a_session_that_nobody_pays_expires(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    assert antom_kit.open("A-1").status == "created"
    antom_kit.clock.advance(hours=2)
    (payment,) = antom_kit.payments("A-1")
    assert payment.status == "expired"

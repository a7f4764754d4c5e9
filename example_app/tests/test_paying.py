"""Orders that are paid, or not, and what the shop does about it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from example_app.database import db
from example_app.models import Product, Purchase
from example_app.payments import antom
from flask_antom import Money
from flask_antom.testing import AntomKit, SessionRefused

#: The price of two cups.
PRICE = Money(8400, "MYR")

STOCK = 24


def is_fulfilled(app: Flask, order: str) -> bool:
    query = sa.select(Purchase).filter_by(reference=order)
    with app.app_context():
        return db.session.scalars(query).one().fulfilled_at is not None


def stock(app: Flask) -> int:
    query = sa.select(Product.stock).filter_by(slug="kopi-cup")
    with app.app_context():
        return int(db.session.scalars(query).one())


def test_a_paid_order_is_fulfilled(
    app: Flask, order: str, antom_kit: AntomKit, buyer: FlaskClient
) -> None:
    assert "Waiting for payment" in buyer.get(f"/orders/{order}").text
    payment = antom_kit.pay(order)
    assert (payment.status, payment.amount) == ("succeeded", PRICE)
    assert is_fulfilled(app, order)
    assert stock(app) == STOCK - 2
    assert "Paid, being packed" in buyer.get(f"/orders/{order}").text


@pytest.mark.parametrize("method", ["TNG", "GCASH", "ALIPAY_CN", "CARD"])
def test_each_method_that_the_shop_offers_pays(
    app: Flask, order: str, antom_kit: AntomKit, method: str
) -> None:
    assert antom_kit.pay(order, method).method == method
    assert is_fulfilled(app, order)


def test_a_method_that_the_shop_does_not_offer_is_refused(
    order: str, antom_kit: AntomKit
) -> None:
    with pytest.raises(SessionRefused) as refused:
        antom_kit.pay(order, "KAKAOPAY")
    assert refused.value.code == "method_not_offered"


def test_a_declined_buyer_can_pay_again(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    assert antom_kit.decline(order).status == "failed"
    assert not is_fulfilled(app, order)
    antom_kit.pay(order)
    assert is_fulfilled(app, order)


def test_a_pending_order_waits_for_its_result(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.pending(order)
    antom_kit.clock.advance(hours=6)
    assert not is_fulfilled(app, order)
    antom_kit.pay(order)
    assert is_fulfilled(app, order)
    assert len(antom_kit.payments(order)) == 1


def test_an_order_is_fulfilled_once_however_often_antom_tells(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.faults.repeat_notification()
    payment = antom_kit.pay(order)
    antom_kit.simulator.resend(payment.request_id)
    antom_kit.clock.advance(days=1)
    assert stock(app) == STOCK - 2


def test_a_card_is_fulfilled_when_it_is_captured(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    assert antom_kit.authorize(order, "CARD").status == "authorized"
    assert not is_fulfilled(app, order)
    antom_kit.clock.advance(minutes=1)
    assert is_fulfilled(app, order)


def test_a_card_whose_capture_fails_is_not_fulfilled(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.authorize(order, "CARD")
    antom_kit.fail_capture(order)
    antom_kit.clock.advance(days=1)
    assert not is_fulfilled(app, order)


def test_the_whole_price_is_refunded(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.pay(order)
    assert antom_kit.refund(order).amount == PRICE
    assert antom_kit.payments(order)[0].refunded == PRICE
    with app.app_context():
        assert antom.order_status(order).state == "refunded"


def test_parts_are_refunded_up_to_the_price(order: str, antom_kit: AntomKit) -> None:
    antom_kit.pay(order)
    antom_kit.refund(order, Money(4200, "MYR"), reason="One cup was broken.")
    assert antom_kit.refund(order).amount == Money(4200, "MYR")
    assert antom_kit.payments(order)[0].refunded == PRICE


def test_a_price_that_changes_meanwhile_is_looked_at(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.pending(order)
    with app.app_context():
        db.session.execute(sa.update(Purchase).values(unit_value=9900))
        db.session.commit()
    assert antom_kit.pay(order).status == "review"
    assert antom_kit.signals[-1].name == "payment_needs_review"
    assert not is_fulfilled(app, order)


def test_a_checkout_that_nobody_finishes_expires(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.open(order)
    antom_kit.clock.advance(hours=2)
    assert antom_kit.payments(order)[0].status == "expired"
    antom_kit.pay(order)
    assert is_fulfilled(app, order)


def test_another_visitor_cannot_pay(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.client = app.test_client()
    with pytest.raises(SessionRefused, match="visitor_may_pay") as refused:
        antom_kit.pay(order)
    assert refused.value.code == "order_not_found"


def test_a_lost_notification_is_made_up_for(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.faults.lose_notification()
    antom_kit.pay(order)
    assert not is_fulfilled(app, order)
    antom_kit.clock.advance(minutes=15)
    assert is_fulfilled(app, order)


def test_a_buyer_is_told_when_antom_does_not_answer(
    app: Flask, order: str, antom_kit: AntomKit
) -> None:
    antom_kit.faults.time_out()
    with pytest.raises(SessionRefused) as refused:
        antom_kit.pay(order)
    assert (refused.value.status, refused.value.code) == (503, "outcome_unknown")
    antom_kit.pay(order)
    assert is_fulfilled(app, order)


def test_news_of_a_dispute_is_kept(order: str, antom_kit: AntomKit) -> None:
    antom_kit.pay(order)
    assert antom_kit.notify("dispute-created", order).status_code == 200
    assert antom_kit.signals[-1].arguments["family"] == "DISPUTE"

"""One order from its first click to a refund, for shops that are set up in any way."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from flask_antom import Money, Order
from tests.support.offline import GUIDE, SESSION, OfflineShop
from tests.support.receivers import DONE, write_row
from tests.support.shop import make_order

TEN = Money(1000, "MYR")


def prepare(offline: OfflineShop) -> None:
    """Make Antom say yes, and the shop look its orders up in the database."""
    offline.answers |= {"createPaymentSession": SESSION, "refund": DONE}
    shop = offline.shop

    @shop.antom.order_loader
    def load_order(reference: str) -> Order:
        count_rows(offline)
        return make_order(reference, Money(4200, "MYR"))


def count_rows(offline: OfflineShop) -> int:
    """Count the shop's own rows in its session, whose transaction stays open."""
    model = offline.shop.fulfilment
    count = sa.select(sa.func.count()).select_from(model)
    return offline.shop.db.session.scalars(count).one()


def play(offline: OfflineShop, reference: str = "A-1") -> None:
    """Pay an order, be notified twice, look at the status, and refund a part.

    The shop writes and commits a row of its own in between.
    """
    shop = offline.shop
    begun = shop.pay(reference)
    session: Any = begun.json
    assert begun.status_code == 201, session
    news = {
        "paymentRequestId": session["paymentRequestId"],
        "paymentId": f"P-{reference}",
    }
    answers = [offline.notify(**news) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200], answers
    path = urlsplit(session["statusUrl"]).path
    status: Any = shop.app.test_client().get(path)
    assert (status.status_code, status.json["status"]) == (200, "succeeded")
    with shop.app.app_context():
        query = shop.db.select(shop.antom.Payment).filter_by(order_reference=reference)
        payment = shop.db.session.scalars(query).one()
        write_row(offline, reference)
        shop.db.session.commit()
        refund = shop.antom.refund(payment, TEN)
        assert (refund.status, refund.amount) == ("succeeded", TEN)
        assert payment.refunded == TEN


def assert_books_are_right(offline: OfflineShop, reference: str = "A-1") -> None:
    """Assert that what :func:`play` has done is written, once."""
    (payment,) = offline.shop.payments(reference)
    assert (payment.status, payment.refunded) == ("succeeded", TEN)
    assert payment.captured == Money.from_antom(GUIDE["paymentAmount"])
    assert offline.shop.fulfilled(reference) == 1
    events = offline.tables.events
    assert {name for name, _, _ in events} == {"payment_succeeded", "refund_succeeded"}
    assert all(delivered for *_, delivered in events)

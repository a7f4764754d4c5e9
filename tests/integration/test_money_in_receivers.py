"""May a receiver move money? No call to Antom depends on a delivery that may fail."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from blinker import NamedSignal
from flask import Flask

from flask_antom import Money, Order
from flask_antom.errors import NotPossible
from flask_antom.signals import payment_authorized, payment_succeeded
from tests.integration.actions import act
from tests.support.offline import OfflineShop
from tests.support.receivers import (
    DONE,
    ID,
    Switch,
    event,
    is_delivered,
    write_row,
    written,
)

pytestmark = pytest.mark.every_database

CALLS = ["refund", "capture", "cancel"]
#: What the sentence has to name: from where the call is to be made.
CURE = r"\b(queue|job|worker|view)\b"


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    offline.answers |= {"refund": DONE, "capture": DONE, "cancel": DONE}
    return offline


def begin(offline: OfflineShop, call: str) -> str:
    """Store a payment of which the call would be allowed; return its request id."""
    if call != "capture":
        return ID
    offline.add_payment("card", method="CARD")
    return "card"


def signal_for(call: str) -> NamedSignal:
    """Return the signal in whose receivers the call would be allowed."""
    return payment_authorized if call == "capture" else payment_succeeded


@pytest.mark.parametrize("call", CALLS)
def test_a_receiver_that_moves_money_hears_what_to_do_instead(
    offline: OfflineShop, call: str
) -> None:
    request_id = begin(offline, call)
    raised: list[Exception] = []

    def move_money(app: Flask, payment: Any, **extra: Any) -> None:
        write_row(offline, "before")
        try:
            getattr(offline.shop.antom, call)(payment)
        except NotPossible as error:
            raised.append(error)
        write_row(offline, "after")

    offline.shop.connect(signal_for(call), move_money)
    answers = [offline.notify(paymentRequestId=request_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    (error,) = raised
    assert call in str(error)
    with pytest.raises(NotPossible, match=CURE):
        raise error
    assert offline.calls == []
    assert offline.tables.refunds == 0
    assert sorted(written(offline)) == ["after", "before"]


@pytest.mark.parametrize("call", CALLS)
def test_a_receiver_that_does_not_catch_it_fails_and_sends_nothing(
    offline: OfflineShop, call: str
) -> None:
    request_id = begin(offline, call)

    def move_money(app: Flask, payment: Any, **extra: Any) -> None:
        getattr(offline.shop.antom, call)(payment)

    offline.shop.connect(signal_for(call), move_money)
    answers = [offline.notify(paymentRequestId=request_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert offline.calls == []
    assert offline.tables.refunds == 0
    assert offline.shop.fulfilled() == 0
    name = "payment_authorized" if call == "capture" else "payment_succeeded"
    kept = event(offline, name)
    assert (kept.delivered_at, kept.attempts) == (None, 2)
    assert kept.last_error.startswith("NotPossible: ")


def test_a_receiver_that_fails_later_refunds_nothing_at_each_repeat(
    offline: OfflineShop,
) -> None:
    """Receivers are called in any order, so one plays two here."""
    switch = Switch()

    def give_a_little_back(app: Flask, payment: Any, **extra: Any) -> None:
        with contextlib.suppress(NotPossible):
            offline.shop.antom.refund(payment, Money(500, "MYR"))
        switch(app)

    offline.shop.connect(payment_succeeded, give_a_little_back)
    assert {offline.notify().status_code for _ in range(4)} == {500}
    assert switch.calls == 4
    assert [operation for operation, _ in offline.calls] == []
    assert offline.tables.refunds == 0


def test_another_payments_money_is_not_moved_either(offline: OfflineShop) -> None:
    offline.add_payment("other", reference="A-2")
    assert offline.notify(paymentRequestId="other", paymentId="P-2").status_code == 200
    raised: list[Exception] = []

    def refund_the_other(app: Flask, payment: Any, **extra: Any) -> None:
        model, session = offline.shop.antom.Payment, offline.shop.db.session
        query = offline.shop.db.select(model).where(model.request_id == "other")
        try:
            offline.shop.antom.refund(session.scalars(query).one())
        except NotPossible as error:
            raised.append(error)

    offline.shop.connect(payment_succeeded, refund_the_other)
    assert offline.notify().status_code == 200
    assert len(raised) == 1
    assert offline.calls == []


def test_after_the_delivery_the_money_is_moved(offline: OfflineShop) -> None:
    assert offline.notify().status_code == 200
    act(offline.shop, "refund", Money(500, "MYR"))
    assert [operation for operation, _ in offline.calls] == ["refund"]
    assert is_delivered(offline)


@pytest.mark.parametrize("call", [*CALLS, "close", "changed", "reopen"])
def test_a_loader_moves_no_money_when_it_has_come(
    offline: OfflineShop, call: str
) -> None:
    antom, db = offline.shop.antom, offline.shop.db
    find = offline.shop.orders.get

    @antom.order_loader
    def load(reference: str) -> Order | None:
        (payment,) = db.session.scalars(db.select(antom.Payment))
        is_about_money = call in CALLS
        getattr(antom, call)(payment if is_about_money else reference)
        return find(reference)

    assert offline.notify().status_code == 500
    assert "in the order loader" in event(offline).last_error
    assert (offline.calls, offline.shop.fulfilled()) == ([], 0)

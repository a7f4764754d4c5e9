"""The shop closes or changes an order, and its old sessions pay for nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money, Order
from flask_antom.errors import NotPossible, OrderAlreadyPaid, UncommittedWrites
from flask_antom.gateway.http import Unreachable
from flask_antom.signals import payment_pending
from flask_antom.simulator import Simulator
from tests.integration.actions import act, make_due, refund, refunds, review_reasons
from tests.support.offline import OfflineShop
from tests.support.shop import Shopfront, make_order

pytestmark = pytest.mark.every_database


def begin(shop: Shopfront, reference: str = "A-1", method: str = "GCASH") -> str:
    answer = shop.pay(reference, method)
    assert answer.status_code == 201, answer.json
    return str((answer.json or {})["paymentRequestId"])


def say(shop: Shopfront, method: str, reference: str = "A-1") -> None:
    with shop.app.app_context():
        getattr(shop.antom, method)(reference)


def problem(shop: Shopfront, reference: str = "A-1") -> tuple[int, str]:
    answer = shop.pay(reference)
    return answer.status_code, (answer.json or {}).get("code", "")


@pytest.mark.parametrize(
    ("method", "reason"), [("close", "order_closed"), ("changed", "order_changed")]
)
def test_an_old_session_that_is_paid_needs_a_review(
    shop: Shopfront, simulator: Simulator, method: str, reason: str
) -> None:
    request_id = begin(shop)
    say(shop, method)
    simulator.approve(request_id)
    make_due(shop)
    shop.sweep()
    (payment,) = shop.payments()
    assert (payment.status, payment.captured) == ("review", Money(4200, "MYR"))
    assert [text.split()[0] for text in review_reasons(shop)] == [reason]
    assert shop.fulfilled() == 0
    refund(shop)
    assert refunds(shop) == [("succeeded", 4200)]


def test_a_closed_order_gets_no_session(shop: Shopfront, simulator: Simulator) -> None:
    begin(shop)
    say(shop, "close")
    assert problem(shop) == (409, "order_closed")
    say(shop, "close")
    assert problem(shop) == (409, "order_closed")
    say(shop, "reopen")
    request_id = begin(shop)
    simulator.approve(request_id)
    shop.call("sync")
    assert [payment.status for payment in shop.payments()][-1] == "succeeded"
    assert shop.fulfilled() == 1


def test_an_order_is_closed_before_anybody_begins(
    shop: Shopfront, simulator: Simulator
) -> None:
    say(shop, "close")
    assert problem(shop) == (409, "order_closed")
    (payment,) = shop.payments()
    assert (payment.status, payment.inquire_at) == ("cancelled", None)
    assert shop.sweep().payments == 0
    say(shop, "reopen")
    begin(shop)


def test_closing_an_order_that_the_shop_does_not_know_changes_nothing(
    shop: Shopfront, simulator: Simulator
) -> None:
    say(shop, "close", "nobody's")
    say(shop, "reopen", "nobody's")
    assert shop.rows(shop.antom.Payment) == []


def test_a_changed_order_gets_a_session_as_it_is_now(
    shop: Shopfront, simulator: Simulator
) -> None:
    begin(shop)
    shop.orders["A-1"] = make_order("A-1", Money(9900, "MYR"))
    say(shop, "changed")
    simulator.approve(begin(shop))
    shop.call("sync")
    assert shop.fulfilled() == 1


@pytest.mark.parametrize("method", ["close", "changed"])
def test_what_the_buyer_has_begun_is_not_cancelled(
    shop: Shopfront, simulator: Simulator, method: str
) -> None:
    seen: list[Any] = []
    shop.connect(payment_pending, lambda app, **extra: seen.append(extra))
    request_id = begin(shop)
    simulator.pend(request_id)
    act(shop, "sync")
    before = shop.payments()[0].status
    assert before in ("pending", "processing")
    say(shop, method)
    assert shop.payments()[0].cancel_asked_at is None
    if method == "close":
        assert problem(shop) == (409, "order_closed")
        assert shop.payments()[0].status == before
    simulator.approve(request_id)
    make_due(shop)
    shop.sweep()
    assert shop.payments()[0].status == "review"
    assert shop.fulfilled() == 0


def test_a_paid_order_may_be_closed(shop: Shopfront, simulator: Simulator) -> None:
    request_id = begin(shop)
    simulator.approve(request_id)
    act(shop, "sync")
    say(shop, "close")
    act(shop, "sync")
    assert shop.payments()[0].status == "succeeded"
    assert (shop.fulfilled(), review_reasons(shop)) == (1, [])


@pytest.mark.parametrize("fault", ["lost-answer", "reset"])
def test_the_closing_stands_whatever_antom_answers(
    shop: Shopfront, simulator: Simulator, fault: str
) -> None:
    request_id = begin(shop)
    for operation in ("inquiryPayment", "cancel"):
        simulator.faults.next(operation, fault, times=99)
    say(shop, "close")
    simulator.faults.clear()
    assert problem(shop) == (409, "order_closed")
    simulator.approve(request_id)
    make_due(shop)
    shop.sweep()
    assert (shop.payments()[0].status, shop.fulfilled()) == ("review", 0)


@pytest.mark.parametrize("method", ["close", "changed", "reopen"])
def test_it_is_refused_with_uncommitted_writes(shop: Shopfront, method: str) -> None:
    with shop.app.app_context():
        shop.db.session.add(shop.fulfilment(order_reference="own", request_id="own"))
        with pytest.raises(UncommittedWrites):
            getattr(shop.antom, method)("A-1")
        shop.db.session.rollback()


@pytest.mark.parametrize("method", ["close", "changed", "reopen"])
def test_it_is_refused_in_a_receiver(
    shop: Shopfront, simulator: Simulator, method: str
) -> None:
    raised: list[BaseException] = []

    def close_it(app: Any, payment: Any, **extra: Any) -> None:
        with pytest.raises(NotPossible) as caught:
            getattr(shop.antom, method)(payment.order_reference)
        raised.append(caught.value)

    shop.connect(payment_pending, close_it)
    request_id = begin(shop)
    simulator.pend(request_id)
    act(shop, "sync")
    assert raised


def test_an_order_that_is_paid_elsewhere_may_be_closed(
    shop: Shopfront, simulator: Simulator
) -> None:
    @shop.antom.order_loader
    def load_order(reference: str) -> Order | None:
        raise OrderAlreadyPaid("By bank transfer.")

    say(shop, "close")
    assert problem(shop) == (409, "order_already_paid")


def test_a_number_is_taken_for_its_text(offline: OfflineShop) -> None:
    offline.add_payment("session", "7")
    offline.add_payment("paid", "8", status="succeeded", open_key=None)
    shop = offline.shop
    seven: Any = 7
    eight: Any = 8
    with shop.app.app_context():
        assert shop.antom.order_status(eight).state == "paid"
        shop.antom.changed(seven)
        assert shop.payments("7")[0].outdated
        shop.antom.close(seven)
        assert shop.antom.order_status(seven).state == "closed"
        shop.antom.reopen(seven)
        assert shop.antom.order_status(seven).state == "open"


def test_a_loader_may_close_what_is_too_old(offline: OfflineShop) -> None:
    antom = offline.shop.antom

    @antom.order_loader
    def load_order(reference: str) -> Order | None:
        antom.close(reference)
        return None

    assert problem(offline.shop) == (404, "order_not_found")
    say(offline.shop, "close")
    offline.add_payment()
    assert problem(offline.shop) == (404, "order_not_found")
    assert offline.shop.payments()[0].order_closed_at is not None


@pytest.mark.parametrize("method", ["close", "changed"])
def test_a_silent_antom_is_waited_for_once(offline: OfflineShop, method: str) -> None:
    clock = offline.shop.clock

    def be_silent() -> dict[str, Any]:
        clock.sleep(offline.shop.app.config["ANTOM_TIMEOUT"])
        raise Unreachable("silence")

    offline.answers["inquiryPayment"] = be_silent
    until = datetime.now(UTC) + timedelta(minutes=50)
    for name in ("one", "two", "three"):
        offline.add_payment(name, session_expires_at=until)
    say(offline.shop, method)
    assert len(offline.calls) == 1
    assert all(row.outdated for row in offline.shop.payments())


def test_an_order_of_zero_is_closed_too(shop: Shopfront, simulator: Simulator) -> None:
    shop.orders["A-1"] = make_order("A-1", Money(0, "MYR"))
    say(shop, "close")
    shop.orders["A-1"] = make_order("A-1", Money(4200, "MYR"))
    assert problem(shop) == (409, "order_closed")


def test_closing_nothing_is_said(
    shop: Shopfront, caplog: pytest.LogCaptureFixture
) -> None:
    say(shop, "close", "A-l")
    assert "antom.close('A-l') closes nothing" in caplog.text

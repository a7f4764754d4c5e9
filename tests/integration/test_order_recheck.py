"""When the money has come, the order is asked for once more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask, g, has_request_context, request, session, url_for
from werkzeug.test import TestResponse

from flask_antom import Money, Order
from flask_antom.domain.payment_states import Observation
from flask_antom.errors import (
    CheckoutError,
    ConfigError,
    NothingToPay,
    OrderAlreadyPaid,
    OrderClosed,
    OrderNotFound,
)
from flask_antom.flows import delivery
from flask_antom.signals import (
    payment_authorized,
    payment_needs_review,
    payment_succeeded,
)
from flask_antom.store.payments import PaymentStore
from tests.integration.actions import act, make_due, refund, review_reasons
from tests.support.gateways import SUCCESS
from tests.support.offline import (
    GUIDE,
    SESSION,
    OfflineShop,
    capture_notice,
    open_offline,
)
from tests.support.receivers import (
    DONE,
    Switch,
    disconnect_all,
    event,
    is_delivered,
    write_row,
    writer,
    written,
)
from tests.support.shop import make_order

pytestmark = pytest.mark.every_database

ASKED = Money(4200, "MYR")
NEXT = timedelta(hours=2)


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    """A shop with one order and one session for it, and an Antom that says yes."""
    offline.add_payment()
    offline.answers |= {"refund": DONE, "cancel": DONE}
    return offline


class Counted:
    """A loader that counts its calls; by default it finds the order as it was asked.

    :ivar found: what it returns or raises.
    """

    def __init__(self, offline: OfflineShop) -> None:
        self.found: Order | Exception | None = make_order("A-1", ASKED)
        self.calls = 0
        offline.shop.antom.order_loader(self)

    def __call__(self, reference: str) -> Order | None:
        self.calls += 1
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def loader(offline: OfflineShop) -> Counted:
    return Counted(offline)


def status(offline: OfflineShop) -> str:
    (payment,) = offline.shop.payments()
    return str(payment.status)


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


def sweep_later(offline: OfflineShop) -> None:
    offline.shop.clock.wind(NEXT)
    offline.shop.sweep()


class PaidAtTheDesk(OrderAlreadyPaid):
    """A shop's own word for it."""


REASONS: list[tuple[Order | CheckoutError | None, str]] = [
    (make_order("A-1", Money(100000, "MYR")), "order_changed"),
    (make_order("A-1", Money(4199, "MYR")), "order_changed"),
    (make_order("A-1", Money(4200, "SGD")), "order_changed"),
    (Order("A-1", Money(0, "MYR"), "free by now"), "order_changed"),
    (NothingToPay("free by now"), "order_changed"),
    (None, "order_gone"),
    (make_order("a-1", ASKED), "order_gone"),
    (OrderNotFound("deleted"), "order_gone"),
    (OrderClosed("no stock"), "order_closed"),
    (OrderAlreadyPaid("in cash"), "order_paid"),
    (PaidAtTheDesk("in cash"), "order_paid"),
]


@pytest.mark.parametrize(("found", "reason"), REASONS)
def test_another_order_than_the_paid_one_is_for_a_person(
    offline: OfflineShop,
    loader: Counted,
    caplog: pytest.LogCaptureFixture,
    found: Order | CheckoutError | None,
    reason: str,
) -> None:
    told: list[tuple[str, str]] = []

    def note(app: Flask, payment: Any, reason: str, **extra: Any) -> None:
        told.append((payment.status, reason.split()[0]))

    offline.shop.connect(payment_needs_review, note)
    loader.found = found
    assert [offline.notify().status_code for _ in range(3)] == [200, 200, 200]
    sweep_later(offline)
    assert told == [("review", reason)]
    assert (status(offline), offline.shop.fulfilled()) == ("review", 0)
    assert all(delivered for *_, delivered in offline.tables.events)
    about = [error for error in errors(caplog) if "is not delivered" in error]
    assert len(about) == 1
    assert " order=A-1 " in about[0]


def test_an_order_that_is_closed_is_for_a_person(
    offline: OfflineShop, loader: Counted
) -> None:
    model = offline.shop.antom.Payment
    with offline.shop.app.app_context():
        closed = sa.update(model).values(order_closed_at=datetime.now(UTC))
        offline.shop.db.session.execute(closed)
        offline.shop.db.session.commit()
    assert offline.notify().status_code == 200
    assert (status(offline), offline.shop.fulfilled()) == ("review", 0)
    (reason,) = review_reasons(offline.shop)
    assert reason.startswith("order_closed")


def test_the_order_that_was_paid_is_fulfilled(
    offline: OfflineShop, loader: Counted
) -> None:
    for _ in range(3):
        assert offline.notify().status_code == 200
    sweep_later(offline)
    assert (status(offline), offline.shop.fulfilled()) == ("succeeded", 1)
    assert loader.calls == 1, "copies ask for nothing"


@pytest.mark.parametrize("cause", [RuntimeError("nobody visits"), ValueError("abc")])
def test_a_loader_that_raises_keeps_the_event_waiting(
    offline: OfflineShop,
    loader: Counted,
    caplog: pytest.LogCaptureFixture,
    cause: Exception,
) -> None:
    loader.found = cause
    answer = offline.notify()
    assert answer.status_code == 500
    assert (answer.json or {})["detail"].startswith("The order loader raised;")
    waiting = event(offline)
    assert (waiting.delivered_at, waiting.attempts) == (None, 1)
    assert waiting.last_error == f"{type(cause).__name__}: {cause}"
    assert (status(offline), review_reasons(offline.shop)) == ("succeeded", [])
    (error,) = errors(caplog)
    for words in ("order loader", " order=A-1 ", "@antom.visitor_may_pay"):
        assert words in error
    loader.found = make_order("A-1", ASKED)
    sweep_later(offline)
    assert is_delivered(offline)
    assert (status(offline), offline.shop.fulfilled()) == ("succeeded", 1)


def test_a_loader_whose_statement_fails_keeps_the_event_waiting(
    offline: OfflineShop,
) -> None:
    @offline.shop.antom.order_loader
    def load(reference: str) -> Order | None:
        offline.shop.db.session.execute(sa.text("SELECT * FROM no_such_table"))
        return make_order(reference, ASKED)

    assert offline.notify().status_code == 500
    assert not is_delivered(offline)
    Counted(offline)
    sweep_later(offline)
    assert (is_delivered(offline), offline.shop.fulfilled()) == (True, 1)


def test_a_receiver_is_not_taken_for_the_loader(
    offline: OfflineShop, loader: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    assert offline.notify().status_code == 500
    (error,) = errors(caplog)
    assert error.startswith("A receiver failed")


def test_each_retry_asks_again(offline: OfflineShop, loader: Counted) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    for calls in range(1, 4):
        offline.notify()
        sweep_later(offline)
        assert (loader.calls, switch.calls) == (2 * calls, 2 * calls)
    switch.is_broken = False
    loader.found = make_order("A-1", Money(100000, "MYR"))
    sweep_later(offline)
    assert switch.calls == 6
    assert (status(offline), offline.shop.fulfilled()) == ("review", 0)
    assert len(review_reasons(offline.shop)) == 1


def test_what_nobody_heard_is_compared_when_somebody_listens(
    offline: OfflineShop, loader: Counted
) -> None:
    disconnect_all(offline)
    assert offline.notify().status_code == 200
    sweep_later(offline)
    assert loader.calls == 0
    offline.shop.connect(payment_succeeded, writer(offline, "fulfilled"))
    loader.found = None
    sweep_later(offline)
    assert (status(offline), written(offline)) == ("review", [])


def test_the_receivers_of_a_review_are_told_once(
    offline: OfflineShop, loader: Counted
) -> None:
    switch = Switch()
    offline.shop.connect(payment_needs_review, writer(offline, "review"))
    offline.shop.connect(payment_needs_review, switch)
    loader.found = None
    assert offline.notify().status_code == 500
    assert (status(offline), written(offline)) == ("review", [])
    switch.is_broken = False
    for _ in range(2):
        sweep_later(offline)
        assert offline.notify().status_code == 200
    assert (switch.calls, written(offline)) == (2, ["review"])
    assert offline.shop.fulfilled() == 0


def test_what_the_loader_wrote_is_undone(offline: OfflineShop) -> None:
    @offline.shop.antom.order_loader
    def load(reference: str) -> Order | None:
        write_row(offline, "by the loader")
        offline.shop.db.session.flush()
        return None

    assert offline.notify().status_code == 200
    assert (status(offline), written(offline)) == ("review", [])


def test_the_money_can_be_given_back(offline: OfflineShop, loader: Counted) -> None:
    loader.found = None
    offline.notify()
    assert refund(offline.shop).status == "succeeded"
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.refunded) == ("review", ASKED)
    loader.found = make_order("A-1", ASKED)
    offline.answers["createPaymentSession"] = SESSION
    assert offline.shop.pay().status_code == 201


def test_until_then_the_order_is_not_paid_again(
    offline: OfflineShop, loader: Counted
) -> None:
    loader.found = make_order("A-1", Money(100000, "MYR"))
    offline.notify()
    assert offline.shop.pay().status_code == 409


def test_a_mismatch_asks_for_no_order(offline: OfflineShop, loader: Counted) -> None:
    offline.notify(paymentAmount={"value": "4200", "currency": "SGD"})
    (reason,) = review_reasons(offline.shop)
    assert reason.startswith("mismatch")
    assert (status(offline), loader.calls) == ("review", 0)


def test_a_shop_may_do_without(offline: OfflineShop) -> None:
    calls: list[str] = []

    @offline.shop.antom.order_loader(recheck=False)
    def load(reference: str) -> Order | None:
        calls.append(reference)
        return make_order(reference, Money(4300, "MYR"))  # at today's rate

    assert offline.notify().status_code == 200
    assert (status(offline), offline.shop.fulfilled()) == ("succeeded", 1)
    assert calls == []


def test_whoever_sets_another_loader_is_asked_again(offline: OfflineShop) -> None:
    offline.shop.antom.order_loader(recheck=False)(lambda reference: None)
    loader = Counted(offline)
    offline.notify()
    assert (loader.calls, offline.shop.fulfilled()) == (1, 1)


@pytest.mark.parametrize("part", ["4200", "1000"])
def test_a_captured_card_was_compared_when_it_was_authorized(
    offline: OfflineShop, loader: Counted, part: str
) -> None:
    reserved = Switch(is_broken=False)
    offline.shop.connect(payment_authorized, reserved)
    offline.add_payment("card", method="CARD")
    news = {"paymentRequestId": "card", "paymentId": "P-card"}
    assert offline.notify(**news).status_code == 200
    assert (reserved.calls, loader.calls) == (1, 1)
    loader.found = OrderAlreadyPaid("marked when it was authorized")
    captured = {"value": part, "currency": "MYR"}
    notice = capture_notice("P-card", captureAmount=captured)
    assert offline.notify(notice).status_code == 200
    assert loader.calls == 1
    (_, card) = offline.shop.payments()
    assert (card.status, offline.shop.fulfilled()) == ("succeeded", 1)


@pytest.mark.parametrize(
    ("found", "expected", "fulfilled"),
    [
        (make_order("A-1", Money(100000, "MYR")), "review", 0),
        (None, "review", 0),
        (make_order("A-1", ASKED), "succeeded", 1),
        (OrderAlreadyPaid("a page has shown it as authorized"), "succeeded", 1),
    ],
    ids=["changed", "gone", "the same", "paid"],
)
def test_an_authorization_that_nobody_heard_is_told_to_nobody(
    offline: OfflineShop,
    loader: Counted,
    found: Order | Exception | None,
    expected: str,
    fulfilled: int,
) -> None:
    offline.add_payment("card", method="CARD")
    news = {"paymentRequestId": "card", "paymentId": "P-card"}
    assert offline.notify(**news).status_code == 200
    loader.found = found
    assert offline.notify(capture_notice("P-card")).status_code == 200
    (_, card) = offline.shop.payments()
    assert (card.status, card.captured) == (expected, ASKED)
    assert offline.shop.fulfilled() == fulfilled


def test_a_card_for_another_order_is_not_captured_blindly(
    offline: OfflineShop, loader: Counted
) -> None:
    reserved = Switch(is_broken=False)
    offline.shop.connect(payment_authorized, reserved)
    offline.add_payment("card", method="CARD")
    loader.found = make_order("A-1", Money(100000, "MYR"))
    news = {"paymentRequestId": "card", "paymentId": "P-card"}
    assert offline.notify(**news).status_code == 200
    assert offline.notify(capture_notice("P-card")).status_code == 200
    (_, card) = offline.shop.payments()
    assert (card.status, card.captured) == ("review", ASKED)
    assert (reserved.calls, offline.shop.fulfilled()) == (0, 0)


def test_a_cancel_that_comes_first_leaves_nothing_to_compare(
    offline: OfflineShop, loader: Counted
) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    offline.notify()
    act(offline.shop, "cancel")
    loader.found = None
    sweep_later(offline)
    assert (status(offline), loader.calls, switch.calls) == ("cancelled", 1, 1)
    assert review_reasons(offline.shop) == []


def test_a_cancel_that_crosses_it_ends_in_one_truth(
    offline: OfflineShop, loader: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = PaymentStore.apply

    def cancel_before(self: PaymentStore, observation: Observation) -> Any:
        if observation.source == "order":
            clerk = threading.Thread(target=act, args=(offline.shop, "cancel"))
            clerk.start()
            clerk.join()
        return apply(self, observation)

    monkeypatch.setattr(PaymentStore, "apply", cancel_before)
    monkeypatch.setattr(delivery, "wait", lambda pause: None)
    loader.found = None
    assert offline.notify().status_code == 200
    assert (status(offline), offline.shop.fulfilled()) == ("cancelled", 0)
    assert is_delivered(offline)
    assert is_delivered(offline, "payment_cancelled")
    assert offline.calls[-1][0] == "cancel"


def test_a_second_try_that_crosses_it_keeps_its_money(
    offline: OfflineShop, loader: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order differs; before that is stored, the buyer pays once more."""
    apply = PaymentStore.apply

    def pay_before(self: PaymentStore, observation: Observation) -> Any:
        monkeypatch.setattr(PaymentStore, "apply", apply)
        later = {"paymentId": "P-2", "paymentTime": "2020-01-01T12:05:01+08:30"}
        assert offline.notify(**later).status_code == 200
        return apply(self, observation)

    monkeypatch.setattr(PaymentStore, "apply", pay_before)
    loader.found = None
    assert offline.notify(paymentId="P-1").status_code == 200
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.payment_id) == ("review", "P-2")
    assert (payment.captured, offline.shop.fulfilled()) == (ASKED, 0)


def test_a_review_can_be_cancelled(offline: OfflineShop, loader: Counted) -> None:
    loader.found = None
    offline.notify()
    act(offline.shop, "cancel")
    assert status(offline) == "cancelled"


@pytest.mark.parametrize("wanted", ["\uff21-1", "caf\u00e9"])
def test_what_cannot_be_a_reference_is_asked_of_nobody(
    offline: OfflineShop, loader: Counted, wanted: str
) -> None:
    answer: Any = offline.shop.pay(wanted)
    assert (answer.status_code, answer.json["code"]) == (404, "order_not_found")
    assert loader.calls == 0


class Visited:
    """A shop on the web whose loader and receiver note who visits them."""

    def __init__(self, offline: OfflineShop) -> None:
        self.offline = offline
        self.loader: list[tuple[Any, ...]] = []
        self.receiver: list[tuple[Any, ...]] = []
        self.asked: list[str] = []
        self.visitors: list[Any] = []
        app, antom = offline.shop.app, offline.shop.antom
        app.add_url_rule("/orders/<reference>", "page", lambda reference: reference)

        @app.before_request
        def log_in() -> None:
            g.user = session.get("user")

        @app.after_request
        def look(response: Any) -> Any:
            self.visitors.append(session.get("user"))
            return response

        @antom.order_loader
        def load(reference: str) -> Order | None:
            self.loader.append(self._who(reference))
            return make_order(reference, ASKED)

        @antom.visitor_may_pay
        def may_pay(order: Order) -> bool:
            self.asked.append(request.path.split("/")[2])
            return bool(g.user == "aisyah")

        def receive(app: Flask, payment: Any, **extra: Any) -> None:
            self.receiver.append(self._who(payment.order_reference))

        offline.shop.connect(payment_succeeded, receive)

    def _who(self, reference: str) -> tuple[Any, ...]:
        assert has_request_context()
        link = url_for("page", reference=reference, _external=True)
        return session.get("user"), g.get("user"), request.cookies.get("session"), link

    def buyer(self) -> Any:
        client = self.offline.shop.app.test_client()
        with client.session_transaction() as cookie:
            cookie["user"] = "aisyah"
        return client

    def begin(self, client: Any) -> Any:
        wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
        answer: TestResponse = client.post("/antom/session", json=wanted)
        assert answer.status_code == 201, answer.text
        return answer.json


NOBODY = (None, None, None, "https://shop.example.com/sub/orders/A-1")


@contextmanager
def visited_shop(url: str, delivery: str) -> Iterator[Visited]:
    settings = {
        "SQLALCHEMY_DATABASE_URI": url,
        "ANTOM_PUBLIC_URL": "https://shop.example.com/sub",
        "ANTOM_EVENT_DELIVERY": delivery,
    }
    with open_offline(**settings) as offline:
        offline.answers["createPaymentSession"] = SESSION
        yield Visited(offline)


def money_comes(visited: Visited, request_id: str) -> None:
    """Make Antom say that it is paid, whenever it is asked."""
    visited.loader.clear()
    visited.asked.clear()
    visited.offline.answers["inquiryPayment"] = {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentRequestId": request_id,
        "paymentId": "P-1",
        "paymentAmount": GUIDE["paymentAmount"],
    }


@pytest.mark.parametrize("page", ["result", "status"])
def test_a_buyer_whose_page_tells_it_is_out_of_sight(shop_url: str, page: str) -> None:
    with visited_shop(shop_url, "inline") as visited:
        client = visited.buyer()
        begun = visited.begin(client)
        money_comes(visited, begun["paymentRequestId"])
        path = urlsplit(begun[f"{page}Url"]).path.removeprefix("/sub")
        answer = client.get(path)
        assert answer.status_code == 200
        assert visited.loader[0] == NOBODY
        assert visited.receiver == [NOBODY]
        assert visited.offline.shop.fulfilled() == 1
        assert visited.visitors[-1] == "aisyah", "the buyer's request goes on"
        assert visited.asked == (["result"] if page == "result" else [])


@pytest.mark.parametrize("delivery", ["inline", "worker"])
def test_nobody_visits_a_sweep(shop_url: str, delivery: str) -> None:
    with visited_shop(shop_url, delivery) as visited:
        begun = visited.begin(visited.buyer())
        money_comes(visited, begun["paymentRequestId"])
        make_due(visited.offline.shop)
        for _ in range(2):
            visited.offline.shop.sweep()
        assert (visited.loader, visited.receiver) == ([NOBODY], [NOBODY])
        assert (visited.asked, visited.offline.shop.fulfilled()) == ([], 1)


def test_an_answer_that_is_not_awaited_is_no_yes(offline: OfflineShop) -> None:
    async def may_pay(order: Order) -> bool:
        return False

    hook: Any = may_pay
    offline.shop.antom.visitor_may_pay(hook)
    with pytest.raises(ConfigError, match="must not be async"):
        offline.shop.pay()
    assert offline.calls == []


def test_another_visitor_is_told_that_there_is_no_such_order(shop_url: str) -> None:
    with visited_shop(shop_url, "inline") as visited:
        answer: Any = visited.offline.shop.pay()
        assert (answer.status_code, answer.json["code"]) == (404, "order_not_found")
        assert visited.offline.calls == []

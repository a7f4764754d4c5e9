"""However often a buyer changes their mind, a click costs the same few calls."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from flask_antom import Money
from flask_antom.simulator import Simulator
from flask_antom.store.live import MOST_LEFT_BEHIND, MOST_LIVE
from tests.support.offline import SESSION, OfflineShop, failed
from tests.support.shop import Shopfront, make_order
from tests.support.thorough import examples

pytestmark = pytest.mark.every_database

#: Longer than the pause in which Antom is not asked again.
PAUSE = timedelta(seconds=3)

WALLETS = [f"WALLET_{number}" for number in range(20)]
SILENT = "http-500"


def click(
    shop: Shopfront,
    *methods: str,
    mode: str = "cashier",
    reference: str = "A-1",
    **more: str,
) -> TestResponse:
    """Click after some seconds, as our script does."""
    shop.clock.wind(PAUSE)
    body: dict[str, Any] = {"orderReference": reference, "mode": mode, **more}
    return shop.app.test_client().post(
        "/antom/session", json=body | {"paymentMethodTypes": list(methods)}
    )


def counted(
    simulator: Simulator, action: Callable[[], TestResponse]
) -> tuple[TestResponse, list[str]]:
    """Do something, and return the answer with the calls that Antom got."""
    before = len(simulator.calls)
    answer = action()
    return answer, [call.operation for call in simulator.calls[before:]]


def code_of(answer: TestResponse) -> str:
    return str((answer.json or {})["code"])


def id_of(answer: TestResponse) -> str:
    return str((answer.json or {})["paymentRequestId"])


def test_the_twentieth_switch_costs_as_many_calls_as_the_second(
    shop: Shopfront, simulator: Simulator
) -> None:
    first, other = click(shop, "GCASH"), click(shop, "TNG")
    calls = []
    for method in itertools.islice(itertools.cycle(["GCASH", "TNG"]), 20):
        answer, made = counted(simulator, partial(click, shop, method))
        assert id_of(answer) == id_of(first if method == "GCASH" else other)
        calls.append(made)
    assert calls[19] == calls[1] == ["inquiryPayment"] * 2
    assert len(shop.payments()) == 2


def test_twenty_methods_cost_no_more_calls_than_the_sessions_that_are_open(
    shop: Shopfront, simulator: Simulator
) -> None:
    made = [counted(simulator, partial(click, shop, method)) for method in WALLETS]
    assert [answer.status_code for answer, _ in made] == [201] * 4 + [503] * 16
    assert [len(calls) for _, calls in made] == [1, 2, 3, 4] + [4] * 16
    refused = made[-1][0]
    assert code_of(refused) == "outcome_unknown"
    latest = shop.payments()[-1]
    page = shop.app.test_client().get((refused.json or {})["resultUrl"])
    assert page.status_code == 200
    assert len(shop.payments()) == MOST_LIVE
    assert click(shop, WALLETS[3]).status_code == 200
    assert latest.method == WALLETS[3]


def test_a_method_set_that_was_used_before_gets_its_session_again(
    shop: Shopfront,
) -> None:
    first = click(shop, "GCASH")
    click(shop, "GCASH", mode="hosted")
    click(shop, "GCASH", "TNG", mode="element")
    again = click(shop, "GCASH")
    assert (again.status_code, again.json) == (200, first.json)
    assert len(shop.payments()) == 3


def test_a_price_that_changes_often_keeps_no_buyer_from_paying(
    shop: Shopfront, simulator: Simulator
) -> None:
    for value in range(4200, 4220):
        shop.orders["A-1"] = make_order("A-1", Money(value, "MYR"))
        answer, calls = counted(simulator, lambda: click(shop, "GCASH"))
        assert answer.status_code == 201
        assert calls.count("inquiryPayment") <= MOST_LEFT_BEHIND
    assert [row.outdated for row in shop.payments()] == [True] * 19 + [False]
    simulator.approve(id_of(answer))
    sync_all(shop, "A-1")
    assert shop.fulfilled() == 1


def test_a_session_of_another_amount_is_not_used_again(shop: Shopfront) -> None:
    first = click(shop, "GCASH")
    shop.orders["A-1"] = make_order("A-1", Money(5000, "MYR"))
    click(shop, "GCASH")
    shop.orders["A-1"] = make_order("A-1", Money(4200, "MYR"))
    third = click(shop, "GCASH")
    assert third.status_code == 201
    assert id_of(third) != id_of(first)


def test_sessions_that_are_over_make_room(shop: Shopfront) -> None:
    for method in WALLETS[:5]:
        click(shop, method)
    shop.clock.wind(timedelta(hours=1, minutes=15))
    assert click(shop, WALLETS[4]).status_code == 201
    statuses = [row.status for row in shop.payments()]
    assert statuses == ["expired"] * 4 + ["created"]


def test_failed_attempts_are_cancelled_to_make_room(
    shop: Shopfront, simulator: Simulator
) -> None:
    for _ in range(12):
        answer, calls = counted(simulator, lambda: click(shop, "GCASH"))
        assert answer.status_code == 201
        assert len(calls) <= MOST_LIVE + 2
        simulator.decline(id_of(answer))
    assert {row.status for row in shop.payments()[:8]} == {"cancelled"}


def test_failed_attempts_that_antom_does_not_cancel_stay_live(
    shop: Shopfront, simulator: Simulator
) -> None:
    for _ in range(4):
        simulator.decline(id_of(click(shop, "GCASH")))
    simulator.faults.next("cancel", ("result", "ORDER_STATUS_INVALID", "F"), times=99)
    answer, calls = counted(simulator, lambda: click(shop, "GCASH"))
    assert (answer.status_code, code_of(answer)) == (503, "outcome_unknown")
    assert calls == ["inquiryPayment"] * 4 + ["cancel"] * 4
    assert len(shop.payments()) == 4


def test_sessions_that_browsers_call_spent_are_bounded_too(shop: Shopfront) -> None:
    first = click(shop, "GCASH")
    statuses, spent = [], id_of(first)
    for _ in range(6):
        answer = click(shop, "GCASH", spentRequestId=spent)
        statuses.append(answer.status_code)
        spent = str((answer.json or {}).get("paymentRequestId", spent))
    assert statuses == [201] * 3 + [503] * 3


def test_attempts_that_never_got_a_session_keep_no_room(
    shop: Shopfront, simulator: Simulator
) -> None:
    for method in WALLETS[:6]:
        simulator.faults.next("createPaymentSession", SILENT, times=99)
        assert click(shop, method).status_code == 503
        simulator.faults.clear()
    assert click(shop, "GCASH").status_code == 201
    assert sum(row.open_key is not None for row in shop.payments()) == MOST_LIVE


def test_a_session_that_comes_when_its_attempt_was_given_up_is_not_handed_out(
    shop: Shopfront, simulator: Simulator
) -> None:
    def click_elsewhere(payload: dict[str, Any], order: Any) -> None:
        hooks.session_request = None
        for method in WALLETS[:4]:
            assert click(shop, method).status_code == 201

    hooks = shop.app.extensions["antom"].hooks
    shop.antom.session_request(click_elsewhere)
    assert click(shop, "GCASH").status_code == 503
    assert shop.payments()[0].session_data is None
    assert len(simulator.payments()) == 5


def test_clicks_at_once_open_no_more_sessions_than_clicks_in_turn(
    shop: Shopfront,
) -> None:
    click(shop, "GCASH")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda method: shop.pay(method=method), WALLETS[:8]))
    assert sum(row.session_data is not None for row in shop.payments()) <= MOST_LIVE


def test_the_sessions_are_asked_about_at_once(offline: OfflineShop) -> None:
    unpaid = {"result": failed("ORDER_NOT_EXIST")}
    offline.answers |= {"createPaymentSession": SESSION, "inquiryPayment": unpaid}
    for method in ("GCASH", "TNG"):
        assert click(offline.shop, method).status_code == 201
    both_asked = threading.Barrier(2, timeout=30)

    def answer() -> dict[str, Any]:
        both_asked.wait()
        return unpaid

    offline.answers["inquiryPayment"] = answer
    assert click(offline.shop, "GCASH").status_code == 200


def test_an_answer_that_did_not_come_is_asked_for_at_the_next_click(
    shop: Shopfront, simulator: Simulator
) -> None:
    click(shop, "GCASH")
    simulator.faults.next("inquiryPayment", SILENT, times=2)
    for _ in range(2):
        assert shop.pay(method="TNG").status_code == 503
    assert shop.pay(method="TNG").status_code == 201


def test_of_two_open_sessions_that_are_paid_the_second_needs_a_review(
    shop: Shopfront, simulator: Simulator
) -> None:
    paid = [id_of(click(shop, "GCASH")), id_of(click(shop, "TNG"))]
    for request_id in paid:
        simulator.approve(request_id)
    answer = click(shop, "GCASH")
    assert (answer.status_code, code_of(answer)) == (409, "order_already_paid")
    sync_all(shop, "A-1")
    assert [row.status for row in shop.payments()] == ["succeeded", "review"]
    assert shop.fulfilled() == 1


def sync_all(shop: Shopfront, reference: str) -> None:
    payment = shop.antom.Payment
    with shop.app.app_context():
        query = shop.db.select(payment).where(payment.order_reference == reference)
        for row in shop.db.session.scalars(query).all():
            shop.antom.sync(row)


# Any sequence of clicks

#: A click opens one session and asks about the live ones, and cancels them at most.
MOST_CALLS = 2 * MOST_LIVE + 1

CLICKS = st.one_of(
    *(
        st.tuples(st.just("cashier"), st.sampled_from([[one] for one in WALLETS[:6]])),
        st.tuples(
            st.sampled_from(["element", "page", "hosted"]),
            st.sampled_from([WALLETS[:1], WALLETS[:2], WALLETS[:3]]),
        ),
    )
)
#: What may be special about a click: Antom is silent, or the buyer gives up what they
#: were told of.
CLICKED = ["silent", "giving up"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("click"), CLICKS, st.sets(st.sampled_from(CLICKED))),
        st.tuples(st.just("price"), st.integers(4000, 4002), st.none()),
        st.tuples(
            st.sampled_from(["approve", "process", "pend", "decline", "close"]),
            st.integers(0, 9),
            st.none(),
        ),
        st.tuples(st.just("hours"), st.integers(1, 2), st.none()),
    ),
    max_size=25,
)
_references = itertools.count()


class Buyer:
    """A buyer of one order, who does anything at all."""

    def __init__(self, shop: Shopfront, simulator: Simulator) -> None:
        self.shop, self.simulator = shop, simulator
        self.reference = f"P-{next(_references)}"
        self.told: str | None = None
        self.price(4000, None)

    def sessions(self) -> list[Any]:
        payments = self.simulator.payments()
        return [one for one in payments if one.order_reference == self.reference]

    def payable(self) -> list[Any]:
        gateway = self.simulator._payments
        return [one for one in self.sessions() if gateway.is_payable(one)]

    def price(self, value: int, more: None) -> None:
        amount = Money(value, "MYR")
        self.shop.orders[self.reference] = make_order(self.reference, amount)

    def hours(self, number: int, more: None) -> None:
        self.simulator.clock.advance(hours=number, minutes=15)
        self.shop.clock.wind(timedelta(hours=number, minutes=15))

    def act(self, name: str, number: int) -> None:
        """Do something in one of the sessions that can be paid."""
        if payable := self.payable():
            session = payable[number % len(payable)]
            getattr(self.simulator, name)(session.request_id)

    def begun(self) -> dict[str, str]:
        """Return the payments that the buyer has begun in a wallet."""
        known = {"PROCESSING", "PENDING"}
        found = self.sessions()
        return {one.request_id: one.status for one in found if one.status in known}

    def click(self, choice: tuple[str, list[str]], how: set[str]) -> None:
        others, begun = {one.request_id for one in self.payable()}, self.begun()
        is_silent = "silent" in how
        if is_silent:
            self.simulator.faults.next("inquiryPayment", SILENT, times=99)
        given_up = self.told if "giving up" in how else None
        more = {"insteadOf": given_up} if given_up else {}
        mode, methods = choice
        answer, calls = counted(
            self.simulator,
            lambda: click(
                self.shop, *methods, mode=mode, reference=self.reference, **more
            ),
        )
        self.simulator.faults.clear()
        self.told = (answer.json or {}).get("paymentRequestId")
        for request_id, status in begun.items():
            is_given_up = request_id == given_up and status == "PROCESSING"
            is_there = request_id in self.begun()
            assert is_there or is_given_up, "what was begun is gone"
        assert answer.status_code in (200, 201, 409, 503)
        assert calls.count("inquiryPayment") <= MOST_LIVE + MOST_LEFT_BEHIND
        assert len(calls) <= MOST_CALLS + MOST_LEFT_BEHIND
        assert len(self.payable()) <= MOST_LIVE + MOST_LEFT_BEHIND
        if answer.status_code < 300:
            offered = id_of(answer)
            assert not is_silent or others <= {offered}
            for session in self.sessions():
                if session.request_id != offered:
                    assert session.status not in {"SUCCESS", "PROCESSING", "PENDING"}
                elif not is_silent:  # in the same session nobody pays twice
                    assert session.status not in {"SUCCESS", "PENDING"}


def test_whatever_a_buyer_does(shop: Shopfront, simulator: Simulator) -> None:
    @given(steps=STEPS)
    @settings(
        max_examples=examples(60),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    def play(steps: list[tuple[str, Any, Any]]) -> None:
        buyer = Buyer(shop, simulator)
        for name, what, more in steps:
            if name in ("click", "price", "hours"):
                getattr(buyer, name)(what, more)
            else:
                buyer.act(name, what)
        sync_all(shop, buyer.reference)
        assert shop.fulfilled(buyer.reference) <= 1
        del shop.orders[buyer.reference]

    play()

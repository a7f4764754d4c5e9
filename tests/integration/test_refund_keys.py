"""A click on "refund" that comes twice: one key, one refund, on each database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import AntomError, NotPossible, Refused, RepeatedCall
from flask_antom.signals import refund_succeeded
from flask_antom.simulator import Simulator
from tests.integration.actions import act, make_refunds_due, refund, refunds
from tests.support.offline import OfflineShop
from tests.support.shop import Shopfront, make_order

pytestmark = pytest.mark.every_database

BALANCE = ("result", "MERCHANT_BALANCE_NOT_ENOUGH", "F")


def pay(shop: Shopfront, simulator: Simulator, reference: str = "A-1") -> str:
    """Pay an order of 42.00 MYR, and return the request id."""
    answer = shop.pay(reference).json or {}
    simulator.approve(answer["paymentRequestId"])
    with shop.app.app_context():
        shop.antom.sync(load(shop, reference))
    return str(answer["paymentRequestId"])


def load(shop: Shopfront, reference: str) -> Any:
    """Return an order's latest payment in the session of the current app context."""
    payment = shop.antom.Payment
    query = shop.db.select(payment).where(payment.order_reference == reference)
    return shop.db.session.scalars(query.order_by(payment.id.desc())).first()


@pytest.fixture
def paid(shop: Shopfront, simulator: Simulator) -> str:
    """A paid payment of 42.00 MYR; gives its request id."""
    return pay(shop, simulator)


def sent(simulator: Simulator) -> list[str | None]:
    """Return the ids of the refunds that Antom was asked for, each call once."""
    calls = simulator.calls
    return [call.request_id for call in calls if call.operation == "refund"]


def given_back(simulator: Simulator, request_id: str) -> int:
    value: int = simulator.accounts()[request_id].refunded.value
    return value


@pytest.mark.parametrize("amount", [1000, None], ids=["a part", "all"])
def test_a_key_gives_the_same_refund_back(
    shop: Shopfront, simulator: Simulator, paid: str, amount: int | None
) -> None:
    first = refund(shop, amount, key="return-1", reason="one mug broke")
    again = refund(shop, amount, key="return-1", reason="another text")
    assert (again.id, again.request_id) == (first.id, first.request_id)
    assert (again.key, again.reason) == ("return-1", "one mug broke")
    assert len(sent(simulator)) == len(refunds(shop)) == 1
    assert given_back(simulator, paid) == (amount or 4200)


def test_a_repeat_may_leave_the_amount_to_the_first_call(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    first = refund(shop, 1000, key="k")
    assert refund(shop, key="k").id == first.id
    assert given_back(simulator, paid) == 1000


def test_other_keys_are_other_refunds(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    for key in ("k", "K", "k k", "ключ", "k" * 64):
        refund(shop, 100, key=key)
    assert given_back(simulator, paid) == 500


@pytest.mark.parametrize("amount", [Money(999, "MYR"), Money(1000, "USD")], ids=str)
def test_a_key_is_not_for_another_amount(
    shop: Shopfront, simulator: Simulator, paid: str, amount: Money
) -> None:
    refund(shop, 1000, key="k")
    words = r"key k was used to refund 10\.00 MYR|in MYR, and the amount in USD"
    with pytest.raises(NotPossible, match=words):
        act(shop, "refund", amount, key="k")
    assert len(sent(simulator)) == 1


@pytest.mark.parametrize("amount", [1000, None], ids=["a part", "all"])
def test_a_key_is_not_for_another_order(
    shop: Shopfront, simulator: Simulator, paid: str, amount: int | None
) -> None:
    shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    other = pay(shop, simulator, "A-2")
    refund(shop, amount, key="k")
    money = None if amount is None else Money(amount, "MYR")
    with (
        shop.app.app_context(),
        pytest.raises(NotPossible, match="key k was used to refund another payment"),
    ):
        shop.antom.refund(load(shop, "A-2"), money, key="k")
    assert given_back(simulator, other) == 0


def test_a_key_is_not_for_another_payment_of_the_order(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    refund(shop, key="k")
    other = pay(shop, simulator)
    assert other != paid
    with (
        shop.app.app_context(),
        pytest.raises(NotPossible, match="key k was used to refund another payment"),
    ):
        shop.antom.refund(load(shop, "A-1"), key="k")
    assert given_back(simulator, other) == 0


def test_a_key_whose_refund_failed_gives_the_failed_refund(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    simulator.faults.next("refund", BALANCE)
    with pytest.raises(Refused):
        refund(shop, 1000, key="k")
    again = refund(shop, 1000, key="k")
    assert (again.status, again.result_code) == ("failed", BALANCE[1])
    assert len(sent(simulator)) == 1
    assert refund(shop, 1000, key="another").status == "succeeded"
    assert given_back(simulator, paid) == 1000


@pytest.mark.parametrize("fault", ["lost-answer", "reset"])
def test_a_key_whose_outcome_is_unknown_is_left_to_the_sweep(
    shop: Shopfront, simulator: Simulator, paid: str, fault: str
) -> None:
    simulator.faults.next("refund", fault, times=99)
    first = refund(shop, 1000, key="k")
    simulator.faults.clear()
    before = len(sent(simulator))
    again = refund(shop, 1000, key="k")
    assert (again.id, again.status) == (first.id, "pending")
    assert len(sent(simulator)) == before
    make_refunds_due(shop)
    shop.sweep()
    assert refund(shop, 1000, key="k").status == "succeeded"
    assert given_back(simulator, paid) == 1000
    assert len(set(sent(simulator)) - {None}) == 1


def test_a_repeat_after_a_receiver_raised_gives_the_refund(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    def fail(app: Any, **extra: Any) -> None:
        raise RuntimeError("The shop's own trouble.")

    shop.connect(refund_succeeded, fail)
    with pytest.raises(AntomError, match="receiver"):
        refund(shop, 1000, key="k")
    assert refund(shop, 1000, key="k").status == "succeeded"
    assert given_back(simulator, paid) == 1000


@pytest.mark.parametrize(
    "key", ["", " ", " k", "k ", "k" * 65, "a\nb", "a\0b", "\ud800", 7, b"k"], ids=repr
)
def test_a_key_is_a_short_printable_text(
    shop: Shopfront, simulator: Simulator, paid: str, key: Any
) -> None:
    with pytest.raises(NotPossible, match="1 to 64 printable characters"):
        refund(shop, 1000, key=key)
    assert sent(simulator) == []


@pytest.mark.parametrize("amount", [1000, 3000, 4200, None], ids=str)
def test_an_equal_refund_without_a_key_is_taken_for_a_second_click(
    shop: Shopfront, simulator: Simulator, paid: str, amount: int | None
) -> None:
    first = refund(shop, amount)
    with shop.app.app_context():
        money = None if amount is None else Money(amount, "MYR")
        with pytest.raises(RepeatedCall, match="again=True") as caught:
            shop.antom.refund(load(shop, "A-1"), money)
        earlier = caught.value.earlier
        assert isinstance(earlier, shop.antom.Refund)
        assert earlier in shop.db.session
        assert (earlier.request_id, earlier.status) == (first.request_id, "succeeded")
    assert given_back(simulator, paid) == (amount or 4200)


def test_a_refund_in_process_is_an_earlier_call_too(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    simulator.refunds_in_process = True
    first = refund(shop, 1000)
    with pytest.raises(RepeatedCall) as caught:
        refund(shop, 1000)
    earlier = caught.value.earlier
    assert (earlier.id, earlier.status) == (first.id, "pending")


def test_a_call_without_a_key_repeats_one_with_a_key(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    refund(shop, 1000, key="k")
    with pytest.raises(RepeatedCall):
        refund(shop, 1000)
    assert given_back(simulator, paid) == 1000


def test_whoever_means_it_says_so(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    refund(shop, 1000)
    refund(shop, 1000, again=True)
    refund(shop, 1000, key="k")
    with pytest.raises(NotPossible, match=r"12\.00 MYR"):
        refund(shop, 1300, again=True)
    with pytest.raises(RepeatedCall):
        refund(shop, 1000)
    assert given_back(simulator, paid) == 3000


def test_another_amount_is_no_repeat(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    refund(shop, 1000)
    refund(shop, 1001)
    refund(shop)
    assert given_back(simulator, paid) == 4200


def test_a_refund_that_failed_is_made_anew(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    simulator.faults.next("refund", BALANCE)
    with pytest.raises(Refused):
        refund(shop)
    refund(shop)
    assert refunds(shop) == [("failed", 4200), ("succeeded", 4200)]


def test_a_minute_later_it_is_another_refund(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    refund(shop, 1000)
    shop.clock.wind(timedelta(seconds=61))
    refund(shop, 1000)
    refund(shop)
    shop.clock.wind(timedelta(seconds=61))
    with pytest.raises(NotPossible, match=r"Only 0\.00 MYR") as caught:
        refund(shop)
    assert not isinstance(caught.value, RepeatedCall)
    assert given_back(simulator, paid) == 4200


def click_twice(click: Callable[[], Any]) -> list[Any]:
    """Click in two threads at once; returns what each of them got."""
    barrier, got = threading.Barrier(2, timeout=60), list[Any]()

    def work() -> None:
        barrier.wait()
        try:
            got.append(click())
        except AntomError as error:
            got.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


@pytest.mark.parametrize("amount", [1000, None], ids=["a part", "all"])
def test_a_double_click_with_a_key_gives_one_refund_to_both(
    shop: Shopfront, simulator: Simulator, paid: str, amount: int | None
) -> None:
    first, second = click_twice(lambda: refund(shop, amount, key="k").request_id)
    assert first == second
    assert len(sent(simulator)) == 1
    assert given_back(simulator, paid) == (amount or 4200)


@pytest.mark.parametrize("amount", [1000, None], ids=["a part", "all"])
def test_a_double_click_without_a_key_refunds_once(
    shop: Shopfront, simulator: Simulator, paid: str, amount: int | None
) -> None:
    got = click_twice(lambda: refund(shop, amount).request_id)
    (row,) = shop.rows(shop.antom.Refund)
    assert Counter(map(type, got)) == {str: 1, RepeatedCall: 1}
    assert row.request_id in got
    assert given_back(simulator, paid) == (amount or 4200)


def test_one_key_at_once_for_two_orders_refunds_one(
    shop: Shopfront, simulator: Simulator, paid: str
) -> None:
    shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    other = pay(shop, simulator, "A-2")
    orders = iter(["A-1", "A-2"])

    def click() -> None:
        with shop.app.app_context():
            shop.antom.refund(load(shop, next(orders)), Money(1000, "MYR"), key="k")

    got = click_twice(click)
    assert Counter(map(type, got)) == {type(None): 1, NotPossible: 1}
    assert given_back(simulator, paid) + given_back(simulator, other) == 1000


@pytest.mark.parametrize("call", ["refund", "capture"])
@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (1000, "must be a Money, not int"),
        ("10.00", "must be a Money, not str"),
        (Money(1000, "USD"), "in MYR, and the amount in USD"),
        (Money(0, "MYR"), "is zero"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(
    offline: OfflineShop, call: str, amount: Any, words: str
) -> None:
    offline.add_payment(method="CARD")
    offline.notify()
    with pytest.raises(NotPossible, match=words):
        act(offline.shop, call, amount)
    assert offline.calls == []


@pytest.mark.parametrize("call", ["refund", "capture", "cancel", "sync"])
@pytest.mark.parametrize("payment", [None, "A-1", 1])
def test_what_is_no_payment_is_refused(
    offline: OfflineShop, call: str, payment: Any
) -> None:
    with (
        offline.shop.app.app_context(),
        pytest.raises(NotPossible, match=r"a row of antom\.Payment"),
    ):
        getattr(offline.shop.antom, call)(payment)

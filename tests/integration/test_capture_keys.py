"""A click on "capture" that comes twice: one key, one capture, on each database."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import AntomError, NotPossible, OutcomeUnknown, Refused
from flask_antom.errors import RepeatedCall as Repeated
from flask_antom.simulator import Simulator
from flask_antom.store import capture_requests
from tests.integration.actions import act, capture, make_due
from tests.support.shop import Shopfront, capture_by_hand

pytestmark = pytest.mark.every_database

#: Why Antom did not capture.
REFUSAL = ("result", "PROCESS_FAIL", "F")


@pytest.fixture
def authorized(shop: Shopfront, simulator: Simulator) -> str:
    """A card payment of 42.00 MYR that waits to be captured; gives its request id."""
    shop.antom.session_request(capture_by_hand)
    answer = shop.pay(method="CARD").json or {}
    simulator.approve(answer["paymentRequestId"])
    act(shop, "sync")
    return str(answer["paymentRequestId"])


def sent(simulator: Simulator) -> list[str | None]:
    """Return the ids of the captures that Antom was asked for, each call once."""
    calls = simulator.calls
    return [call.request_id for call in calls if call.operation == "capture"]


def taken(simulator: Simulator, request_id: str) -> int:
    value: int = simulator.accounts()[request_id].captured.value
    return value


def asked(shop: Shopfront) -> list[dict[str, Any]]:
    """Return the captures that the payment was asked for, oldest first."""
    captures = shop.payments()[0].capture_requests.values()
    return sorted(captures, key=lambda capture: str(capture["at"]))


def test_a_capture_is_kept(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 1000, final=False)
    capture(shop, key="k")
    first, second = asked(shop)
    assert (first.pop("at"), second.pop("at")) < (shop.clock.now().isoformat(),) * 2
    assert first == {"amount": 1000, "final": False}
    assert second == {"amount": 3200, "final": True, "key": "k"}


@pytest.mark.parametrize("amount", [1000, None], ids=["a part", "all"])
def test_a_key_captures_once(
    shop: Shopfront, simulator: Simulator, authorized: str, amount: int | None
) -> None:
    for _ in range(3):
        capture(shop, amount, final=False, key="k")
    assert len(sent(simulator)) == len(asked(shop)) == 1
    assert taken(simulator, authorized) == (amount or 4200)


def test_a_repeat_may_leave_the_amount_to_the_first_call(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 1000, final=False, key="k")
    capture(shop, final=False, key="k")
    assert taken(simulator, authorized) == 1000


def test_other_keys_are_other_captures(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    for key in ("k", "K", "k k"):
        capture(shop, 1000, final=False, key=key)
    assert taken(simulator, authorized) == 3000


@pytest.mark.parametrize(
    ("amount", "final", "reason"),
    [
        (Money(999, "MYR"), False, r"to capture 10\.00 MYR"),
        (Money(1000, "USD"), False, "in MYR, and the amount in USD"),
        (Money(1000, "MYR"), True, "final=False"),
    ],
    ids=["amount", "currency", "final"],
)
@pytest.mark.parametrize("faults", [[], ["reset"]], ids=["done", "under way"])
def test_a_key_is_not_for_another_capture(
    shop: Shopfront,
    simulator: Simulator,
    authorized: str,
    amount: Money,
    final: bool,
    reason: str,
    faults: list[str],
) -> None:
    for fault in faults:
        simulator.faults.next("capture", fault, times=99)
    try:
        capture(shop, 1000, final=False, key="k")
    except OutcomeUnknown:
        assert faults
    simulator.faults.clear()
    before = len(sent(simulator))
    with pytest.raises(NotPossible, match=reason):
        act(shop, "capture", amount, final=final, key="k")
    assert len(sent(simulator)) == before


def test_a_key_is_not_for_another_payment_of_the_order(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, key="k")
    act(shop, "refund")
    answer = shop.pay(method="CARD").json or {}
    simulator.approve(answer["paymentRequestId"])
    shop.call("sync")
    with pytest.raises(NotPossible, match="capture another payment"):
        shop.call("capture", key="k")
    assert taken(simulator, answer["paymentRequestId"]) == 0


def test_a_key_whose_capture_failed_says_so(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    simulator.faults.next("capture", REFUSAL)
    with pytest.raises(Refused):
        capture(shop, key="k")
    with pytest.raises(NotPossible, match=r"PROCESS_FAIL.*new key"):
        capture(shop, key="k")
    assert len(sent(simulator)) == 1
    capture(shop, key="another")
    assert taken(simulator, authorized) == 4200


@pytest.mark.parametrize("fault", ["lost-answer", "reset"])
def test_a_key_whose_outcome_is_unknown_is_sent_again_with_its_own_id(
    shop: Shopfront, simulator: Simulator, authorized: str, fault: str
) -> None:
    simulator.faults.next("capture", fault, times=99)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            capture(shop, 1000, final=False, key="k")
    with pytest.raises(NotPossible, match="under way"):
        capture(shop, 1000, final=False, key="another")
    simulator.faults.clear()
    capture(shop, final=False, key="k")
    capture(shop, final=False, key="k")
    assert taken(simulator, authorized) == 1000
    assert len(set(sent(simulator)) - {None}) == 1


def test_a_key_whose_capture_the_sweep_gave_up_is_not_sent_again(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    simulator.faults.next("capture", "reset", times=99)
    with pytest.raises(OutcomeUnknown):
        capture(shop, 1000, key="k")
    act(shop, "cancel")
    simulator.faults.clear()
    shop.clock.wind(timedelta(minutes=10))
    make_due(shop)
    shop.sweep()
    assert shop.payments()[0].capture_request_id is None
    before = len(sent(simulator))
    with pytest.raises(NotPossible, match="Antom has not said"):
        capture(shop, 1000, key="k")
    assert len(sent(simulator)) == before


@pytest.mark.parametrize("key", ["", " k", "k" * 65, "a\nb", 7], ids=repr)
def test_a_key_is_a_short_printable_text(
    shop: Shopfront, simulator: Simulator, authorized: str, key: Any
) -> None:
    with pytest.raises(NotPossible, match="1 to 64 printable characters"):
        capture(shop, key=key)
    assert sent(simulator) == []


@pytest.mark.parametrize("amount", [1000, 3000, 4200, None], ids=str)
def test_an_equal_capture_without_a_key_is_taken_for_a_second_click(
    shop: Shopfront, simulator: Simulator, authorized: str, amount: int | None
) -> None:
    capture(shop, amount, final=False)
    with pytest.raises(Repeated, match="again=True") as caught:
        capture(shop, amount, final=False)
    assert caught.value.earlier.request_id == authorized
    assert len(sent(simulator)) == 1


def test_the_earlier_payment_is_the_hosts_object(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    with shop.app.app_context():
        payment = shop.db.session.scalars(shop.db.select(shop.antom.Payment)).one()
        shop.antom.capture(payment)
        with pytest.raises(Repeated) as caught:
            shop.antom.capture(payment)
        assert caught.value.earlier is payment
        assert payment.captured == Money(4200, "MYR")


def test_whoever_means_it_says_so(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 1000, final=False)
    capture(shop, 1000, final=False, again=True)
    capture(shop, 1000, final=False, key="k")
    shop.clock.wind(timedelta(seconds=61))
    capture(shop, 1000, final=False)
    assert taken(simulator, authorized) == 4000


def test_another_amount_or_final_is_no_repeat(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    capture(shop, 1000, final=False)
    capture(shop, 1001, final=False)
    capture(shop, 1000)
    assert taken(simulator, authorized) == 3001


def test_a_capture_that_failed_is_made_anew(
    shop: Shopfront, simulator: Simulator, authorized: str
) -> None:
    simulator.faults.next("capture", REFUSAL)
    with pytest.raises(Refused):
        capture(shop)
    capture(shop)
    assert taken(simulator, authorized) == 4200
    assert [one.get("failed") for one in asked(shop)] == ["PROCESS_FAIL", None]


@pytest.mark.parametrize("key", ["k", None], ids=["key", "no key"])
@pytest.mark.parametrize("amount", [1000, None], ids=["a part", "all"])
def test_a_double_click_captures_once(
    shop: Shopfront,
    simulator: Simulator,
    authorized: str,
    amount: int | None,
    key: str | None,
) -> None:
    barrier, got = threading.Barrier(2, timeout=60), list[Any]()

    def work() -> None:
        barrier.wait()
        try:
            got.append(capture(shop, amount, final=False, key=key))  # type: ignore[func-returns-value]
        except AntomError as error:
            got.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = Counter(map(type, got))
    assert outcomes[type(None)] >= 1
    assert outcomes.keys() <= ({type(None)} if key else {type(None), Repeated})
    assert len(set(sent(simulator))) == len(asked(shop)) == 1
    assert taken(simulator, authorized) == (amount or 4200)


def test_old_captures_without_a_key_make_room(
    shop: Shopfront,
    simulator: Simulator,
    authorized: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capture_requests, "_MOST", 3)
    capture(shop, 1, final=False)
    capture(shop, 2, final=False, key="k2")
    capture(shop, 3, final=False, key="k3")
    with pytest.raises(NotPossible, match="At most 3 captures"):
        capture(shop, 4, final=False)
    shop.clock.wind(timedelta(seconds=61))
    capture(shop, 4, final=False, key="k4")
    assert [one["amount"] for one in asked(shop)] == [2, 3, 4]
    shop.clock.wind(timedelta(seconds=61))
    with pytest.raises(NotPossible, match="At most 3 captures"):
        capture(shop, 5, final=False)
    for key in ("k2", "k3", "k4"):
        capture(shop, final=False, key=key)
    assert taken(simulator, authorized) == 10

"""Where an order stands, by all combinations of its attempts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_antom.domain.order_states import (
    STRENGTH,
    TABLE,
    WITHOUT_PAYMENT,
    OrderState,
    Standing,
    decide_order,
)
from flask_antom.domain.payment_states import BEGUN, FINAL, TAKEN, Status

AMOUNT = 4200

#: Every attempt that makes a difference: its status, what was captured and refunded,
#: whether a refund is pending, and whether it was paid when it was cancelled.
ATTEMPTS = [
    Standing(status, captured, refunded, pending, undone)
    for status, captured, refunded, pending, undone in itertools.product(
        Status, (0, AMOUNT), (0, 100, AMOUNT), (False, True), (False, True)
    )
    if refunded <= captured
]

orders = st.lists(st.sampled_from(ATTEMPTS), max_size=5)


def state_of(*attempts: Standing, is_closed: bool = False) -> OrderState:
    return decide_order(attempts, is_closed=is_closed)[0]


def holds_money(attempt: Standing) -> bool:
    """Whether the shop has money of this attempt, and does not give it back."""
    is_back = attempt.captured and attempt.refunded >= attempt.captured
    return attempt.status in TAKEN and not is_back and not attempt.is_being_refunded


def test_each_status_and_each_state_has_its_place() -> None:
    assert set(TABLE) == set(Status)
    assert sorted(STRENGTH) == sorted(OrderState)
    assert {TABLE[status] for status in BEGUN} == {OrderState.PAYING}
    assert OrderState.PAYING not in {TABLE[status] for status in FINAL}


@pytest.mark.parametrize(
    ("attempt", "state"),
    [
        (Standing(Status.CREATED), "open"),
        (Standing(Status.PENDING), "paying"),
        (Standing(Status.PROCESSING), "paying"),
        (Standing(Status.AUTHORIZED), "paid"),
        (Standing(Status.AUTHORIZED, AMOUNT // 2), "paid"),
        (Standing(Status.SUCCEEDED, AMOUNT), "paid"),
        (Standing(Status.SUCCEEDED, AMOUNT, 100), "paid"),
        (Standing(Status.SUCCEEDED, AMOUNT, 100, True), "refunding"),
        (Standing(Status.SUCCEEDED, AMOUNT, AMOUNT), "refunded"),
        (Standing(Status.SUCCEEDED, AMOUNT, AMOUNT, True), "refunded"),
        (Standing(Status.REVIEW, AMOUNT), "review"),
        (Standing(Status.REVIEW, 0), "review"),
        (Standing(Status.REVIEW, AMOUNT, 0, True), "refunding"),
        (Standing(Status.REVIEW, AMOUNT, AMOUNT), "refunded"),
        (Standing(Status.CANCELLED), "open"),
        (Standing(Status.CANCELLED, AMOUNT, 0, False, True), "refunded"),
        (Standing(Status.FAILED), "open"),
        (Standing(Status.EXPIRED), "open"),
    ],
)
def test_one_attempt(attempt: Standing, state: str) -> None:
    assert state_of(attempt) == state


@pytest.mark.parametrize(
    ("statuses", "state", "position"),
    [
        (["cancelled", "succeeded"], "paid", 1),
        (["succeeded", "cancelled"], "paid", 0),
        (["succeeded", "review"], "paid", 0),
        (["review", "processing"], "review", 0),
        (["failed", "processing", "created"], "paying", 1),
        (["pending", "processing"], "paying", 0),
        (["processing", "processing"], "paying", 1),
        (["failed", "expired", "created"], "open", None),
        ([], "open", None),
    ],
)
def test_several_attempts(
    statuses: list[str], state: str, position: int | None
) -> None:
    attempts = [Standing(Status(status)) for status in statuses]
    assert decide_order(attempts, is_closed=False) == (state, position)


def test_a_new_payment_counts_more_than_a_refund_of_an_old_one() -> None:
    back = Standing(Status.SUCCEEDED, AMOUNT, AMOUNT)
    going_back = back._replace(refunded=0, is_being_refunded=True)
    for old in (back, going_back):
        assert state_of(old, Standing(Status.PROCESSING)) == "paying"
        assert state_of(old, Standing(Status.SUCCEEDED)) == "paid"
        assert state_of(old, Standing(Status.FAILED)) == old.state


@given(orders, st.booleans())
def test_the_order_is_paid_if_and_only_if_an_attempt_is(
    attempts: list[Standing], is_closed: bool
) -> None:
    held = [one.status for one in attempts if holds_money(one)]
    state = state_of(*attempts, is_closed=is_closed)
    is_paid = any(status is not Status.REVIEW for status in held)
    assert (state == "paid") is is_paid
    assert (state == "review") is (bool(held) and not is_paid)


@given(orders, st.booleans())
def test_who_may_be_paying_is_never_asked_to_pay(
    attempts: list[Standing], is_closed: bool
) -> None:
    state = state_of(*attempts, is_closed=is_closed)
    if any(one.status in BEGUN for one in attempts):
        assert state in ("paid", "review", "paying")
    assert (state == "open") is (
        not is_closed and all(one.state == "open" for one in attempts)
    )


@given(orders, st.booleans())
def test_a_closed_order_is_not_open(attempts: list[Standing], is_closed: bool) -> None:
    without = state_of(*attempts)
    closed = state_of(*attempts, is_closed=True)
    assert closed == ("closed" if without == "open" else without)


@given(st.data(), orders, st.booleans())
def test_the_order_of_the_attempts_does_not_matter(
    data: st.DataObject, attempts: list[Standing], is_closed: bool
) -> None:
    mixed = data.draw(st.permutations(attempts))
    expected = state_of(*attempts, is_closed=is_closed)
    assert state_of(*mixed, is_closed=is_closed) == expected


@given(orders, st.sampled_from(ATTEMPTS), st.booleans())
def test_another_attempt_makes_no_order_weaker(
    attempts: list[Standing], another: Standing, is_closed: bool
) -> None:
    before = state_of(*attempts, is_closed=is_closed)
    after = state_of(*attempts, another, is_closed=is_closed)
    assert STRENGTH.index(after) <= STRENGTH.index(before)


@given(orders, st.booleans())
def test_the_payment_is_one_that_makes_the_order_what_it_is(
    attempts: list[Standing], is_closed: bool
) -> None:
    state, position = decide_order(attempts, is_closed=is_closed)
    assert (position is None) is (state in WITHOUT_PAYMENT)
    if position is not None:
        assert attempts[position].state == state
        later = [one.state for one in attempts[position + 1 :]]
        assert state not in later or state == "paying"

"""Antom's risk review, over every order and repetition of its news."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import permutations
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_antom.domain.captures import merge_captures
from flask_antom.domain.decisions import decide
from flask_antom.domain.money import Money
from flask_antom.domain.payment_states import Fact, Observation, ReviewOutcome, View
from flask_antom.domain.payment_states import Status as S

AMOUNT = Money(4200, "MYR")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

CARD = View(S.CREATED, AMOUNT, authorizes=True)
WALLET = View(S.CREATED, AMOUNT)


def news(
    review: ReviewOutcome = ReviewOutcome.UNNAMED,
    *,
    source: str = "notification",
    captured: bool = False,
    fact: Fact = Fact.PAID,
) -> Observation:
    captures = {"C1": AMOUNT} if captured or fact is Fact.CAPTURED else {}
    return Observation(
        fact, source, "R1", "P1", AMOUNT, captures, review=review, at=NOON
    )


AUTHORIZED = news()
BEGINS = news(ReviewOutcome.RUNNING)
ACCEPTED = news(ReviewOutcome.ACCEPTED)
REJECTED = news(ReviewOutcome.REJECTED)
CAPTURED = news(fact=Fact.CAPTURED)
HEARD = Observation(Fact.REVIEW_NEWS, "notification", "R1", "P1")
ASKED_BEFORE = news(source="inquiry")
ASKED_DURING = news(ReviewOutcome.RUNNING, source="inquiry", captured=True)
ASKED_AFTER = news(ReviewOutcome.ACCEPTED, source="inquiry", captured=True)

HELD = (S.PENDING, S.PROCESSING, S.AUTHORIZED, S.SUCCEEDED)
ALL = (AUTHORIZED, BEGINS, ACCEPTED, REJECTED, CAPTURED, HEARD, ASKED_DURING)


class Story(NamedTuple):
    """A payment, and the signals that were sent so far, each once."""

    view: View
    told: tuple[str, ...] = ()

    def after(self, seen: Observation) -> Story:
        """Observe one more, and see that nothing happens during a review."""
        view, decision = self.view, decide(self.view, seen)
        captures = dict(view.captures)
        if decision.adopt:
            captures = merge_captures(captures, seen.captures)
        told, is_adopted = self.told, decision.adopt or view.payment_id is None
        if decision.signal is not None and decision.signal not in told:
            told += (decision.signal,)
        if decision.under_review:
            assert decision.signal in (None, "payment_needs_review"), seen
            assert decision.status in HELD
        if decision.status is S.SUCCEEDED:
            was_paid = view.status is S.SUCCEEDED
            assert was_paid or not decision.under_review
        after = view._replace(
            status=decision.status,
            under_review=decision.under_review,
            payment_id=seen.payment_id if is_adopted else view.payment_id,
            captures=captures,
            captured=sum(captures.values()),
        )
        return Story(after, told)

    def over(self, observations: Iterable[Observation]) -> Story:
        story = self
        for seen in observations:
            story = story.after(seen)
        return story


def orders(*observations: Observation) -> Iterable[tuple[Observation, ...]]:
    """Yield every order, each once more with one of its observations repeated."""
    for order in permutations(observations):
        yield order
        for again in order:
            yield (*order, again)


def test_a_rejected_payment_is_for_a_person_in_every_order() -> None:
    for order in orders(*ALL):
        view, told = Story(CARD).over(order)
        assert view.status is S.REVIEW
        assert not view.under_review
        assert "payment_needs_review" in told
        assert view.captured in (0, 4200)


def test_an_accepted_payment_succeeds_once_in_every_order() -> None:
    for order in orders(*(seen for seen in ALL if seen is not REJECTED)):
        view, told = Story(CARD).over([*order, ASKED_AFTER])
        assert (view.status, view.under_review) == (S.SUCCEEDED, False)
        assert view.captured == 4200
        assert "payment_needs_review" not in told
        assert told[-1] == "payment_succeeded"


def test_what_was_captured_during_a_review_succeeds_when_it_is_accepted() -> None:
    for order in permutations([BEGINS, CAPTURED, AUTHORIZED]):
        if order.index(BEGINS) > order.index(CAPTURED):
            continue  # it was told before the review began
        view, told = Story(CARD).over(order)
        assert view.under_review
        assert view.captured == 4200
        assert "payment_succeeded" not in told
        view, told = Story(view, told).after(ACCEPTED)
        assert (view.status, told[-1]) == (S.SUCCEEDED, "payment_succeeded")


def test_what_was_captured_during_a_review_is_there_to_be_refunded() -> None:
    view, told = Story(CARD).over([BEGINS, CAPTURED, REJECTED])
    assert (view.status, view.captured) == (S.REVIEW, 4200)
    assert told == ("payment_needs_review",)


@pytest.mark.parametrize("start", [CARD, WALLET])
@pytest.mark.parametrize("later", [AUTHORIZED, CAPTURED, ASKED_BEFORE, HEARD])
def test_news_that_names_no_review_ends_none(start: View, later: Observation) -> None:
    story = Story(start).over([BEGINS, later, later])
    assert (story.view.status, story.view.under_review) == (S.PROCESSING, True)
    assert story.told == ()


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("cancel_asked", [True, False])
def test_money_that_is_held_reopens_what_failed_but_not_our_own_cancel(
    status: S, cancel_asked: bool
) -> None:
    view = View(status, AMOUNT, "P1", cancel_asked=cancel_asked)
    after = Story(view).after(BEGINS).view
    is_closed = status is S.CANCELLED and not cancel_asked
    if is_closed or status in (S.CREATED, S.FAILED, S.EXPIRED):
        assert after.status is S.PROCESSING
    else:
        assert after.status is status
    assert after.under_review == (after.status in HELD)


def test_a_failure_of_another_try_does_not_end_what_is_held() -> None:
    held = Story(WALLET).after(BEGINS)
    failed = Observation(Fact.FAILED, "notification", "R1", "P0")
    assert held.after(failed).view == held.view
    own = held.after(failed._replace(payment_id="P1"))
    assert (own.view.status, own.told) == (S.FAILED, ("payment_failed",))


def test_another_try_is_not_held_by_the_review_of_the_first() -> None:
    held = Story(WALLET).after(BEGINS)
    other = held.after(AUTHORIZED._replace(payment_id="P2"))
    assert (other.view.status, other.view.under_review) == (S.SUCCEEDED, False)


def test_a_late_rejection_of_an_earlier_try_leaves_the_later_one() -> None:
    for start in (CARD, WALLET):
        paid = Story(start).after(AUTHORIZED._replace(payment_id="P2"))
        view = paid.view._replace(paid_at=NOON)
        earlier = REJECTED._replace(at=datetime(2026, 11, 23, 11, tzinfo=UTC))
        after = Story(view).after(earlier)
        assert after.view.status is view.status
        assert after.told == ("payment_needs_review",)


def test_news_of_a_review_holds_what_is_authorized_until_antom_is_asked() -> None:
    story = Story(CARD).over([AUTHORIZED, HEARD])
    assert (story.view.status, story.view.under_review) == (S.AUTHORIZED, True)
    assert not story.after(ASKED_AFTER).view.under_review
    assert not Story(CARD).after(HEARD).view.under_review


@given(st.lists(st.sampled_from((*ALL, ASKED_BEFORE, ASKED_AFTER)), max_size=12))
def test_no_order_fulfils_what_is_rejected_last(order: list[Observation]) -> None:
    story = Story(CARD).over(order)
    assert story.told.count("payment_succeeded") <= 1
    view, told = story.after(REJECTED)
    assert (view.status, view.under_review) == (S.REVIEW, False)
    assert "payment_needs_review" in told


@given(st.lists(st.sampled_from((*ALL, ASKED_BEFORE, ASKED_AFTER)), max_size=12))
def test_a_review_that_began_last_is_running(order: list[Observation]) -> None:
    view, told = Story(CARD).over([*order, BEGINS])
    assert view.under_review or view.status is S.REVIEW
    again = Story(view, told).over([AUTHORIZED, CAPTURED])
    assert again.view.under_review == view.under_review
    assert again.told == told

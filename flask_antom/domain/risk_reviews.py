"""Antom's risk review of a payment, while the money is there already. Pure.

A review may begin after the authorization, and Antom may capture during it. Only
``ACCEPT`` ends it well. A notification that does not speak of a review may be older
than its beginning, so it does not end one.
"""

from __future__ import annotations

from .payment_states import (
    BEGUN,
    TAKEN,
    Fact,
    Observation,
    ReviewOutcome,
    Status,
    View,
)

#: Statuses of payments whose review can run.
MAY_BE_HELD = BEGUN | TAKEN - {Status.REVIEW}

#: Facts after which no review of the try that counts is running.
_ENDED = frozenset({Fact.PAID, Fact.AUTHORIZED, Fact.CAPTURED})


def is_held(view: View, observation: Observation) -> bool:
    """Whether money that has come must not count yet."""
    if observation.review is ReviewOutcome.UNNAMED:
        return view.under_review and observation.is_of(view.payment_id)
    return observation.review is ReviewOutcome.RUNNING


def is_captured_since(view: View, observation: Observation) -> bool:
    """Whether Antom has captured during the review that has ended now."""
    is_same = view.under_review and observation.is_of(view.payment_id)
    return is_same and view.captured > 0


def counts(view: View, observation: Observation, status: Status) -> bool:
    """Whether the try that is held is the one that counts.

    As long as the order is not paid, it is the try that is held last.
    """
    is_same = observation.is_of(view.payment_id)
    return status in MAY_BE_HELD and (is_same or status not in TAKEN)


def outlasts_failure(view: View, observation: Observation) -> bool:
    """Whether a failure is no news about the money that is held.

    It is the failure of another try, or contradicts a capture.
    """
    is_same = observation.is_of(view.payment_id)
    return view.under_review and (not is_same or view.captured > 0)


def must_ask(observation: Observation, fact: Fact, *, under_review: bool) -> bool:
    """Whether only Antom knows now whether a review runs."""
    if fact is Fact.REVIEW_NEWS:
        return True
    is_silent = observation.review is ReviewOutcome.UNNAMED
    return fact is Fact.HELD and is_silent and under_review


def runs_after(
    view: View, observation: Observation, fact: Fact, status: Status, *, adopt: bool
) -> bool:
    """Whether the review of the try that counts runs after an observation."""
    if status not in MAY_BE_HELD:
        return False
    if adopt:
        return fact is Fact.HELD
    if not observation.is_of(view.payment_id):
        return view.under_review
    if fact is Fact.REVIEW_NEWS:
        return view.under_review or status in TAKEN
    return view.under_review and fact not in _ENDED

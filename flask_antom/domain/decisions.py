"""Decides what a payment becomes after an observation.

The observation's fact may be another one for this payment: a payment of the wrong
amount is a mismatch. That is found here. Then :data:`.transitions.TABLE` has the next
status. Pure: no Flask, no database, no clock.
"""

from __future__ import annotations

from typing import NamedTuple

from . import cancels, risk_reviews
from .captures import is_within
from .payment_methods import CARD_LIKE
from .payment_states import (
    AUTHORIZATION_LOST,
    TAKEN,
    Fact,
    Observation,
    ReviewOutcome,
    Status,
    View,
)
from .transitions import TABLE, Step

_GOOD = frozenset({Fact.PAID, Fact.AUTHORIZED, Fact.CAPTURED})

#: Facts that the host's order is the reason of.
_ORDER = frozenset(
    {Fact.ORDER_CHANGED, Fact.ORDER_GONE, Fact.ORDER_CLOSED, Fact.ORDER_PAID}
)
_SUSPECT = _ORDER | {
    *(Fact.MISMATCH, Fact.SECOND, Fact.AGAIN, Fact.REJECTED, Fact.PAID_AFTER_CANCEL)
}
_MONEY = _GOOD | _SUSPECT | {Fact.HELD}


class Decision(NamedTuple):
    """The consequences of an observation.

    :ivar reported: the observation's fact, where authorizations and payments are
        distinguished.
    :ivar fact: the fact for this payment.
    :ivar status: the status after the observation.
    :ivar signal: the signal to send, if there is one.
    :ivar changed: whether the status is another one than before.
    :ivar adopt: whether the observation's payment id, time and amount are the ones
        that count from now on.
    :ivar under_review: whether Antom's risk review of that try runs afterwards.
    :ivar must_ask: whether Antom has to be asked at once.
    """

    reported: Fact
    fact: Fact
    status: Status
    signal: str | None
    changed: bool
    adopt: bool
    under_review: bool
    must_ask: bool

    def outcome(self, *, adds_event: bool) -> str:
        """Return ``review``, ``applied`` or ``ignored``; see ``Applied.outcome``.

        :param adds_event: whether there is a new event for the receivers.
        """
        if self.fact in _SUSPECT:
            return "review"
        is_news = self.changed or self.adopt or self.fact is Fact.REVIEW_NEWS
        is_applied = is_news or adds_event
        return "applied" if is_applied else "ignored"

    def about(self, observation: Observation) -> str:
        """Return the text by which several reviews of a payment differ.

        It is empty for other signals: a payment has each of them once.
        """
        if self.signal != "payment_needs_review":
            return ""
        return f"{self.fact} {observation.payment_id or ''}".strip()


def decide(view: View, observation: Observation) -> Decision:
    """Return what a payment becomes after an observation. Pure and idempotent."""
    reported = _refine_fact(view, observation)
    fact = _resolve_fact(view, observation, reported)
    step = _step(view, observation, fact)
    is_counted = _money_counts(view, observation, reported, fact, step)
    adopt = is_counted and _is_latest(view, observation)
    under_review = risk_reviews.runs_after(
        view, observation, fact, step.status, adopt=adopt
    )
    return Decision(
        reported=reported,
        fact=fact,
        status=step.status,
        signal=step.signal,
        changed=step.status is not view.status,
        adopt=adopt,
        under_review=under_review,
        must_ask=risk_reviews.must_ask(observation, fact, under_review=under_review),
    )


def _resolve_fact(view: View, observation: Observation, reported: Fact) -> Fact:
    """Return the fact that an observation is for this payment."""
    if observation.fact is Fact.CAPTURE_FAILED and view.status is Status.AUTHORIZED:
        is_lost = observation.result_code in AUTHORIZATION_LOST
        is_same = observation.is_of(view.payment_id)
        return Fact.CANCELLED if is_lost and is_same else Fact.CAPTURE_FAILED
    if observation.fact not in _GOOD:
        return observation.fact
    if not _is_asked_for(view, observation):
        return Fact.MISMATCH
    if observation.review is ReviewOutcome.REJECTED:
        return Fact.REJECTED
    if risk_reviews.is_held(view, observation):
        return Fact.HELD
    if cancels.is_paid_after(view, observation):
        return Fact.PAID_AFTER_CANCEL
    if cancels.may_be_given_back(view, observation, reported):
        return Fact.PROCESSING
    if _is_again(view, observation):
        return Fact.AGAIN
    if view.status is not Status.SUCCEEDED and not cancels.is_ours(view):
        if view.order_paid:
            return Fact.SECOND
        if view.order_closed and view.status is not Status.AUTHORIZED:
            return Fact.ORDER_CLOSED
        if view.outdated:
            return Fact.ORDER_CHANGED
    return reported


def _is_again(view: View, observation: Observation) -> bool:
    """Whether the buyer has paid once more after everything was given back.

    The shop was told of the first money, or of its return. It must not miss this.
    """
    is_other = not observation.is_of(view.payment_id)
    return view.given_back and is_other and _is_latest(view, observation)


def _refine_fact(view: View, observation: Observation) -> Fact:
    """Distinguish an authorization from a payment (Antom: notifyPayment, cards)."""
    if observation.fact is not Fact.PAID:
        return observation.fact
    if observation.captured or risk_reviews.is_captured_since(view, observation):
        return Fact.CAPTURED
    return Fact.AUTHORIZED if _authorizes(view, observation) else Fact.PAID


def _authorizes(view: View, observation: Observation) -> bool:
    if observation.method in CARD_LIKE:
        return True
    return view.authorizes and not (view.chooses_method and observation.method)


def _is_asked_for(view: View, observation: Observation) -> bool:
    """Whether amount and currency are right. A capture may be a part of the amount."""
    amount = observation.amount
    if amount is None or amount.currency != view.amount.currency:
        return False
    if observation.fact is Fact.CAPTURED:
        is_right = bool(amount) and amount <= view.amount
    else:
        is_right = amount == view.amount
    return is_right and is_within(view, observation)


def _step(view: View, observation: Observation, fact: Fact) -> Step:
    if fact is Fact.CANCELLED and not cancels.may_undo(view, observation):
        return Step(view.status, "payment_needs_review")
    if fact is Fact.REJECTED and _is_of_another_try(view, observation):
        return Step(view.status, "payment_needs_review")
    if not _is_relevant(view, observation, fact):
        return Step(view.status)
    return TABLE[fact].get(_row_status(view, observation, fact), Step(view.status))


def _is_relevant(view: View, observation: Observation, fact: Fact) -> bool:
    """Whether an observation is neither old nor about an earlier try.

    For a paid order, a failed capture is relevant if it is the one under way. An
    authorization is relevant if Antom has put it in the place of the captured try, and
    does not capture it.
    """
    is_paid = view.status is Status.SUCCEEDED
    if fact is Fact.FAILED:
        return not risk_reviews.outlasts_failure(view, observation)
    if fact in _GOOD and not _is_latest(view, observation):
        return False
    if fact is Fact.CAPTURE_FAILED:
        is_ours = view.capture_request_id in observation.capture_requests
        return observation.is_of(view.payment_id) and (is_ours or not is_paid)
    if fact is Fact.AUTHORIZED and is_paid:
        is_present = observation.source == "inquiry" and not view.captured
        return is_present and observation.is_of(view.payment_id)
    return True


def _row_status(view: View, observation: Observation, fact: Fact) -> Status:
    """Return the status whose row of the table applies.

    An order that Antom closed by itself counts as failed: a later success in its
    session counts. Our own cancel stands.

    An inquiry reports the present: a payment that it finds under way is open again. A
    notification that says so may be older than the failure.
    """
    failed = (Status.FAILED, Status.CANCELLED)
    if view.status not in failed or cancels.is_ours(view):
        return view.status
    if fact in (Fact.PENDING, Fact.PROCESSING) and observation.source == "inquiry":
        return Status.EXPIRED
    return Status.FAILED if fact in _MONEY else view.status


def _is_of_another_try(view: View, observation: Observation) -> bool:
    """Whether a paid order stands, although another try for it is rejected."""
    if view.status is Status.AUTHORIZED:
        return not _is_latest(view, observation)
    return view.status is Status.SUCCEEDED and not observation.is_of(view.payment_id)


def _money_counts(
    view: View, observation: Observation, reported: Fact, fact: Fact, step: Step
) -> bool:
    """Whether the money is ours, or a person has to decide about it.

    If more is captured than was asked of the try that counts, that is our money too.
    What the host says of its order brings no money.
    """
    if fact not in _MONEY or observation.source == "order":
        return False
    if step.status is Status.REVIEW:
        return True
    if fact is Fact.HELD:
        return risk_reviews.counts(view, observation, step.status)
    if step.status not in (Status.AUTHORIZED, Status.SUCCEEDED):
        return False
    is_more_of_it = reported is Fact.CAPTURED and observation.is_of(view.payment_id)
    return fact in _GOOD or is_more_of_it


def _is_latest(view: View, observation: Observation) -> bool:
    """Whether an observation is about the last success of its session.

    Antom keeps the last success and refunds the earlier ones. If a time is missing, the
    success that is reported last counts as the last. The time of a capture is not
    compared, because it is not the time at which the buyer paid.
    """
    if view.status not in TAKEN or observation.is_of(view.payment_id):
        return True
    if observation.fact is Fact.CAPTURED:
        return False
    at = observation.at
    return view.paid_at is None or at is None or at >= view.paid_at

"""What a payment becomes by an observation: what precedes :data:`.transitions.TABLE`.

Before the table is asked, a fact is told from what it only looks like. Pure: no Flask,
no database, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .money import Money
from .payment_methods import CARD_LIKE
from .payment_states import (
    AUTHORIZATION_LOST,
    TAKEN,
    UNNAMED,
    Fact,
    Observation,
    Status,
    View,
)
from .transitions import TABLE, Step

_GOOD = frozenset({Fact.PAID, Fact.AUTHORIZED, Fact.CAPTURED})
_SUSPECT = frozenset({Fact.MISMATCH, Fact.SECOND, Fact.REJECTED})
_MONEY = _GOOD | _SUSPECT


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write.

    :ivar heard: the observation's fact, an authorization told from a payment.
    :ivar fact: what it turned out to be.
    :ivar changed: whether the status differs from before.
    :ivar adopt: whether the observation's payment id, time and amount are the ones
        that count from now on.
    """

    reported: Fact
    fact: Fact
    status: Status
    signal: str | None
    changed: bool
    adopt: bool

    def outcome(self, *, adds_event: bool) -> str:
        """Return ``review``, ``applied`` or ``ignored``; see :class:`.records.Applied`.

        :param adds_event: whether there is an event more for the receivers.
        """
        if self.fact in _SUSPECT:
            return "review"
        is_applied = self.changed or self.adopt or adds_event
        return "applied" if is_applied else "ignored"

    def about(self, observation: Observation) -> str:
        """Return what makes a review a fact of its own; other signals come once."""
        if self.signal != "payment_needs_review":
            return ""
        return f"{self.fact} {observation.payment_id or ''}".strip()


def decide(view: View, observation: Observation) -> Decision:
    """Tell what a payment becomes by an observation. Pure and idempotent."""
    reported = _refine(view, observation)
    fact = _fact(view, observation, reported)
    step = _step(view, observation, fact)
    return Decision(
        reported=reported,
        fact=fact,
        status=step.status,
        signal=step.signal,
        changed=step.status is not view.status,
        adopt=_counts(view, observation, reported, fact, step)
        and _is_latest(view, observation),
    )


def merge_captures(
    known: Mapping[str, int], seen: Mapping[str, Money]
) -> dict[str, int]:
    """Add the captures that were seen to those that are known, each once.

    Only an inquiry leaves captures unnamed, and it counts all that there are. Those
    that are named later are the same.
    """
    named = {name: amount.value for name, amount in seen.items() if name != UNNAMED}
    merged = {**known, **named}
    unnamed = merged.pop(UNNAMED, 0)
    unnamed -= sum(value for name, value in named.items() if name not in known)
    if UNNAMED in seen:
        total = sum(amount.value for amount in seen.values())
        unnamed = max(unnamed, total - sum(merged.values()))
    return merged | ({UNNAMED: unnamed} if unnamed > 0 else {})


def _fact(view: View, seen: Observation, reported: Fact) -> Fact:
    """Name what an observation really means for this payment."""
    if seen.fact is Fact.CAPTURE_FAILED and view.status is Status.AUTHORIZED:
        is_lost = seen.result_code in AUTHORIZATION_LOST and seen.is_of(view.payment_id)
        return Fact.CANCELLED if is_lost else Fact.CAPTURE_FAILED
    if seen.fact not in _GOOD:
        return seen.fact
    if not _is_asked_for(view, seen):
        return Fact.MISMATCH
    if seen.rejected:
        return Fact.REJECTED
    if seen.under_review or _may_be_given_back(view, seen, reported):
        return Fact.PROCESSING
    if view.status is not Status.SUCCEEDED and not _is_cancelled_by_us(view):
        if view.order_paid:
            return Fact.SECOND
        if view.outdated:
            return Fact.MISMATCH
    return reported


def _refine(view: View, seen: Observation) -> Fact:
    """Tell an authorization from a payment (Antom: notifyPayment, cards)."""
    if seen.fact is not Fact.PAID:
        return seen.fact
    if seen.captured:
        return Fact.CAPTURED
    return Fact.AUTHORIZED if _authorizes(view, seen) else Fact.PAID


def _authorizes(view: View, seen: Observation) -> bool:
    if seen.method in CARD_LIKE:
        return True
    return view.authorizes and not (view.chooses_method and seen.method)


def _is_asked_for(view: View, seen: Observation) -> bool:
    """Compare amount and currency; a capture may be a part of the payment."""
    if seen.amount is None or seen.amount.currency != view.amount.currency:
        return False
    if seen.fact is Fact.CAPTURED:
        is_right = bool(seen.amount) and seen.amount <= view.amount
    else:
        is_right = seen.amount == view.amount
    return is_right and _is_within(view, seen)


def _is_within(view: View, seen: Observation) -> bool:
    """Tell whether all captures together take no more than was asked."""
    if seen.captured is None:
        return True
    if seen.captured.currency != view.amount.currency:
        return False
    known = view.captures if seen.is_of(view.payment_id) else {}
    taken = merge_captures(known, seen.captures)
    return sum(taken.values()) <= view.amount.value


def _step(view: View, seen: Observation, fact: Fact) -> Step:
    if fact is Fact.CANCELLED and not _may_undo(view, seen):
        return Step(view.status, "payment_needs_review")
    if not _is_news(view, seen, fact):
        return Step(view.status)
    return TABLE[fact].get(_row(view, seen, fact), Step(view.status))


def _is_news(view: View, seen: Observation, fact: Fact) -> bool:
    """Tell what the table is for from what is old, or about an earlier try.

    For a paid order, a capture that fails is news if it is the one under way; and an
    authorization, if Antom has put it in the place of what was captured, and does not
    capture it.
    """
    is_paid = view.status is Status.SUCCEEDED
    if fact in _GOOD and not _is_latest(view, seen):
        return False
    if fact is Fact.CAPTURE_FAILED:
        is_ours = view.capture_request_id in seen.capture_requests
        return seen.is_of(view.payment_id) and (is_ours or not is_paid)
    if fact is Fact.AUTHORIZED and is_paid:
        is_present = seen.source == "inquiry" and seen.is_of(view.payment_id)
        return is_present and not view.captured
    return True


def _row(view: View, seen: Observation, fact: Fact) -> Status:
    """Give the row to look in: an order that Antom closed by itself is like a failed
    one, and a later success in its session counts; our own cancel stands.

    An inquiry tells the present: what it finds under way is open again. A notification
    that says so may be older than the failure.
    """
    failed = (Status.FAILED, Status.CANCELLED)
    if view.status not in failed or _is_cancelled_by_us(view):
        return view.status
    if fact in (Fact.PENDING, Fact.PROCESSING) and seen.source == "inquiry":
        return Status.EXPIRED
    return Status.FAILED if fact in _MONEY else view.status


def _is_cancelled_by_us(view: View) -> bool:
    return view.status is Status.CANCELLED and view.cancel_asked


def _may_be_given_back(view: View, seen: Observation, reported: Fact) -> bool:
    """Antom refunds a success that comes after our cancel (Antom: cancel), and sends
    its notification all the same. While nobody knows whether the cancel took effect,
    an inquiry has to tell.
    """
    is_open = view.status in (Status.CREATED, Status.PENDING, Status.PROCESSING)
    is_late = seen.source == "notification" and reported is not Fact.CAPTURED
    return is_late and is_open and view.cancel_asked


def _may_undo(view: View, seen: Observation) -> bool:
    """Good news stands: only a cancel of ours undoes a paid order."""
    is_ours = view.cancel_asked or seen.source == "cancel"
    return is_ours or view.status is not Status.SUCCEEDED


def _counts(
    view: View, seen: Observation, reported: Fact, fact: Fact, step: Step
) -> bool:
    """Tell whether the money is ours, or waits for a person who has to know of it.

    Too much that is captured of the payment that counts is money, too.
    """
    if fact not in _MONEY:
        return False
    if step.status is Status.REVIEW:
        return True
    if step.status not in (Status.AUTHORIZED, Status.SUCCEEDED):
        return False
    is_more_of_it = reported is Fact.CAPTURED and seen.is_of(view.payment_id)
    return fact in _GOOD or is_more_of_it


def _is_latest(view: View, seen: Observation) -> bool:
    """Antom keeps the last success of a session and refunds the earlier ones.

    Where the times do not tell, the one that is heard last is the last; but when a
    capture was made says nothing of when the buyer paid.
    """
    if view.status not in TAKEN or seen.is_of(view.payment_id):
        return True
    if seen.fact is Fact.CAPTURED:
        return False
    return view.paid_at is None or seen.at is None or seen.at >= view.paid_at

"""What a payment becomes when Antom says something: a table, and :func:`decide`.

Everything that is heard about a payment, by notification, inquiry, cancel or from the
clock, is an :class:`Observation`. ``TABLE`` tells for each fact and each status what
the payment becomes and whom to tell; where it is silent, nothing changes. Pure: no
Flask, no database, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .money import Money
from .refund_states import RefundNews


class Status(StrEnum):
    """Where a payment stands; stored as plain text."""

    CREATED = "created"
    PENDING = "pending"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REVIEW = "review"


#: Nothing more is expected, although a success may still follow a failure.
FINAL = frozenset(
    {
        Status.SUCCEEDED,
        Status.FAILED,
        Status.CANCELLED,
        Status.EXPIRED,
        Status.REVIEW,
    }
)

#: What nothing that the buyer does can change any more.
SETTLED = FINAL - {Status.FAILED, Status.EXPIRED}

#: The order counts as paid: no other session is opened for it.
TAKEN = frozenset({Status.AUTHORIZED, Status.SUCCEEDED, Status.REVIEW})

#: The buyer has begun to pay; the money may be under way.
BEGUN = frozenset({Status.PENDING, Status.PROCESSING})

#: Methods whose PAYMENT_RESULT is an authorization (Antom: notifyPayment, cards).
CARD_LIKE = frozenset({"CARD", "APPLEPAY", "GOOGLEPAY"})

#: Refused captures after which the authorization is gone (Antom: notifyCapture).
AUTHORIZATION_LOST = frozenset(
    {"AUTH_CANCELLED", "AUTH_EXPIRED", "AUTH_NOT_FOUND", "ORDER_IS_CANCELED"}
)


class Fact(StrEnum):
    """What was heard. ``MISMATCH`` and ``SECOND`` are found by :func:`decide`."""

    UNPAID = "unpaid"  # inquiry: ORDER_NOT_EXIST, nobody has paid yet
    PENDING = "pending"  # PAYMENT_PENDING, whose resultStatus is S and not "paid"
    PROCESSING = "processing"
    PAID = "paid"  # for card-like methods: authorized
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    CAPTURE_FAILED = "capture_failed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # the clock: session and closing time are over
    MISMATCH = "mismatch"  # paid, but not what was asked
    SECOND = "second"  # paid, but another attempt had paid the order
    REJECTED = "rejected"  # authorized, but refused by the risk review


@dataclass(frozen=True, slots=True)
class Observation:
    """What Antom (or the clock) said about one payment.

    :ivar source: ``notification``, ``inquiry``, ``cancel``, ``session`` or ``clock``.
    :ivar request_id: ours; missing in a capture notice.
    :ivar payment_id: Antom's.
    :ivar amount: what the payment amounts to, or the capture for a capture.
    :ivar captures: each capture that succeeded: Antom's ``captureId`` and its amount.
    :ivar refunds: each refund that succeeded, where an inquiry tells them.
    :ivar method: the payment method type, where Antom names it.
    :ivar under_review: authorized, but Antom's risk review still runs.
    :ivar rejected: authorized, but the risk review said no.
    :ivar at: when it happened at Antom; aware, UTC.
    """

    fact: Fact
    source: str
    request_id: str | None = None
    payment_id: str | None = None
    amount: Money | None = None
    captures: Mapping[str, Money] = field(default_factory=dict)
    refunds: Sequence[RefundNews] = ()
    method: str | None = None
    under_review: bool = False
    rejected: bool = False
    result_code: str | None = None
    at: datetime | None = None

    @property
    def captured(self) -> Money | None:
        """The sum of the captures; ``None`` where there is none."""
        total: Money | None = None
        for amount in self.captures.values():
            total = amount if total is None else total + amount
        return total


@dataclass(frozen=True, slots=True)
class View:
    """The payment as it stands, for :func:`decide`.

    :ivar authorizes: its method authorizes first and captures later; or may do so, if
        the buyer chooses.
    :ivar chooses_method: the buyer chooses among several methods at Antom.
    :ivar cancel_asked: we have asked Antom to cancel it.
    :ivar outdated: the order's amount has changed since this attempt was opened.
    :ivar order_paid: another attempt has paid the same order.
    :ivar paid_at: when the payment that counts was made; aware, UTC.
    """

    status: Status
    amount: Money
    payment_id: str | None = None
    authorizes: bool = False
    chooses_method: bool = False
    cancel_asked: bool = False
    outdated: bool = False
    order_paid: bool = False
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One cell of the table: the next status, and the signal to send."""

    status: Status
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write.

    :ivar fact: the observation's fact, or what it turned out to be.
    :ivar changed: whether the status differs from before.
    :ivar adopt: whether the observation's payment id, time and amount are the ones
        that count from now on.
    """

    fact: Fact
    status: Status
    signal: str | None
    changed: bool
    adopt: bool


_OPEN = (Status.CREATED, Status.PENDING, Status.PROCESSING)
_UNPAID = (*_OPEN, Status.FAILED, Status.EXPIRED)


def _all(
    statuses: tuple[Status, ...], status: Status, signal: str | None = None
) -> dict[Status, Step]:
    return dict.fromkeys(statuses, Step(status, signal))


def _stay(*statuses: Status, signal: str) -> dict[Status, Step]:
    return {status: Step(status, signal) for status in statuses}


_SUSPECT = {
    **_all((*_UNPAID, Status.AUTHORIZED), Status.REVIEW, "payment_needs_review"),
    **_stay(Status.SUCCEEDED, Status.CANCELLED, signal="payment_needs_review"),
}

#: Fact -> status before -> status after and signal. What is not here changes nothing.
TABLE: Mapping[Fact, Mapping[Status, Step]] = {
    Fact.UNPAID: {},
    Fact.PENDING: {
        Status.CREATED: Step(Status.PENDING, "payment_pending"),
        Status.PROCESSING: Step(Status.PROCESSING, "payment_pending"),
        Status.EXPIRED: Step(Status.PENDING, "payment_pending"),
    },
    Fact.PROCESSING: {
        Status.CREATED: Step(Status.PROCESSING),
        Status.PENDING: Step(Status.PROCESSING),
        Status.EXPIRED: Step(Status.PROCESSING),
    },
    Fact.AUTHORIZED: _all(_UNPAID, Status.AUTHORIZED, "payment_authorized"),
    Fact.PAID: _all(
        (*_UNPAID, Status.AUTHORIZED), Status.SUCCEEDED, "payment_succeeded"
    ),
    Fact.CAPTURED: _all(
        (*_UNPAID, Status.AUTHORIZED), Status.SUCCEEDED, "payment_succeeded"
    ),
    Fact.CAPTURE_FAILED: {
        Status.AUTHORIZED: Step(Status.AUTHORIZED, "payment_needs_review"),
    },
    Fact.FAILED: _all(_OPEN, Status.FAILED, "payment_failed"),
    Fact.CANCELLED: {
        **_all((*_OPEN, Status.AUTHORIZED), Status.CANCELLED, "payment_cancelled"),
        **_all((Status.FAILED, Status.EXPIRED), Status.CANCELLED),
        Status.SUCCEEDED: Step(Status.CANCELLED, "payment_cancelled"),
        Status.REVIEW: Step(Status.CANCELLED, "payment_cancelled"),
    },
    Fact.EXPIRED: {Status.CREATED: Step(Status.EXPIRED, "payment_expired")},
    Fact.MISMATCH: _SUSPECT,
    Fact.SECOND: _SUSPECT,
    Fact.REJECTED: _SUSPECT,
}

_GOOD = frozenset({Fact.PAID, Fact.AUTHORIZED, Fact.CAPTURED})
_MONEY = _GOOD | {Fact.MISMATCH, Fact.SECOND, Fact.REJECTED}


def decide(view: View, observation: Observation) -> Decision:
    """Tell what a payment becomes by an observation. Pure and idempotent."""
    fact = _fact(view, observation)
    step = TABLE[fact].get(_row(view, observation, fact), Step(view.status))
    if fact is Fact.CANCELLED and not _may_undo(view):
        step = Step(view.status, "payment_needs_review")
    return Decision(
        fact=fact,
        status=step.status,
        signal=step.signal,
        changed=step.status is not view.status,
        adopt=fact in _GOOD and _is_latest(view, observation, step),
    )


def _fact(view: View, seen: Observation) -> Fact:
    """Name what an observation really means for this payment."""
    if seen.fact is Fact.CAPTURE_FAILED and view.status is Status.AUTHORIZED:
        lost = seen.result_code in AUTHORIZATION_LOST
        return Fact.CANCELLED if lost else Fact.CAPTURE_FAILED
    if seen.fact not in _GOOD:
        return seen.fact
    fact = _refine(view, seen)
    if not _is_asked_for(view, seen):
        return Fact.MISMATCH
    if seen.rejected:
        return Fact.REJECTED
    if seen.under_review:
        return Fact.PROCESSING
    if view.status is not Status.SUCCEEDED and not _is_cancelled_by_us(view):
        if view.order_paid:
            return Fact.SECOND
        if view.outdated:
            return Fact.MISMATCH
    return fact


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
        return bool(seen.amount) and seen.amount <= view.amount
    return seen.amount == view.amount


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


def _may_undo(view: View) -> bool:
    """Good news stands: only a cancel of ours undoes a paid order."""
    return view.cancel_asked or view.status not in (Status.SUCCEEDED, Status.REVIEW)


def _is_latest(view: View, seen: Observation, step: Step) -> bool:
    """Antom keeps the last success of a session and refunds the earlier ones."""
    if step.status not in (Status.AUTHORIZED, Status.SUCCEEDED):
        return False
    if view.payment_id is None or seen.payment_id in (None, view.payment_id):
        return True
    if seen.source == "inquiry" or view.paid_at is None:
        return True
    return seen.at is not None and seen.at > view.paid_at

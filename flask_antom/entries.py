"""What the ledger writes and reads, between its rows and the state table. No SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from .models import NotificationMixin, PaymentMixin
from .money import Money
from .states import Decision, Fact, Observation, Status, View

_GOOD = frozenset({Status.AUTHORIZED, Status.SUCCEEDED})
_SUSPECT = frozenset({Fact.MISMATCH, Fact.SECOND, Fact.REJECTED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a new attempt is opened with."""

    order_reference: str
    amount: Money
    method: str
    mode: str
    authorizes: bool

    @property
    def open_key(self) -> str:
        amount = f"{self.amount.value} {self.amount.currency}"
        parts = (self.order_reference, amount, self.method, self.mode)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification as the inbox keeps it; see ``NotificationMixin``."""

    key: str
    notify_type: str
    request_id: str | None
    payment_id: str | None
    body: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an observation.

    :ivar payment_ref: the row's id; ``None`` where there is no such payment.
    :ivar outcome: ``applied``, ``repeated``, ``ignored``, ``review`` or ``orphan``.
    """

    payment_ref: int | None
    outcome: str


def match(payments: Sequence[PaymentMixin], seen: Observation) -> PaymentMixin | None:
    """Find the attempt that an observation is about, by our id or else by Antom's."""
    for payment in payments:
        if seen.request_id in (None, payment.request_id) and (
            seen.request_id or seen.payment_id == payment.payment_id
        ):
            return payment
    return None


def of_order(
    payments: Sequence[PaymentMixin], order_reference: str
) -> list[PaymentMixin]:
    """Keep those whose reference is just this: MariaDB takes ``a-1`` for ``A-1``."""
    return [row for row in payments if row.order_reference == order_reference]


def view(payment: PaymentMixin, attempts: Sequence[PaymentMixin]) -> View:
    """Give a payment as :func:`~flask_antom.states.decide` wants it."""
    return View(
        status=Status(payment.status),
        amount=payment.amount,
        payment_id=payment.payment_id,
        authorizes=payment.authorizes,
        cancel_asked=payment.cancel_asked_at is not None,
        outdated=payment.outdated,
        order_paid=any(
            other.status in _GOOD
            for other in of_order(attempts, payment.order_reference)
            if other is not payment
        ),
        paid_at=payment.paid_at,
    )


def captured(payment: PaymentMixin, seen: Observation) -> Money:
    """Tell how much was taken: the capture, or all where there is none."""
    if seen.fact is Fact.CAPTURED and seen.amount is not None:
        return seen.amount
    return seen.captured or payment.amount


def about(decision: Decision, seen: Observation) -> str:
    """Give what makes a review a fact of its own; other signals come once."""
    if decision.signal != "payment_needs_review":
        return ""
    return f"{decision.fact} {seen.payment_id or ''}".strip()


def outcome(decision: Decision, told: bool) -> str:
    """Name what came of an observation; see :class:`Applied`."""
    if decision.fact in _SUSPECT:
        return "review"
    return "applied" if decision.changed or decision.adopt or told else "ignored"


def is_copy(stored: NotificationMixin, notice: Notice) -> bool:
    """Tell a copy from news that only looks alike, or that found no payment before."""
    return stored.body_hash == notice.body_hash and stored.outcome != "orphan"

"""What the ledger writes and reads, between its rows and the state table. No SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .decisions import Decision
from .errors import NotPossible
from .models import PaymentMixin
from .money import Money
from .states import CARD_LIKE, TAKEN, Fact, Observation, Status, View

_GOOD = frozenset({Status.AUTHORIZED, Status.SUCCEEDED})
_REFUNDABLE = frozenset({Status.SUCCEEDED, Status.REVIEW})
_SUSPECT = frozenset({Fact.MISMATCH, Fact.SECOND, Fact.REJECTED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a new attempt is opened with.

    :ivar methods: one, or those among which the buyer chooses; none: any of Antom's.
    """

    order_reference: str
    amount: Money
    methods: tuple[str, ...]
    mode: str

    @property
    def authorizes(self) -> bool:
        """Whether the buyer may pay with what is authorized first."""
        return not self.methods or not CARD_LIKE.isdisjoint(self.methods)

    @property
    def open_key(self) -> str:
        amount = f"{self.amount.value} {self.amount.currency}"
        parts = (self.order_reference, amount, ",".join(self.methods), self.mode)
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
class Stored:
    """What the inbox holds under a notification's key.

    :ivar ref: the row's id.
    :ivar is_copy: the notification is a copy of it; else it only looks alike, or the
        stored one found no payment before.
    """

    ref: int
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an observation.

    :ivar outcome: ``applied``, ``repeated``, ``ignored``, ``review`` or ``orphan``.
    :ivar waiting: the ids of the payment's, or the refund's, events that the receivers
        have not had.
    """

    outcome: str
    waiting: Sequence[int] = ()


def named_by(seen: Observation) -> tuple[str, str | None]:
    """Tell by which id a payment is meant: ours, or else Antom's."""
    if seen.request_id is not None:
        return "request_id", seen.request_id
    return "payment_id", seen.payment_id


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
    """Give a payment as :func:`~flask_antom.decisions.decide` wants it."""
    return View(
        status=Status(payment.status),
        amount=payment.amount,
        payment_id=payment.payment_id,
        authorizes=payment.authorizes,
        chooses_method=payment.chooses_method,
        cancel_asked=payment.cancel_asked_at is not None,
        outdated=payment.outdated,
        order_paid=any(
            other.status in _GOOD and is_taken(other)
            for other in of_order(attempts, payment.order_reference)
            if other is not payment
        ),
        paid_at=payment.paid_at,
        captured=payment.captured.value,
        captures=payment.captures or {},
        capture_request_id=payment.capture_request_id,
    )


def is_taken(payment: PaymentMixin) -> bool:
    """Tell whether the payment pays its order; one that is given back does not."""
    return payment.status in TAKEN and not is_given_back(payment)


def is_given_back(payment: PaymentMixin) -> bool:
    """Tell whether all that was taken has been refunded."""
    return bool(payment.captured) and payment.refunded >= payment.captured


def unclear_since(payment: PaymentMixin) -> datetime | None:
    """Tell since when the outcome of what we have asked for is not known.

    Of a payment that is not paid, no more is to be found out than by its schedule.
    """
    if payment.cancel_asked_at is not None and payment.status in TAKEN:
        return payment.cancel_asked_at
    return None if payment.capture_request_id is None else payment.created_at


def check_capture(payment: PaymentMixin, amount: Money | None, *, final: bool) -> Money:
    """Tell how much is to be captured; by default all that is left.

    :raises NotPossible: saying why it cannot be.
    """
    if payment.payment_id is None or not payment.authorizes:
        raise NotPossible("Only an authorized payment can be captured.")
    if payment.status not in (Status.AUTHORIZED, Status.SUCCEEDED):
        raise NotPossible(f"A payment that is {payment.status} cannot be captured.")
    left = max(payment.amount, payment.captured) - payment.captured
    wanted = left if amount is None else amount
    if not wanted or wanted > left:
        raise NotPossible(f"{left} of the payment are left to capture.")
    if payment.capture_request_id is not None:
        if payment.capture_value != wanted.value:
            raise NotPossible("A capture of another amount is still under way.")
        if payment.capture_final != final:
            raise NotPossible("A capture with another `final` is still under way.")
    return wanted


def check_refund(payment: PaymentMixin, held: Money, amount: Money | None) -> Money:
    """Tell how much is to be refunded; by default all that is left.

    :param held: what other refunds have given back or are about to.
    :raises NotPossible: saying why it cannot be.
    """
    if payment.payment_id is None or payment.status not in _REFUNDABLE:
        raise NotPossible(
            f"A payment that is {payment.status} cannot be refunded; only a paid one."
        )
    if not payment.captured:
        raise NotPossible(
            f"No {payment.currency} were taken, so none are refunded: cancel the"
            " payment, or refund it in Antom's Dashboard."
        )
    left = payment.captured - held if held < payment.captured else payment.captured * 0
    wanted = left if amount is None else amount
    if not wanted or wanted > left:
        raise NotPossible(f"{left} of the payment are left to refund.")
    return wanted


def choose_capture(
    payment: PaymentMixin, held: Mapping[str | None, int], wanted: Money
) -> str | None:
    """Name the capture to refund (Antom: refund, captureId).

    :param held: minor units that refunds hold, by capture.
    :raises NotPossible: if no single capture has as much left.
    """
    captures = payment.captures or {}
    if len(captures) < 2:
        return next(iter(captures), None)
    left = {name: value - held.get(name, 0) for name, value in captures.items()}
    enough = [name for name, value in left.items() if value >= wanted.value]
    if not enough:
        most = Money(max(*left.values(), 0), payment.currency)
        raise NotPossible(
            "The payment was captured in parts, and each refund is of one of them:"
            f" refund at most {most} at once."
        )
    return min(enough, key=lambda name: left[name])


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

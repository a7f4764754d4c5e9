"""Where a payment can stand, and what can be observed of it. Pure.

Every notification, answer and tick of the clock becomes an :class:`Observation`. What
follows from one stands in :data:`.transitions.TABLE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .money import Money
from .refund_states import RefundObservation


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

#: Refused captures after which the authorization is gone (Antom: notifyCapture).
AUTHORIZATION_LOST = frozenset(
    {"AUTH_CANCELLED", "AUTH_EXPIRED", "AUTH_NOT_FOUND", "ORDER_IS_CANCELED"}
)

#: Stands for the ids of captures that an inquiry counts but does not name.
UNNAMED = ""


class Fact(StrEnum):
    """What was heard. ``MISMATCH`` and ``SECOND`` are found by ``decide``."""

    UNPAID = "unpaid"  # inquiry: ORDER_NOT_EXIST, nobody has paid yet
    PENDING = "pending"  # PAYMENT_PENDING, whose resultStatus is S and not "paid"
    PROCESSING = "processing"
    PAID = "paid"  # for card-like methods: authorized
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    CAPTURE_FAILED = "capture_failed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CANCEL_FAILED = "cancel_failed"  # refused, when a sweep asked again
    EXPIRED = "expired"  # the clock: session and closing time are over
    LAPSED = "lapsed"  # the clock: the authorization is over, and Antom says no word
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
    :ivar captures: each capture that succeeded: Antom's ``captureId`` and its amount;
        under :data:`UNNAMED` the sum of those for which an inquiry gives no id.
    :ivar capture_requests: the ``captureRequestId`` of each capture that it is about.
    :ivar refunds: each refund that succeeded, where an inquiry tells them.
    :ivar method: the payment method type, where Antom names it.
    :ivar under_review: authorized, but Antom's risk review still runs.
    :ivar rejected: authorized, but the risk review said no.
    :ivar at: when it happened at Antom; aware, UTC.
    :ivar authorized_until: when an authorization lapses; aware, UTC.
    """

    fact: Fact
    source: str
    request_id: str | None = None
    payment_id: str | None = None
    amount: Money | None = None
    captures: Mapping[str, Money] = field(default_factory=dict)
    capture_requests: frozenset[str] = frozenset()
    refunds: Sequence[RefundObservation] = ()
    method: str | None = None
    under_review: bool = False
    rejected: bool = False
    result_code: str | None = None
    at: datetime | None = None
    authorized_until: datetime | None = None

    @property
    def captured(self) -> Money | None:
        """The sum of the captures; ``None`` where there is none."""
        total: Money | None = None
        for amount in self.captures.values():
            total = amount if total is None else total + amount
        return total

    @property
    def identified_by(self) -> tuple[str, str | None]:
        """The column and value by which its payment is found: our id or Antom's."""
        if self.request_id is not None:
            return "request_id", self.request_id
        return "payment_id", self.payment_id

    def is_of(self, payment_id: str | None) -> bool:
        """Tell whether it is about this try of the buyer's, for all that is known."""
        return payment_id is None or self.payment_id in (None, payment_id)


@dataclass(frozen=True, slots=True)
class View:
    """The payment as it stands, for ``decide``.

    :ivar authorizes: its method authorizes first and captures later; or may do so, if
        the buyer chooses.
    :ivar chooses_method: the buyer chooses among several methods at Antom.
    :ivar cancel_asked: we have asked Antom to cancel it.
    :ivar outdated: the order's amount has changed since this attempt was opened.
    :ivar order_paid: another attempt has paid the same order.
    :ivar paid_at: when the payment that counts was made; aware, UTC.
    :ivar captured: minor units that have been taken of it.
    :ivar captures: minor units of each of its captures.
    :ivar capture_request_id: of our capture that is under way.
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
    captured: int = 0
    captures: Mapping[str, int] = field(default_factory=dict)
    capture_request_id: str | None = None

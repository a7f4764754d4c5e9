"""The states of a payment, and the observations that change them. Pure.

Every notification, every answer of Antom's and every deadline becomes an
:class:`Observation`. :data:`.transitions.TABLE` has its consequences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from .money import Money
from .refund_states import RefundObservation


class Status(StrEnum):
    """The status of a payment; stored as plain text."""

    CREATED = "created"
    PENDING = "pending"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REVIEW = "review"


#: No further change is expected, although a success may still follow a failure.
FINAL = frozenset(
    {
        Status.SUCCEEDED,
        Status.FAILED,
        Status.CANCELLED,
        Status.EXPIRED,
        Status.REVIEW,
    }
)

#: The buyer can no longer change the status.
SETTLED = FINAL - {Status.FAILED, Status.EXPIRED}

#: The order counts as paid: no other session is opened for it.
TAKEN = frozenset({Status.AUTHORIZED, Status.SUCCEEDED, Status.REVIEW})

#: The buyer has begun to pay; the money may be under way.
BEGUN = frozenset({Status.PENDING, Status.PROCESSING})

#: Refused captures after which the authorization is gone (Antom: notifyCapture).
AUTHORIZATION_LOST = frozenset(
    {"AUTH_CANCELLED", "AUTH_EXPIRED", "AUTH_NOT_FOUND", "ORDER_IS_CANCELED"}
)

#: Stands for the id of captures that an inquiry lists without an id.
UNNAMED = ""


def is_given_back(captured: int, refunded: int) -> bool:
    """Whether everything that was captured has been refunded, in minor units."""
    return 0 < captured <= refunded


class ReviewOutcome(StrEnum):
    """The outcome of Antom's risk review, as one message names it."""

    UNNAMED = "unnamed"  # the message does not speak of a review
    RUNNING = "running"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Fact(StrEnum):
    """The kind of an observation. ``decide`` finds some of them."""

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
    LAPSED = "lapsed"  # the clock: the authorization is over, and Antom is silent
    MISMATCH = "mismatch"  # paid, but not what was asked
    SECOND = "second"  # paid, but another attempt had paid the order
    HELD = "held"  # authorized or paid, but the risk review still runs
    AGAIN = "again"  # paid once more, after everything was given back
    REJECTED = "rejected"  # authorized or paid, but refused by the risk review
    REVIEW_NEWS = "review_news"  # RISK_POST_REVIEW: Antom has to be asked
    PAID_AFTER_CANCEL = "paid_after_cancel"  # paid, although we have cancelled it
    ORDER_CHANGED = "order_changed"  # paid, but the order now has another amount
    ORDER_GONE = "order_gone"  # paid, but the shop no longer knows the order
    ORDER_CLOSED = "order_closed"  # paid, but the shop has closed the order
    ORDER_PAID = "order_paid"  # paid, but the shop has its money from elsewhere


class Observation(NamedTuple):
    """A statement of Antom's, or of the clock, about one payment.

    :ivar source: ``notification``, ``inquiry``, ``cancel``, ``capture``, ``session``,
        ``clock`` or ``order``, for what the host says about its order.
    :ivar request_id: our ``paymentRequestId``; missing in a notification of a capture.
    :ivar payment_id: Antom's ``paymentId``.
    :ivar amount: the amount of the payment or, for a capture, of the capture.
    :ivar captures: the amount of each capture that succeeded, by ``captureId``. Under
        :data:`UNNAMED` is the sum of those for which an inquiry has no id.
    :ivar capture_requests: the ``captureRequestId`` of each capture that it is about.
    :ivar refunds: the refunds that succeeded, if an inquiry lists them.
    :ivar method: the payment method type, if Antom names it.
    :ivar review: the outcome of Antom's risk review.
    :ivar after_cancel: whether Antom was asked after it had confirmed our cancel, and
        has not refunded all of it since.
    :ivar result_code: Antom's ``resultCode``.
    :ivar at: when it happened at Antom; aware, UTC.
    :ivar authorized_until: when an authorization lapses; aware, UTC.
    """

    fact: Fact
    source: str
    request_id: str | None = None
    payment_id: str | None = None
    amount: Money | None = None
    captures: Mapping[str, Money] = MappingProxyType({})
    capture_requests: frozenset[str] = frozenset()
    refunds: Sequence[RefundObservation] = ()
    method: str | None = None
    review: ReviewOutcome = ReviewOutcome.UNNAMED
    after_cancel: bool = False
    result_code: str | None = None
    at: datetime | None = None
    authorized_until: datetime | None = None

    @property
    def captured(self) -> Money | None:
        """The sum of the captures; ``None`` without captures."""
        total: Money | None = None
        for amount in self.captures.values():
            total = amount if total is None else total + amount
        return total

    @property
    def identified_by(self) -> tuple[str, str | None]:
        """The column and the value that identify the payment: our id or Antom's."""
        if self.request_id is not None:
            return "request_id", self.request_id
        return "payment_id", self.payment_id

    def is_of(self, payment_id: str | None) -> bool:
        """Whether it may be about the try with this ``paymentId``."""
        return payment_id is None or self.payment_id in (None, payment_id)


class View(NamedTuple):
    """The stored payment, for ``decide``.

    :ivar payment_id: the ``paymentId`` of the try that counts.
    :ivar authorizes: whether its method authorizes first and captures later. If the
        buyer chooses the method: whether it may do so.
    :ivar chooses_method: whether the buyer chooses among several methods at Antom.
    :ivar cancel_asked: whether we have asked Antom to cancel it.
    :ivar closed_by_shop: whether the shop has cancelled it while Antom did not know it.
    :ivar under_review: whether Antom's risk review of the try that counts still runs.
    :ivar outdated: whether the order has changed since this attempt was opened.
    :ivar given_back: whether everything that was captured has been refunded.
    :ivar order_paid: whether another attempt has paid the same order.
    :ivar order_closed: whether the host has closed the order.
    :ivar paid_at: when the buyer paid the try that counts; aware, UTC.
    :ivar captured: minor units that have been captured.
    :ivar captures: minor units of each capture, by ``captureId``.
    :ivar capture_request_id: the ``captureRequestId`` of our capture under way.
    """

    status: Status
    amount: Money
    payment_id: str | None = None
    authorizes: bool = False
    chooses_method: bool = False
    cancel_asked: bool = False
    closed_by_shop: bool = False
    under_review: bool = False
    outdated: bool = False
    given_back: bool = False
    order_paid: bool = False
    order_closed: bool = False
    paid_at: datetime | None = None
    captured: int = 0
    captures: Mapping[str, int] = MappingProxyType({})
    capture_request_id: str | None = None

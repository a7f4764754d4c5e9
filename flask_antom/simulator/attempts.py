"""Attempts to pay with their captures and refunds.

Here an attempt is one ``paymentId``. A session (one ``paymentRequestId``) may have
several. Amounts are computed from these records and not stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..domain.money import Money

#: A refund with one of these statuses reserves its amount.
_HOLDING = ("SUCCESS", "PROCESSING")


@dataclass
class Capture:
    """A request to capture authorized money.

    :ivar request_id: the ``captureRequestId``.
    :ivar is_final: whether the rest of the authorization is released.
    :ivar status: ``SUCCESS`` or ``FAIL``.
    """

    request_id: str
    capture_id: str
    payment_id: str
    amount: Money
    is_final: bool
    at: datetime
    status: str = "SUCCESS"
    result_code: str = ""


@dataclass
class Refund:
    """A request of the merchant to return money.

    :ivar request_id: the ``refundRequestId``.
    :ivar capture_id: the capture that it returns.
    :ivar notify_url: where its notification goes.
    :ivar status: ``PROCESSING``, ``SUCCESS`` or ``FAIL``.
    """

    request_id: str
    refund_id: str
    payment_id: str
    capture_id: str | None
    amount: Money
    notify_url: str | None
    at: datetime
    ended_at: datetime | None = None
    status: str = "PROCESSING"
    result_code: str = ""


@dataclass
class Attempt:
    """One attempt of the buyer to pay: one ``paymentId``.

    :ivar method: the payment method.
    :ivar authorizes: whether money is authorized first and captured later.
    :ivar status: ``PROCESSING``, ``PENDING``, ``SUCCESS``, ``FAIL`` or ``CANCELLED``.
    :ivar closes_at: when an attempt that the buyer does not finish is closed.
    :ivar cancelled_at: when it was cancelled, or its authorization lapsed.
    :ivar capture_at: when an authorization is captured (automatic capture).
    :ivar lapses_at: when an authorization lapses.
    :ivar released_at: when the uncaptured rest went back to the buyer.
    :ivar release_code: why nothing can be captured after that.
    :ivar refunded_at: when Antom returned what the merchant had not: a later attempt
        in the same session succeeded too, or the payment was cancelled.
    """

    payment_id: str
    method: str
    amount: Money
    authorizes: bool
    created_at: datetime
    closes_at: datetime | None
    status: str = "PROCESSING"
    result_code: str = ""
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    capture_at: datetime | None = None
    lapses_at: datetime | None = None
    released_at: datetime | None = None
    release_code: str = ""
    refunded_at: datetime | None = None
    captures: list[Capture] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.status in ("PROCESSING", "PENDING")

    @property
    def captured(self) -> Money:
        return self._sum(self.captures, "SUCCESS")

    @property
    def uncaptured(self) -> Money:
        """The amount that can still be captured."""
        is_held = self.authorizes and self.paid_at and not self.released_at
        return self.amount - self.captured if is_held else self._sum([])

    @property
    def taken(self) -> Money:
        """The amount that the merchant received, before refunds."""
        if self.authorizes:
            return self.captured
        return self.amount if self.paid_at else self._sum([])

    @property
    def refunded(self) -> Money:
        """The amount that the merchant returned."""
        return self._sum(self.refunds, "SUCCESS")

    @property
    def refundable(self) -> Money:
        """The amount that the merchant can still return.

        A refund in process counts as returned.
        """
        return self._sum([]) if self.refunded_at else self._left

    def refundable_of(self, capture_id: str) -> Money:
        """Return the amount of one capture that can still be returned."""
        captures = [c for c in self.captures if c.capture_id == capture_id]
        refunds = [r for r in self.refunds if r.capture_id == capture_id]
        return self._sum(captures, "SUCCESS") - self._sum(refunds, *_HOLDING)

    @property
    def returned(self) -> Money:
        """The amount that Antom returned by itself or after a cancel."""
        return self._left if self.refunded_at else self._sum([])

    def give_back(self, now: datetime) -> None:
        """Return all money to the buyer."""
        self.release(now, "AUTH_CANCELLED")
        if self.taken and self.refunded_at is None:
            self.refunded_at = now

    def release(self, now: datetime, code: str) -> None:
        """End an authorization; the uncaptured rest goes back to the buyer."""
        if self.uncaptured:
            self.released_at = now
            self.release_code = code
        self.capture_at = self.lapses_at = None

    @property
    def _left(self) -> Money:
        return self.taken - self._sum(self.refunds, *_HOLDING)

    def _sum(
        self, moves: Sequence[Capture] | Sequence[Refund], *statuses: str
    ) -> Money:
        nothing = Money(0, self.amount.currency)
        return sum((m.amount for m in moves if m.status in statuses), nothing)

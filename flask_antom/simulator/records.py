"""The records of payments and notifications.

A payment is one payment session (one ``paymentRequestId``). It has an attempt, with its
own ``paymentId``, for each time that the buyer submits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..domain.money import Money
from .attempts import Attempt

CARD_LIKE = frozenset({"CARD", "APPLEPAY", "GOOGLEPAY"})


@dataclass
class Delivery:
    """One delivery of a notification, successful or not.

    :ivar attempt: the number of the delivery, from 1.
    :ivar http_status: the merchant's answer; ``None`` without an answer.
    :ivar acknowledged: whether the answer is the acknowledgement that Antom expects.
    :ivar error: why nothing arrived, or what is wrong with the answer.
    :ivar fault: the fault that was asked for.
    """

    request_id: str
    notify_type: str
    attempt: int
    at: datetime
    http_status: int | None = None
    acknowledged: bool = False
    error: str = ""
    fault: str = ""


@dataclass(eq=False)
class Notification:
    """A message to the merchant, with its deliveries.

    :ivar url: where it goes; ``None`` if the merchant named no URL.
    :ivar next_at: when it is sent the next time; ``None`` if it is not sent again.
    :ivar signed_at: the time in its signature, if it differs from the time of sending.
    """

    request_id: str
    url: str | None
    body: dict[str, Any]
    created_at: datetime
    next_at: datetime | None
    signed_at: datetime | None = None
    sent: int = 0
    acknowledged: bool = False
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def notify_type(self) -> str:
        return str(self.body.get("notifyType", ""))

    @property
    def result_status(self) -> str:
        result = self.body.get("result")
        return str(result.get("resultStatus", "")) if isinstance(result, dict) else ""


@dataclass
class Payment:
    """One payment session.

    :ivar methods: the methods that it offers, in order; at least one.
    :ivar authorization: whether the merchant asked for authorization first.
    :ivar session_id: 64 characters; everybody who knows them can pay this order.
    :ivar cancelled_at: when the merchant cancelled it, or its authorization lapsed.
    :ivar closed_at: when Antom closed the order.
    :ivar capture_failure: the result code with which the next capture fails.
    :ivar scene: the ``productScene``; empty in the flow of the guide.
    :ivar challenges: whether the bank asks the buyer to confirm a card (3D Secure).
    """

    request_id: str
    order_reference: str
    description: str
    amount: Money
    methods: list[str]
    product_code: str
    authorization: bool
    capture_mode: str
    redirect_url: str
    notify_url: str | None
    session_id: str
    created_at: datetime
    session_expires_at: datetime
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None
    capture_failure: str = ""
    scene: str = ""
    challenges: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)

    @property
    def current(self) -> Attempt | None:
        """The attempt that counts: the last success, or else the last attempt.

        A failed one does not count while another is open.
        """
        if paid := [a for a in self.attempts if a.status == "SUCCESS"]:
            return max(reversed(paid), key=lambda a: a.paid_at or a.created_at)
        attempts = self.open_attempts or self.attempts
        return attempts[-1] if attempts else None

    @property
    def open_attempts(self) -> list[Attempt]:
        """The attempts without a result."""
        return [attempt for attempt in self.attempts if attempt.is_open]

    def open_attempt(self, method: str | None = None) -> Attempt | None:
        """Return the last open attempt, with this method if one is given."""
        found = [a for a in self.open_attempts if method in (None, a.method)]
        return found[-1] if found else None

    @property
    def payment_id(self) -> str | None:
        """Antom's id; ``None`` before the buyer submits."""
        return self.current.payment_id if self.current else None

    @property
    def status(self) -> str:
        """Antom's ``paymentStatus``; ``CREATED`` before the buyer submits."""
        if self.cancelled_at is not None:
            return "CANCELLED"
        return self.current.status if self.current else "CREATED"

    @property
    def method(self) -> str:
        """The method of the attempt that counts; before that, the first offered."""
        return self.current.method if self.current else self.methods[0]

    @property
    def can_authorize(self) -> bool:
        """Whether one of the methods authorizes first and captures later."""
        return any(self.authorizes(method) for method in self.methods)

    def authorizes(self, method: str) -> bool:
        """Whether this method authorizes first.

        If the buyer has a choice, ``isAuthorization`` applies to cards only.
        """
        is_only = len(self.methods) == 1
        return method in CARD_LIKE or (self.authorization and is_only)

    def attempt(self, payment_id: str) -> Attempt:
        return next(a for a in self.attempts if a.payment_id == payment_id)

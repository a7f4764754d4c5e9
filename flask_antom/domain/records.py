"""What flows, gateway and store hand each other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .money import Money
from .payment_methods import CARD_LIKE


@dataclass(frozen=True, slots=True)
class Session:
    """A payment session (Antom: createPaymentSession).

    :ivar data: opaque, for the browser SDK; it lets its holder pay this order.
    :ivar expires_at: aware, UTC.
    :ivar normal_url: the hosted page, if Antom offers one.
    """

    data: str
    expires_at: datetime
    normal_url: str | None

    def __repr__(self) -> str:
        return f"<Session until {self.expires_at:%Y-%m-%dT%H:%M:%SZ}>"


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
class AddedEvent:
    """What the receivers must be told about a payment or a refund.

    :ivar is_new: whether there is an event more; :ivar waiting: the ids of all events
        that the receivers have not had.
    """

    is_new: bool
    waiting: Sequence[int]


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an observation.

    :ivar outcome: ``applied``, ``repeated``, ``ignored``, ``review`` or ``orphan``.
    :ivar waiting: the ids of the payment's, or the refund's, events that the receivers
        have not had.
    """

    outcome: str
    waiting: Sequence[int] = ()

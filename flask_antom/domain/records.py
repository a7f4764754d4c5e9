"""Records that flows, gateway and store exchange."""

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

    :ivar data: opaque text for the browser SDK; its holder can pay this order.
    :ivar expires_at: the end of the session; aware, UTC.
    :ivar normal_url: Antom's hosted page, if there is one.
    """

    data: str
    expires_at: datetime
    normal_url: str | None

    def __repr__(self) -> str:
        return f"<Session until {self.expires_at:%Y-%m-%dT%H:%M:%SZ}>"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The values of a new attempt.

    :ivar methods: one method, or those among which the buyer chooses; empty for all of
        Antom's methods.
    :ivar mode: one of :data:`.modes.MODES`.
    """

    order_reference: str
    amount: Money
    methods: tuple[str, ...]
    mode: str

    @property
    def authorizes(self) -> bool:
        """Whether the buyer may pay with a method that authorizes first."""
        return not self.methods or not CARD_LIKE.isdisjoint(self.methods)

    @property
    def open_key(self) -> str:
        """A hash over order, amount, methods and mode."""
        amount = f"{self.amount.value} {self.amount.currency}"
        parts = (self.order_reference, amount, ",".join(self.methods), self.mode)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as the inbox stores it; see ``NotificationMixin``."""

    key: str
    notify_type: str
    request_id: str | None
    payment_id: str | None
    body: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """The stored notification with the same key.

    :ivar ref: the row's id.
    :ivar is_copy: whether the new notification is a copy of it. Otherwise the two only
        look alike, or the stored one is an orphan.
    """

    ref: int
    is_copy: bool


@dataclass(frozen=True, slots=True)
class AddedEvent:
    """The events of a payment or a refund, after one may have been added.

    :ivar is_new: whether an event was added.
    :ivar undelivered: the ids of all its events that are not delivered yet.
    """

    is_new: bool
    undelivered: Sequence[int]


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of applying an observation.

    :ivar outcome: ``applied``, ``repeated``, ``ignored``, ``review`` or ``orphan``.
    :ivar undelivered: the ids of the events of the payment or the refund that are not
        delivered yet.
    """

    outcome: str
    undelivered: Sequence[int] = ()

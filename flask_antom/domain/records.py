"""Records that flows, gateway and store exchange.

Most are named tuples, because an app starts faster with them than with dataclasses. A
record with a secret is an ordinary class: reporters of errors show the parts of a
tuple, and not its ``repr``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from .money import Money
from .payment_methods import CARD_LIKE
from .schedule import NEVER


class Session:
    """A payment session (Antom: createPaymentSession).

    :ivar data: opaque text for the browser SDK; its holder can pay this order.
    :ivar expires_at: the end of the session; aware, UTC.
    :ivar normal_url: Antom's hosted page, if there is one.
    """

    __slots__ = ("data", "expires_at", "normal_url")

    def __init__(self, data: str, expires_at: datetime, normal_url: str | None) -> None:
        self.data: str = data
        self.expires_at: datetime = expires_at
        self.normal_url: str | None = normal_url

    def __repr__(self) -> str:
        return f"<Session until {self.expires_at:%Y-%m-%dT%H:%M:%SZ}>"


class Attempt(NamedTuple):
    """The values of a new attempt.

    :ivar methods: one method, or those among which the buyer chooses; empty for all of
        Antom's methods.
    :ivar mode: one of :data:`.modes.MODES`.
    :ivar client_id: the account that the money goes to.
    """

    order_reference: str
    amount: Money
    methods: tuple[str, ...]
    mode: str
    client_id: str

    @property
    def authorizes(self) -> bool:
        """Whether the buyer may pay with a method that authorizes first."""
        return not self.methods or not CARD_LIKE.isdisjoint(self.methods)

    @property
    def open_key(self) -> str:
        """A hash over order, amount, methods, mode and account."""
        amount = f"{self.amount.value} {self.amount.currency}"
        methods = ",".join(self.methods)
        parts = (self.order_reference, amount, methods, self.mode, self.client_id)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Notification(NamedTuple):
    """A notification as the inbox stores it; see ``NotificationMixin``.

    :ivar is_handled: whether we know what to do about notifications of its type.
    """

    key: str
    notify_type: str
    request_id: str | None
    payment_id: str | None
    body: str
    body_hash: str
    is_handled: bool = True


class StoredNotification(NamedTuple):
    """The stored notification with the same key.

    :ivar ref: the row's id.
    :ivar is_copy: whether the new notification is a copy of it. Otherwise the two only
        look alike, or the stored one is an orphan.
    """

    ref: int
    is_copy: bool


class StoredEvent(NamedTuple):
    """An event of the outbox.

    :ivar claim: the id of the latest claim, if there is one.
    :ivar due_at: when it is to be delivered, or the end of its lease; aware, UTC.
    """

    id: int
    name: str
    about: str
    claim: str | None
    due_at: datetime | None
    is_delivered: bool

    @property
    def is_given_up(self) -> bool:
        """Whether only a person delivers it again."""
        return self.due_at is not None and self.due_at >= NEVER


class Claim(NamedTuple):
    """The right to deliver an event, until the lease ends.

    :ivar event_id: the event's row.
    :ivar id: the id that the row bears.
    """

    event_id: int
    id: str


class Undelivered(NamedTuple):
    """The events of a payment or a refund that are not delivered, in order.

    :ivar ids: the ids of all of them.
    :ivar claims: the claims of those that the caller is to deliver.
    :ivar is_new: whether an event was added.
    """

    ids: Sequence[int] = ()
    claims: Sequence[Claim] = ()
    is_new: bool = False

    def joined(self, ids: Sequence[int], claims: Sequence[Claim]) -> Undelivered:
        """Return these events and others, each once."""
        return Undelivered(
            list(dict.fromkeys((*self.ids, *ids))),
            list(dict.fromkeys((*self.claims, *claims))),
            self.is_new,
        )


class Refusal(Enum):
    """The reason why an event cannot be claimed now."""

    DELIVERED = auto()
    IN_FLIGHT = auto()  # somebody else delivers it
    WAITS = auto()  # an earlier event of the payment comes first
    NOT_DUE = auto()
    UNHEARD = auto()  # nobody listens
    ELSEWHERE = auto()  # it belongs to another environment
    GIVEN_UP = auto()  # its deliveries ended too many processes

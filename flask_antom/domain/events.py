"""Which events are still true, and which wait for others of the same payment. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from ..log_lines import Facts
from .payment_states import TAKEN, Status
from .records import StoredEvent

#: Events, and the statuses of the payment in which they are no longer true.
_OVERTAKEN: Mapping[str, frozenset[str]] = {
    "payment_pending": TAKEN,
    "payment_failed": TAKEN,
    "payment_expired": TAKEN,
    "payment_cancelled": TAKEN,
    "payment_authorized": frozenset({Status.CANCELLED, Status.REVIEW}),
    "payment_succeeded": frozenset({Status.CANCELLED, Status.REVIEW}),
}

#: The shop must not act on these after all of the money is given back.
ABOUT_MONEY = frozenset({"payment_authorized", "payment_succeeded"})

#: Tells of a notification that we do not act on; it is about no payment.
UNHANDLED = "notification_unhandled"

#: A person has to look: it waits for nothing, and nothing waits for it.
_NEVER_WAITS = "payment_needs_review"


class PaymentNow(Protocol):
    """A payment as it is now: the host's row, or ours."""

    # A plain text; for a type checker it is a column of the host's row.
    @property
    def status(self) -> Any:
        """One of :class:`.payment_states.Status`."""
        ...

    @property
    def is_given_back(self) -> bool:
        """Whether everything that was captured has been refunded."""
        ...


def is_overtaken(name: str, payment: PaymentNow) -> bool:
    """Whether an event of this name is no longer true."""
    if name in ABOUT_MONEY and payment.is_given_back:
        return True
    return payment.status in _OVERTAKEN.get(name, ())


def notification_of(name: str, about: str) -> int | None:
    """Return the id of the notification that an event is about, if it is."""
    return int(about) if name == UNHANDLED else None


class About(NamedTuple):
    """An event, its order and its payment, by their names.

    :ivar signal: the event's signal; ``None`` if the event is not there.
    :ivar payment: the ``paymentRequestId``; ``None`` if it is about no payment.
    """

    event_id: int
    signal: str | None = None
    order: str | None = None
    payment: str | None = None

    def facts(self) -> Facts:
        """Return them for the log."""
        return {
            "event_id": self.event_id,
            "signal": self.signal,
            "order": self.order,
            "payment": self.payment,
        }

    def __str__(self) -> str:
        """Return them as a person reads them."""
        if self.signal is None:
            return f"event {self.event_id}"
        event = f"{self.signal} (event {self.event_id})"
        if self.payment is None:
            return event
        return f"{event} of order {self.order}, payment {self.payment}"


def must_wait(
    name: str,
    earlier: Iterable[StoredEvent],
    payment: PaymentNow,
    is_heard: Callable[[str], bool],
) -> bool:
    """Whether an event waits for one of the earlier ones that are not delivered."""
    return waits_for(name, earlier, payment, is_heard) is not None


def waits_for(
    name: str,
    earlier: Iterable[StoredEvent],
    payment: PaymentNow,
    is_heard: Callable[[str], bool],
) -> StoredEvent | None:
    """Return the first of the earlier, undelivered events that an event waits for.

    The events of one payment are delivered in order: a shop that ships must not hear of
    a refund before. An event that is given up, that nobody hears or that is no longer
    true keeps none waiting.
    """
    if name == _NEVER_WAITS:
        return None
    for event in earlier:
        if (
            event.name != _NEVER_WAITS
            and not event.is_given_up
            and not is_overtaken(event.name, payment)
            and is_heard(event.name)
        ):
            return event
    return None

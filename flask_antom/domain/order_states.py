"""The states of an order, by its attempts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from .payment_states import TAKEN, Status, is_given_back


class OrderState(StrEnum):
    """Where an order stands."""

    OPEN = "open"
    PAYING = "paying"
    PAID = "paid"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    REVIEW = "review"
    CLOSED = "closed"


#: What an attempt makes of its order, as long as no money goes back.
TABLE: Mapping[Status, OrderState] = {
    Status.CREATED: OrderState.OPEN,
    Status.PENDING: OrderState.PAYING,
    Status.PROCESSING: OrderState.PAYING,
    Status.AUTHORIZED: OrderState.PAID,
    Status.SUCCEEDED: OrderState.PAID,
    Status.FAILED: OrderState.OPEN,
    Status.CANCELLED: OrderState.OPEN,
    Status.EXPIRED: OrderState.OPEN,
    Status.REVIEW: OrderState.REVIEW,
}

#: The strongest first: of several attempts, it decides. What the buyer pays now counts
#: more than what they get back of an earlier attempt.
STRENGTH: Sequence[OrderState] = (
    OrderState.PAID,
    OrderState.REVIEW,
    OrderState.PAYING,
    OrderState.REFUNDING,
    OrderState.REFUNDED,
    OrderState.CLOSED,
    OrderState.OPEN,
)

#: In these states, no attempt counts.
WITHOUT_PAYMENT = frozenset({OrderState.CLOSED, OrderState.OPEN})


class Standing(NamedTuple):
    """An attempt, as far as it decides where its order stands.

    :ivar captured: minor units that have been captured.
    :ivar refunded: minor units that have been refunded.
    :ivar is_being_refunded: whether a refund is pending.
    :ivar was_paid: whether its money has come or was reserved, if only for a while.
    """

    status: Status
    captured: int = 0
    refunded: int = 0
    is_being_refunded: bool = False
    was_paid: bool = False

    @property
    def state(self) -> OrderState:
        """The state of an order that has this attempt only."""
        if self.status is Status.CANCELLED and self.was_paid:
            return OrderState.REFUNDED
        if self.status in TAKEN and is_given_back(self.captured, self.refunded):
            return OrderState.REFUNDED
        if self.status in TAKEN and self.is_being_refunded:
            return OrderState.REFUNDING
        return TABLE[self.status]


def decide_order(
    attempts: Sequence[Standing], *, is_closed: bool
) -> tuple[OrderState, int | None]:
    """Return where an order stands, and the position of the attempt that counts.

    It is the latest of the strongest ones. A pending attempt counts more than one that
    is processing, because its buyer has done their part.

    :param attempts: oldest first.
    :param is_closed: whether the host has closed the order.
    """
    state = OrderState.CLOSED if is_closed else OrderState.OPEN
    state = min((state, *(one.state for one in attempts)), key=STRENGTH.index)
    if state in WITHOUT_PAYMENT:
        return state, None
    found = [at for at, one in enumerate(attempts) if one.state is state]
    return state, max(found, key=lambda at: (attempts[at].status == "pending", at))

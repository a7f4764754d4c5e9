"""The table of states: what a payment becomes after a fact. Pure.

:func:`.decisions.decide` first finds the fact that an observation is for the payment,
and then reads this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .payment_states import Fact, Status


class Step(NamedTuple):
    """One cell of the table: the next status, and the signal to send."""

    status: Status
    signal: str | None = None


_OPEN = (Status.CREATED, Status.PENDING, Status.PROCESSING)


_UNPAID = (*_OPEN, Status.FAILED, Status.EXPIRED)


_TAKEN = (Status.AUTHORIZED, Status.SUCCEEDED, Status.REVIEW)


def _all(
    statuses: tuple[Status, ...], status: Status, signal: str | None = None
) -> dict[Status, Step]:
    return dict.fromkeys(statuses, Step(status, signal))


def _stay(*statuses: Status, signal: str) -> dict[Status, Step]:
    return {status: Step(status, signal) for status in statuses}


_SUSPECT = {
    **_all((*_UNPAID, Status.AUTHORIZED), Status.REVIEW, "payment_needs_review"),
    **_stay(Status.SUCCEEDED, Status.CANCELLED, signal="payment_needs_review"),
}


_ORDER = _all(
    (*_UNPAID, Status.AUTHORIZED, Status.SUCCEEDED),
    Status.REVIEW,
    "payment_needs_review",
)


#: Fact -> status before -> status after, and signal. Everything else changes nothing.
TABLE: Mapping[Fact, Mapping[Status, Step]] = {
    Fact.UNPAID: {},
    Fact.PENDING: {
        Status.CREATED: Step(Status.PENDING, "payment_pending"),
        Status.PROCESSING: Step(Status.PENDING, "payment_pending"),
        Status.EXPIRED: Step(Status.PENDING, "payment_pending"),
    },
    Fact.PROCESSING: {
        Status.CREATED: Step(Status.PROCESSING),
        Status.PENDING: Step(Status.PROCESSING),
        Status.EXPIRED: Step(Status.PROCESSING),
    },
    Fact.AUTHORIZED: {
        **_all(_UNPAID, Status.AUTHORIZED, "payment_authorized"),
        **_stay(Status.SUCCEEDED, signal="payment_needs_review"),
    },
    Fact.PAID: _all(
        (*_UNPAID, Status.AUTHORIZED), Status.SUCCEEDED, "payment_succeeded"
    ),
    Fact.CAPTURED: _all(
        (*_UNPAID, Status.AUTHORIZED), Status.SUCCEEDED, "payment_succeeded"
    ),
    Fact.CAPTURE_FAILED: _stay(
        Status.AUTHORIZED, Status.SUCCEEDED, signal="payment_needs_review"
    ),
    Fact.FAILED: _all(_OPEN, Status.FAILED, "payment_failed"),
    Fact.CANCELLED: {
        **_all((*_OPEN, Status.AUTHORIZED), Status.CANCELLED, "payment_cancelled"),
        **_all((Status.FAILED, Status.EXPIRED), Status.CANCELLED),
        Status.SUCCEEDED: Step(Status.CANCELLED, "payment_cancelled"),
        Status.REVIEW: Step(Status.CANCELLED, "payment_cancelled"),
    },
    Fact.CANCEL_FAILED: _stay(*_TAKEN, signal="payment_needs_review"),
    Fact.EXPIRED: {Status.CREATED: Step(Status.EXPIRED, "payment_expired")},
    Fact.LAPSED: _stay(
        Status.AUTHORIZED, Status.SUCCEEDED, signal="payment_needs_review"
    ),
    Fact.MISMATCH: _SUSPECT,
    Fact.SECOND: _SUSPECT,
    Fact.HELD: _all((Status.CREATED, Status.FAILED, Status.EXPIRED), Status.PROCESSING),
    Fact.AGAIN: _all(
        (Status.SUCCEEDED, Status.REVIEW), Status.REVIEW, "payment_needs_review"
    ),
    Fact.REJECTED: _ORDER | _stay(Status.CANCELLED, signal="payment_needs_review"),
    Fact.REVIEW_NEWS: {},
    Fact.PAID_AFTER_CANCEL: _all(
        (*_UNPAID, Status.CANCELLED), Status.REVIEW, "payment_needs_review"
    ),
    Fact.ORDER_CHANGED: _ORDER,
    Fact.ORDER_GONE: _ORDER,
    Fact.ORDER_CLOSED: _ORDER,
    Fact.ORDER_PAID: _ORDER,
}

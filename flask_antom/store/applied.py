"""The result of applying an observation: events to deliver, and the payment now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ..domain.payment_states import TAKEN, Status
from ..domain.records import Claim
from .rows import PaymentRow, RefundRow

_PAID = frozenset({Status.AUTHORIZED, Status.SUCCEEDED})


class Change(NamedTuple):
    """Another status of a payment or a refund, for the log and for those who count.

    :ivar payment: the ``paymentRequestId``.
    :ivar refund: the ``refundRequestId``, if it is the refund that has changed.
    :ivar was: the status before; empty for a refund that Antom has told us of.
    :ivar source: how we know, such as ``notification`` or ``inquiry``.
    :ivar code: Antom's result code.
    :ivar seconds: how long it took the buyer to pay, if that is what has changed.
    """

    order: str
    payment: str
    refund: str | None
    was: str
    status: str
    source: str
    method: str
    code: str | None = None
    seconds: float | None = None


class Applied(NamedTuple):
    """The result of applying an observation.

    :ivar outcome: ``applied``, ``repeated``, ``ignored``, ``review``, ``orphan``,
        ``foreign`` or ``unhandled``.
    :ivar undelivered: the ids of the events of the payment or the refund that are not
        delivered yet, in order.
    :ivar claims: the claims of those that the caller is to deliver.
    :ivar payment: the payment afterwards, if it is known and may have changed.
    :ivar changes: the statuses that have changed.
    """

    outcome: str
    undelivered: Sequence[int] = ()
    claims: Sequence[Claim] = ()
    payment: PaymentRow | None = None
    changes: Sequence[Change] = ()


def payment_changes(
    payment: PaymentRow, was: str, source: str, moment: datetime
) -> list[Change]:
    """Return the change of a payment whose status was this; nothing if it still is."""
    if payment.status == was:
        return []
    seconds = None
    if payment.status in _PAID and was not in TAKEN:
        paid_at = payment.paid_at or moment
        seconds = max((paid_at - payment.created_at).total_seconds(), 0.0)
    return [
        Change(
            payment.order_reference,
            payment.request_id,
            None,
            was,
            payment.status,
            source,
            payment.method,
            payment.result_code,
            seconds,
        )
    ]


def refund_changes(
    refund: RefundRow, payment: PaymentRow, was: str, source: str
) -> list[Change]:
    """Return the change of a refund whose status was this; nothing if it still is."""
    if refund.status == was:
        return []
    return [
        Change(
            payment.order_reference,
            payment.request_id,
            refund.request_id,
            was,
            refund.status,
            source,
            payment.method,
            refund.result_code,
        )
    ]

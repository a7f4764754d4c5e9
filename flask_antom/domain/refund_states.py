"""The states of a refund, and the observations that change them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from .money import Money


class RefundStatus(StrEnum):
    """The status of a refund; stored as plain text."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


#: A refund with one of these statuses reserves its amount of the payment.
HOLDING = frozenset({RefundStatus.PENDING, RefundStatus.SUCCEEDED})


class RefundObservation(NamedTuple):
    """A statement of Antom's about one refund.

    :ivar source: ``notification``, ``inquiry`` or ``refund``.
    :ivar request_id: our ``refundRequestId``.
    :ivar refund_id: Antom's ``refundId``.
    :ivar payment_id: Antom's ``paymentId``, if it is named, as in an inquiry.
    :ivar result_code: Antom's ``resultCode``.
    :ivar at: when it happened at Antom; aware, UTC.
    """

    status: RefundStatus
    source: str
    request_id: str | None = None
    refund_id: str | None = None
    payment_id: str | None = None
    amount: Money | None = None
    result_code: str | None = None
    at: datetime | None = None


#: Status before -> observed status -> signal. Everything else changes nothing: a refund
#: that succeeded stays so, and one that failed may still be reported as a success.
TABLE: Mapping[RefundStatus, Mapping[RefundStatus, str]] = {
    RefundStatus.PENDING: {
        RefundStatus.SUCCEEDED: "refund_succeeded",
        RefundStatus.FAILED: "refund_failed",
    },
    RefundStatus.FAILED: {RefundStatus.SUCCEEDED: "refund_succeeded"},
    RefundStatus.SUCCEEDED: {},
}


def decide_refund(
    status: RefundStatus, observation: RefundObservation
) -> tuple[RefundStatus, str | None]:
    """Return the refund's next status, and the signal to send if there is one."""
    signal = TABLE[status].get(observation.status)
    return (observation.status, signal) if signal else (status, None)

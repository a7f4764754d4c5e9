"""What a refund becomes when Antom says something about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .money import Money


class RefundStatus(StrEnum):
    """Where a refund stands; stored as plain text."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


#: A refund in these states holds its amount against the payment.
HOLDING = frozenset({RefundStatus.PENDING, RefundStatus.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class RefundObservation:
    """What Antom said about a refund.

    :ivar request_id: ours, the ``refundRequestId``; :ivar refund_id: Antom's.
    :ivar payment_id: where Antom names the payment, as an inquiry does.
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


#: Status before -> status heard -> signal. What is not here changes nothing: a refund
#: that succeeded stays so, and one that failed may still be reported as done.
TABLE: Mapping[RefundStatus, Mapping[RefundStatus, str]] = {
    RefundStatus.PENDING: {
        RefundStatus.SUCCEEDED: "refund_succeeded",
        RefundStatus.FAILED: "refund_failed",
    },
    RefundStatus.FAILED: {RefundStatus.SUCCEEDED: "refund_succeeded"},
    RefundStatus.SUCCEEDED: {},
}


def decide_refund(
    status: RefundStatus, news: RefundObservation
) -> tuple[RefundStatus, str | None]:
    """Give the refund's next status and the signal to send."""
    signal = TABLE[status].get(news.status)
    return (news.status, signal) if signal else (status, None)

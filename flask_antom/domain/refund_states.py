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
    :ivar amount: the amount that Antom reports; ``None`` if it reports none, or one in
        a currency that we do not know.
    :ivar is_foreign: whether it is in a currency that we do not know.
    :ivar result_code: Antom's ``resultCode``.
    :ivar at: when it happened at Antom; aware, UTC.
    """

    status: RefundStatus
    source: str
    request_id: str | None = None
    refund_id: str | None = None
    payment_id: str | None = None
    amount: Money | None = None
    is_foreign: bool = False
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


class Refunded(NamedTuple):
    """The refunds of a payment, in minor units, where two figures may differ.

    :ivar agreed: the sum of the smaller figures: what was asked and what Antom reports.
    :ivar most: the sum of the larger figures.
    """

    agreed: int
    most: int

    def of(self, captured: int) -> int:
        """Return how much has been refunded of what was captured.

        It is the larger sum. But all is given back only if both figures say so: then
        the order is free to be paid again, and a wrong notification must not do that.
        """
        if self.most < captured or not captured:
            return self.most
        return min(self.agreed, captured)


def differs(asked: Money, observation: RefundObservation) -> bool:
    """Whether Antom reports a success of another amount or currency than asked."""
    if observation.status is not RefundStatus.SUCCEEDED:
        return False
    is_other = observation.amount is not None and observation.amount != asked
    return observation.is_foreign or is_other


def decide_refund(
    status: RefundStatus, observation: RefundObservation
) -> tuple[RefundStatus, str | None]:
    """Return the refund's next status, and the signal to send if there is one."""
    signal = TABLE[status].get(observation.status)
    return (observation.status, signal) if signal else (status, None)

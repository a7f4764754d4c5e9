"""Parses Antom's answers, and fields that notifications share with them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..clock import parse_time
from ..domain.money import DECIMALS, Money
from ..domain.payment_states import UNNAMED, Fact, Observation, ReviewOutcome
from ..domain.refund_states import RefundObservation, RefundStatus
from ..errors import InvalidMoney, OutcomeUnknown

#: The meaning of ``paymentStatus`` (Antom: inquiryPayment).
_FACT_BY_STATUS: Mapping[str, Fact] = {
    "SUCCESS": Fact.PAID,
    "FAIL": Fact.FAILED,
    "CANCELLED": Fact.CANCELLED,
    "PROCESSING": Fact.PROCESSING,
    "PENDING": Fact.PENDING,
}

#: ``postRiskDecision`` and ``authReviewStatus`` of a payment that may be fulfilled.
_ACCEPTED = (
    *(("ACCEPT", "ACCEPT"), ("ACCEPT", None), (None, "ACCEPT")),
    ("REVIEW", "ACCEPT"),
)

#: The meaning of ``refundStatus`` (Antom: inquiryRefund, notifyRefund).
STATUS_OF_REFUND: Mapping[str, RefundStatus] = {
    "SUCCESS": RefundStatus.SUCCEEDED,
    "PROCESSING": RefundStatus.PENDING,
    "FAIL": RefundStatus.FAILED,
}


def read_payment(operation: str, answer: Mapping[str, Any]) -> Observation:
    """Parse the answer to an inquiry about a payment.

    Its ``result`` is about the call, not about the payment.

    :raises OutcomeUnknown: if it has no known ``paymentStatus``, or a wrong amount.
    """
    fact = _FACT_BY_STATUS.get(read_text(answer, "paymentStatus") or "")
    if fact is None:
        raise OutcomeUnknown(operation, "the answer holds no known paymentStatus")
    try:
        amount = read_amount(answer.get("paymentAmount"))
        captures = _captures(answer.get("transactions"))
        refunds = _refunds(answer)
    except InvalidMoney:
        raise OutcomeUnknown(operation, "the answer's amount is not valid") from None
    if fact is Fact.PAID and answer.get("paymentAmount") is None:
        raise OutcomeUnknown(operation, "the answer holds no paymentAmount")
    return Observation(
        fact,
        "inquiry",
        request_id=read_text(answer, "paymentRequestId"),
        payment_id=read_text(answer, "paymentId"),
        amount=amount,
        captures=captures,
        capture_requests=_capture_requests(answer.get("transactions")),
        refunds=refunds,
        method=read_text(answer, "paymentMethodType"),
        review=read_review(answer),
        result_code=read_text(answer, "paymentResultCode"),
        at=read_time(answer.get("paymentTime")),
        authorized_until=read_time(answer.get("authExpiryTime")),
    )


def read_review(fields: Mapping[str, Any]) -> ReviewOutcome:
    """Return the outcome of the risk review (Antom: inquiryPayment, notifyPayment).

    ``postRiskDecision`` is the recommendation, ``authReviewStatus`` the review that it
    may lead to. So ``REVIEW`` is over once the review has accepted. An unknown word may
    be a new name for "not yet", so the review is still running.
    """
    decision = fields.get("popRiskDecisionResultInfo")
    word = decision.get("postRiskDecision") if isinstance(decision, Mapping) else None
    if not isinstance(decision, Mapping | None):
        word = decision
    status = fields.get("authReviewStatus")
    if "REJECT" in (word, status):
        return ReviewOutcome.REJECTED
    if word is None and status is None:
        return ReviewOutcome.UNNAMED
    if (word, status) in _ACCEPTED:
        return ReviewOutcome.ACCEPTED
    return ReviewOutcome.RUNNING


def read_refund(operation: str, answer: Mapping[str, Any]) -> RefundObservation:
    """Parse the answer to an inquiry about a refund.

    :raises OutcomeUnknown: if it has no known ``refundStatus``, or a wrong amount.
    """
    status = STATUS_OF_REFUND.get(read_text(answer, "refundStatus") or "")
    if status is None:
        raise OutcomeUnknown(operation, "the answer holds no known refundStatus")
    amount = read_refund_amount(operation, answer)
    return RefundObservation(
        status,
        "inquiry",
        request_id=read_text(answer, "refundRequestId"),
        refund_id=read_text(answer, "refundId"),
        payment_id=read_text(answer, "paymentId"),
        amount=amount,
        is_foreign=amount is None and answer.get("refundAmount") is not None,
        at=read_time(answer.get("refundTime")),
    )


def read_refund_amount(operation: str, answer: Mapping[str, Any]) -> Money | None:
    """Parse the amount of a refund, as :func:`read_amount` does.

    :raises OutcomeUnknown: if it is there, but not a valid amount.
    """
    try:
        return read_amount(answer.get("refundAmount"))
    except InvalidMoney:
        raise OutcomeUnknown(operation, "the answer's amount is not valid") from None


def read_amount(amount: object) -> Money | None:
    """Parse an amount that may be missing.

    An unknown currency is returned as ``None`` too: it is not the currency of the
    payment.

    :raises InvalidMoney: if it is there, but not a valid amount.
    """
    if amount is None:
        return None
    if isinstance(amount, Mapping):
        currency = amount.get("currency")
        if isinstance(currency, str) and currency not in DECIMALS:
            Money.from_antom({**amount, "currency": "JPY"})  # checks the value
            return None
    return Money.from_antom(amount)


def read_time(time: object) -> datetime | None:
    """Parse a time; ``None`` if it is missing or wrong.

    Times are only information, so a wrong one is no error.
    """
    if not isinstance(time, str):
        return None
    try:
        return parse_time(time)
    except ValueError:
        return None


def read_text(answer: Mapping[str, Any], field: str) -> str | None:
    """Return an id or a code; ``None`` if it is missing or wrong.

    It has to be printable, and have at most 64 characters.
    """
    value = answer.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        return None
    return value if value.isprintable() else None


def _captures(transactions: object) -> dict[str, Money]:
    """Return the captures that succeeded (Antom: inquiryPayment, "transactions").

    :raises InvalidMoney: if an amount is wrong, or the currencies differ.
    """
    captures: dict[str, Money] = {}
    total: Money | None = None
    for item in _succeeded(transactions, "CAPTURE"):
        amount = Money.from_antom(item.get("transactionAmount"))
        total = amount if total is None else total + amount
        capture_id = read_text(item, "transactionId") or UNNAMED
        known = captures.get(UNNAMED) if capture_id == UNNAMED else None
        captures[capture_id] = amount if known is None else known + amount
    return captures


def _capture_requests(transactions: object) -> frozenset[str]:
    ids = (
        read_text(item, "transactionRequestId")
        for item in _succeeded(transactions, "CAPTURE")
    )
    return frozenset(filter(None, ids))


def _refunds(answer: Mapping[str, Any]) -> tuple[RefundObservation, ...]:
    """Return the refunds that succeeded (Antom: inquiryPayment, "transactions")."""
    payment_id = read_text(answer, "paymentId")
    refunds = [
        (item, read_amount(item.get("transactionAmount") or {}))
        for item in _succeeded(answer.get("transactions"), "REFUND")
    ]
    return tuple(
        RefundObservation(
            RefundStatus.SUCCEEDED,
            "inquiry",
            request_id=read_text(item, "transactionRequestId"),
            refund_id=read_text(item, "transactionId"),
            payment_id=payment_id,
            amount=amount,
            is_foreign=amount is None,
            at=read_time(item.get("transactionTime")),
        )
        for item, amount in refunds
    )


def _succeeded(transactions: object, kind: str) -> Iterator[Mapping[str, Any]]:
    for item in transactions if isinstance(transactions, list) else ():
        if isinstance(item, Mapping) and item.get("transactionType") == kind:
            result = item.get("transactionResult")
            if isinstance(result, Mapping) and "resultStatus" in result:
                succeeded = result["resultStatus"] == "S"
            else:
                succeeded = item.get("transactionStatus") == "SUCCESS"
            if succeeded:
                yield item

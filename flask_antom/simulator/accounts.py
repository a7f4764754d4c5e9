"""Accounts of the simulated Antom, to compare with the merchant's records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..domain.money import Money
from .attempts import Attempt, Refund
from .records import Payment


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved or was authorized.

    :ivar kind: ``PAYMENT``, ``AUTHORIZATION``, ``CAPTURE`` and ``REFUND`` (by the
        merchant) as in Antom's API. ``VOID``: what was authorized and not captured went
        back. ``CANCEL``: the merchant's cancel returned the money.
        ``AUTOMATIC_REFUND``: Antom returned it, because a later attempt in the same
        session succeeded too.
    :ivar request_id: the request id of a capture or a refund.
    """

    payment_id: str
    kind: str
    amount: Money
    at: datetime
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """The account of one payment session at Antom.

    :ivar payment_id: the attempt that counts; ``None`` before the buyer submits.
    :ivar status: Antom's ``paymentStatus``; ``CREATED`` before the buyer submits.
    :ivar paid: what that attempt brought before refunds; zero after a cancel.
    :ivar captured: the part of it that was authorized first.
    :ivar refunded: the part of it that the merchant returned.
    :ivar refunds: all refunds by the merchant, by ``refundRequestId``. This includes
        those of other attempts in the session and those that failed.
    :ivar movements: the movements of all attempts, oldest first.
    """

    request_id: str
    payment_id: str | None
    status: str
    paid: Money
    captured: Money
    refunded: Money
    refunds: Mapping[str, Refund]
    movements: tuple[Movement, ...]


def account_of(payment: Payment) -> Account:
    """Return the present account of a payment session."""
    nothing = Money(0, payment.amount.currency)
    attempt = payment.current if payment.cancelled_at is None else None
    movements = [m for a in payment.attempts for m in _movements(a)]
    return Account(
        request_id=payment.request_id,
        payment_id=payment.payment_id,
        status=payment.status,
        paid=attempt.taken if attempt else nothing,
        captured=attempt.captured if attempt else nothing,
        refunded=attempt.refunded if attempt else nothing,
        refunds={r.request_id: replace(r) for a in payment.attempts for r in a.refunds},
        movements=tuple(sorted(movements, key=lambda movement: movement.at)),
    )


def _movements(attempt: Attempt) -> Iterator[Movement]:
    payment_id = attempt.payment_id
    if attempt.paid_at is not None:
        kind = "AUTHORIZATION" if attempt.authorizes else "PAYMENT"
        yield Movement(payment_id, kind, attempt.amount, attempt.paid_at)
    for capture in attempt.captures:
        if capture.status == "SUCCESS":
            yield Movement(
                payment_id, "CAPTURE", capture.amount, capture.at, capture.request_id
            )
    for refund in attempt.refunds:
        if refund.status == "SUCCESS" and refund.ended_at is not None:
            yield Movement(
                payment_id, "REFUND", refund.amount, refund.ended_at, refund.request_id
            )
    if attempt.released_at is not None:
        rest = attempt.amount - attempt.captured
        yield Movement(payment_id, "VOID", rest, attempt.released_at)
    if attempt.refunded_at is not None and attempt.returned:
        kind = "CANCEL" if attempt.cancelled_at is not None else "AUTOMATIC_REFUND"
        yield Movement(payment_id, kind, attempt.returned, attempt.refunded_at)

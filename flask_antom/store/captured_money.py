"""What has been taken of a payment, written down as Antom tells it. No SQL.

In one session several tries of the buyer may succeed. Antom keeps the last one and
gives the others back (Antom: payment retry), so what was taken, given back or asked of
an earlier one does not count for it.
"""

from __future__ import annotations

from datetime import datetime

from ..domain.captures import merge_captures
from ..domain.decisions import Decision
from ..domain.money import MAX_DIGITS, Money
from ..domain.payment_states import AUTHORIZATION_LOST, Fact, Observation, Status
from ..domain.schedule import AUTHORIZATION_LIFE
from .models import PaymentMixin

#: What an amount can hold; reported captures may add up to more.
_MOST = 10**MAX_DIGITS - 1


def record(
    payment: PaymentMixin, seen: Observation, decision: Decision, moment: datetime
) -> bool:
    """Write whose money counts, and how much of it has been taken.

    :returns: whether several tries of the buyer's have succeeded: then it is well to
        ask Antom how things are.
    """
    is_other = not seen.is_of(payment.payment_id)
    was_paid = payment.paid_at is not None
    if decision.adopt:
        if is_other:
            _forget(payment)
        _adopt(payment, seen, moment, is_other=is_other)
        _count(payment, seen, decision.reported)
        payment.authorized_until = _authorized_until(
            payment, seen, decision.reported, moment
        )
    if payment.capture_request_id in seen.capture_requests:
        _end_capture(payment, seen)
    if decision.status is Status.CANCELLED:
        payment.authorized_until = None
    return is_other and was_paid and (decision.adopt or seen.fact is Fact.CAPTURED)


def _end_capture(payment: PaymentMixin, seen: Observation) -> None:
    """End our capture that was under way; the last one lets the rest go."""
    is_taken = seen.fact is not Fact.CAPTURE_FAILED
    if payment.capture_final if is_taken else seen.result_code in AUTHORIZATION_LOST:
        payment.authorized_until = None
    payment.capture_request_id = payment.capture_value = None


def _forget(payment: PaymentMixin) -> None:
    payment.captures, payment.authorized_until = {}, None
    payment.captured = payment.refunded = Money(0, payment.currency)
    payment.capture_request_id = payment.capture_value = None


def _adopt(
    payment: PaymentMixin, seen: Observation, moment: datetime, *, is_other: bool
) -> None:
    """Write down which try of the buyer's counts, and when he paid.

    Where that is not told, the time of the try before it stays.
    """
    payment.payment_id = seen.payment_id or payment.payment_id
    if is_other or seen.fact is not Fact.CAPTURED or payment.paid_at is None:
        payment.paid_at = seen.at or payment.paid_at or moment
    if payment.chooses_method:
        payment.method = seen.method or payment.method


def _authorized_until(
    payment: PaymentMixin, seen: Observation, reported: Fact, moment: datetime
) -> datetime | None:
    """Tell until when the rest can be captured; ``None`` once nothing can."""
    known = payment.authorized_until
    if reported is Fact.AUTHORIZED and not payment.captured:
        known = known or (payment.paid_at or moment) + AUTHORIZATION_LIFE
    if known is None or payment.captured >= payment.amount:
        return None
    return seen.authorized_until or known


def _count(payment: PaymentMixin, seen: Observation, reported: Fact) -> None:
    """Count what was taken: the captures, or all where the method has none.

    What came in another currency is left for a person.
    """
    nothing = Money(0, payment.currency)
    if reported is Fact.PAID:
        came = seen.amount or nothing
        payment.captured = came if came.currency == payment.currency else nothing
    elif seen.captured is not None and seen.captured.currency == payment.currency:
        payment.captures = merge_captures(payment.captures or {}, seen.captures)
        total = min(sum(payment.captures.values()), _MOST)
        payment.captured = Money(total, payment.currency)

"""Records how much of a payment has been captured. No SQL.

A session may hold several tries that succeed, each with its own ``paymentId``. Antom
keeps the last one and refunds the others (Antom: payment retry). So the captures and
refunds of an earlier try do not count for the last one.
"""

from __future__ import annotations

from datetime import datetime

from ..domain.captures import merge_captures
from ..domain.decisions import Decision
from ..domain.money import MAX_VALUE, Money
from ..domain.payment_states import (
    AUTHORIZATION_LOST,
    TAKEN,
    Fact,
    Observation,
    Status,
)
from ..domain.schedule import AUTHORIZATION_LIFE
from . import capture_requests
from .rows import PaymentRow


def record(
    payment: PaymentRow,
    observation: Observation,
    decision: Decision,
    moment: datetime,
) -> bool:
    """Record which try counts, and how much of it has been captured.

    :param moment: the present, for a time that Antom does not name.
    :returns: whether several tries have succeeded, so that Antom should be asked.
    """
    is_other = not observation.is_of(payment.payment_id)
    was_paid = payment.paid_at is not None
    if decision.adopt:
        if is_other:
            _reset(payment)
        _record_try(payment, observation, moment, is_other=is_other)
        _record_captures(payment, observation, decision.reported)
        payment.authorized_until = _authorized_until(
            payment, observation, decision.reported, moment
        )
    if payment.capture_request_id in observation.capture_requests:
        _end_capture(payment, observation)
    if decision.status is Status.CANCELLED:
        payment.authorized_until = None
    return (
        is_other and was_paid and (decision.adopt or observation.fact is Fact.CAPTURED)
    )


def _end_capture(payment: PaymentRow, observation: Observation) -> None:
    """Record that our capture has ended. A final one releases the rest."""
    is_taken = observation.fact is not Fact.CAPTURE_FAILED
    if (
        payment.capture_final
        if is_taken
        else observation.result_code in AUTHORIZATION_LOST
    ):
        payment.authorized_until = None
    if not is_taken:
        capture_requests.note(payment, failed=observation.result_code or "")
    payment.capture_request_id = payment.capture_value = None


def _reset(payment: PaymentRow) -> None:
    """Remove the captures and refunds of an earlier try."""
    payment.captures, payment.authorized_until = {}, None
    payment.captured = payment.refunded = Money(0, payment.currency)
    capture_requests.note(payment, dropped=True)
    payment.capture_request_id = payment.capture_value = None


def _record_try(
    payment: PaymentRow, observation: Observation, moment: datetime, *, is_other: bool
) -> None:
    """Record which try counts, and when the buyer paid.

    If Antom does not name the time, the one of the earlier try stays.
    """
    payment.payment_id = observation.payment_id or payment.payment_id
    if is_other or observation.fact is not Fact.CAPTURED or payment.paid_at is None:
        payment.paid_at = observation.at or payment.paid_at or moment
    if payment.status not in TAKEN:
        payment.paid_at = None
    if payment.chooses_method:
        payment.method = observation.method or payment.method


def _authorized_until(
    payment: PaymentRow, observation: Observation, reported: Fact, moment: datetime
) -> datetime | None:
    """Return until when the rest can be captured; ``None`` if there is no rest."""
    known = payment.authorized_until
    if reported is Fact.AUTHORIZED and not payment.captured:
        known = known or (payment.paid_at or moment) + AUTHORIZATION_LIFE
    if known is None or payment.captured >= payment.amount:
        return None
    return observation.authorized_until or known


def _record_captures(
    payment: PaymentRow, observation: Observation, reported: Fact
) -> None:
    """Record the captures, or the whole amount if the method has no captures.

    Money in another currency is not counted: a person has to look.
    """
    nothing = Money(0, payment.currency)
    if reported is Fact.PAID:
        paid = observation.amount or nothing
        payment.captured = paid if paid.currency == payment.currency else nothing
    elif (
        observation.captured is not None
        and observation.captured.currency == payment.currency
    ):
        payment.captures = merge_captures(payment.captures or {}, observation.captures)
        total = min(sum(payment.captures.values()), MAX_VALUE)
        payment.captured = Money(total, payment.currency)

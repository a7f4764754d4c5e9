"""A stored payment among the attempts of its order, as the rules take it. No SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..domain.payment_states import TAKEN, Observation, Status, View
from ..domain.whose import Ours
from .payment_rows import only_of_order
from .rows import PaymentRow

_GOOD = frozenset({Status.AUTHORIZED, Status.SUCCEEDED})


def match(
    payments: Sequence[PaymentRow], observation: Observation
) -> PaymentRow | None:
    """Return the attempt that an observation is about, by our id or by Antom's."""
    for payment in payments:
        if observation.request_id in (None, payment.request_id) and (
            observation.request_id or observation.payment_id == payment.payment_id
        ):
            return payment
    return None


def view(payment: PaymentRow, attempts: Sequence[PaymentRow], ours: Ours) -> View:
    """Return a payment as :func:`~flask_antom.domain.decisions.decide` takes it."""
    siblings = only_of_order(attempts, payment.order_reference)
    return View(
        status=Status(payment.status),
        amount=payment.amount,
        payment_id=payment.payment_id,
        authorizes=payment.authorizes,
        chooses_method=payment.chooses_method,
        cancel_asked=payment.cancel_asked_at is not None,
        closed_by_shop=is_closed_by_shop(payment),
        under_review=payment.under_review,
        outdated=payment.outdated,
        given_back=payment.is_given_back,
        order_paid=any(
            other.status in _GOOD and other.is_taken and ours.may_pay(other)
            for other in siblings
            if other is not payment
        ),
        order_closed=any(other.order_closed_at is not None for other in siblings),
        paid_at=payment.paid_at,
        captured=payment.captured.value,
        captures=payment.captures or {},
        capture_request_id=payment.capture_request_id,
    )


def is_closed_by_shop(payment: PaymentRow) -> bool:
    """Whether the shop has cancelled it while Antom did not know it yet."""
    is_open = payment.status not in TAKEN
    return payment.cancel_asked_at is not None and payment.cancel_undoes and is_open


def unclear_since(payment: PaymentRow) -> datetime | None:
    """Return since when the outcome of our cancel or capture, or of Antom's review is
    unknown.

    It is ``None`` for a payment that is not paid: its schedule is enough.
    """
    if payment.under_review:
        return payment.created_at
    if payment.cancel_asked_at is not None and payment.status in TAKEN:
        return payment.cancel_asked_at
    return None if payment.capture_request_id is None else payment.created_at

"""The limits of refunds: what is left of a payment, and of which of its captures."""

from __future__ import annotations

from collections.abc import Mapping

from ..domain.money import Money
from ..domain.payment_states import Status
from ..errors import NotPossible
from .rows import PaymentRow

_REFUNDABLE = frozenset({Status.SUCCEEDED, Status.REVIEW})


def check_refund(payment: PaymentRow, held: Money, amount: Money | None) -> Money:
    """Return the amount to refund; by default all that is left.

    :param held: the amount of the other refunds, pending ones included.
    :raises NotPossible: with the reason.
    """
    if payment.payment_id is None or payment.status not in _REFUNDABLE:
        raise NotPossible(
            f"A payment that is {payment.status} cannot be refunded; only a paid one."
        )
    if not payment.captured:
        raise NotPossible(
            f"No {payment.currency} was captured, so there is nothing to refund: cancel"
            " the payment, or refund it in Antom's Dashboard."
        )
    left = payment.captured - held if held < payment.captured else payment.captured * 0
    wanted = left if amount is None else amount
    if not wanted or wanted > left:
        raise NotPossible(f"Only {left} of the payment is left to refund.")
    return wanted


def choose_capture(
    payment: PaymentRow, held: Mapping[str | None, int], wanted: Money
) -> str | None:
    """Return the ``captureId`` to refund (Antom: refund, captureId).

    :param held: minor units of the other refunds, by ``captureId``.
    :raises NotPossible: if no single capture has enough left.
    """
    captures = payment.captures or {}
    if len(captures) < 2:
        return next(iter(captures), None)
    left = {name: value - held.get(name, 0) for name, value in captures.items()}
    enough = [name for name, value in left.items() if value >= wanted.value]
    if not enough:
        most = Money(max(*left.values(), 0), payment.currency)
        raise NotPossible(
            "The payment was captured in parts, and a refund can only be of one part:"
            f" refund at most {most} at once."
        )
    return min(enough, key=lambda name: left[name])

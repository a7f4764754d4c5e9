"""Whether a refund is one that was made before."""

from __future__ import annotations

from collections.abc import Iterable

from ..domain.money import Money
from ..errors import NotPossible, RepeatedCall
from .rows import PaymentRow, RefundRow


def check_same(
    used: RefundRow, payment: PaymentRow, amount: Money | None, key: str | None
) -> None:
    """Raise an error if a key was used for another refund.

    A database may take two keys for the same that differ in case.

    :param used: the refund that has the key.
    """
    if used.key != key:
        raise NotPossible(f"The database takes the keys {key} and {used.key} for one.")
    if used.payment_ref != payment.id:
        raise NotPossible(f"The key {key} was used to refund another payment.")
    if amount is not None and amount != used.amount:
        raise NotPossible(f"The key {key} was used to refund {used.amount}.")


def refuse_second_click(
    recent: Iterable[RefundRow], amount: Money | None, left: int
) -> None:
    """Raise an error if a refund was made a moment ago that is equal to the wanted one.

    :param recent: the refunds of the last moment that have not failed, latest first.
    :param left: minor units that are left; if they are none, the latest took them all.
    """
    for earlier in recent:
        if amount is None:
            is_equal = left in (0, earlier.amount_value)
        else:
            is_equal = amount == earlier.amount
        if is_equal:
            raise RepeatedCall(f"A refund of {earlier.amount}", earlier.id)

"""What the fields of an action's form say, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...domain.money import Money
from ...errors import InvalidMoney
from .actions import Wanted

_LONGEST_REASON = 500
_LONGEST_FOR_BUYER = 256


class Wish(NamedTuple):
    """A form as it was filled in.

    :ivar errors: what is wrong, by field.
    """

    wanted: Wanted
    reason: str
    errors: Mapping[str, str]


def read(
    action: str,
    subject: str,
    fields: Mapping[str, str],
    *,
    left: Money | None,
    was_delivered: bool,
) -> Wish:
    """Return what a form says.

    :param left: the most that can be captured or refunded.
    :param was_delivered: of an event: whether it was delivered.
    """
    errors: dict[str, str] = {}
    reason = _text(fields, "reason")
    if not reason and action != "sync":
        errors["reason"] = "Write why, for those who look at this payment later."
    if len(reason) > _LONGEST_REASON:
        errors["reason"] = f"Use at most {_LONGEST_REASON} characters."
    wanted = Wanted(action, subject)
    if left is not None:
        wanted = _with_amount(wanted, fields, left, errors)
    wanted = wanted._replace(again=was_delivered)
    return Wish(wanted, reason, errors)


def _with_amount(
    wanted: Wanted,
    fields: Mapping[str, str],
    left: Money,
    errors: dict[str, str],
) -> Wanted:
    amount = left
    if fields.get("how") != "all":
        try:
            amount = Money.parse(_text(fields, "amount"), left.currency)
        except InvalidMoney as error:
            errors["amount"] = str(error)
        else:
            if not amount or amount > left:
                errors["amount"] = f"Write an amount up to {left}."
    for_buyer = _text(fields, "for_buyer")
    if len(for_buyer) > _LONGEST_FOR_BUYER:
        errors["for_buyer"] = f"Use at most {_LONGEST_FOR_BUYER} characters."
    is_final = amount == left or fields.get("final") == "yes"
    return wanted._replace(
        amount=amount, for_buyer=for_buyer or None, is_final=is_final
    )


def _text(fields: Mapping[str, str], name: str) -> str:
    return " ".join(fields.get(name, "").split())

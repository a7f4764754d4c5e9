"""What the fields of an action's form say, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...domain.money import Money
from ...errors import InvalidMoney
from . import actions
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
    action: str, subject: str, fields: Mapping[str, str], thing: Mapping[str, Any]
) -> Wish:
    """Return what a form says.

    :param thing: the payment or the event, as it is now.
    """
    errors: dict[str, str] = {}
    reason = _text(fields, "reason")
    if not reason and action != "sync":
        errors["reason"] = "Write why, for those who look at this payment later."
    if len(reason) > _LONGEST_REASON:
        errors["reason"] = f"Use at most {_LONGEST_REASON} characters."
    wanted = Wanted(action, subject)
    if action in actions.WITH_AMOUNT:
        wanted = _with_amount(wanted, fields, thing, errors)
    elif action == actions.REDELIVER:
        wanted = wanted._replace(again=thing["delivered_at"] is not None)
    return Wish(wanted, reason, errors)


def _with_amount(
    wanted: Wanted,
    fields: Mapping[str, str],
    payment: Mapping[str, Any],
    errors: dict[str, str],
) -> Wanted:
    is_refund = wanted.action == "refund"
    left = (actions.left_to_refund if is_refund else actions.left_to_capture)(payment)
    amount = left
    if fields.get("how") != "all":
        try:
            amount = Money.parse(_text(fields, "amount"), left.currency)
        except InvalidMoney as error:
            errors["amount"] = str(error)
        else:
            if not amount or amount > left:
                errors["amount"] = f"Write an amount up to {left}."
    for_buyer = _text(fields, "for_buyer") if is_refund else ""
    if len(for_buyer) > _LONGEST_FOR_BUYER:
        errors["for_buyer"] = f"Use at most {_LONGEST_FOR_BUYER} characters."
    is_final = amount == left or fields.get("final") == "yes"
    return wanted._replace(
        amount=amount, for_buyer=for_buyer or None, is_final=is_final
    )


def _text(fields: Mapping[str, str], name: str) -> str:
    return " ".join(fields.get(name, "").split())

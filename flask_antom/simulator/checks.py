"""Checks the parameters of a call, each by its rule and all together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..clock import parse_time
from ..domain.money import Money, check_chargeable
from ..errors import InvalidMoney
from .methods import asks_to_authorize, offered
from .parameters import PAYMENT_IDS, REFUND_IDS, REFUND_MINIMUM, SESSION
from .rules import Rule

#: How long a session lives at most, and by default (Antom: createPaymentSession).
SESSION_PERIOD = timedelta(hours=1)


class IllegalParameter(ValueError):
    """A parameter breaks its rule; the message names the field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")


def check(request: Mapping[str, Any], table: Mapping[str, Rule]) -> None:
    """Check a request against a table of rules.

    :raises IllegalParameter: for the first field that breaks its rule.
    """
    for path, rule in table.items():
        for field, value in _find(request, path.split("."), ""):
            if value is None:
                if rule.required:
                    raise IllegalParameter(field, "is required.")
            elif reason := rule.broken_by(value):
                raise IllegalParameter(field, reason)


def check_session(request: Mapping[str, Any], now: datetime) -> None:
    """Check the parameters of createPaymentSession, each and all together.

    :raises IllegalParameter: for the first that is not as documented.
    """
    check(request, SESSION)
    if not request.get("paymentMethod") and not request.get("productScene"):
        raise IllegalParameter("paymentMethod", "is required without productScene.")
    methods = offered(request)
    if not methods:
        field = "availablePaymentMethod.paymentMethodTypeList"
        raise IllegalParameter(field, "must not be empty.")
    for method in methods:
        check_worth("paymentAmount", Money.from_antom(request["paymentAmount"]), method)
    if "CARD" in methods and not asks_to_authorize(request):
        raise IllegalParameter("paymentFactor.isAuthorization", "is true for CARD.")
    expiry = request.get("paymentSessionExpiryTime")
    if expiry and not now < parse_time(expiry) <= now + SESSION_PERIOD:
        reason = "must lie within one hour from now."
        raise IllegalParameter("paymentSessionExpiryTime", reason)


def check_payment_ids(request: Mapping[str, Any]) -> None:
    """Check the parameters of inquiryPayment and of cancel.

    :raises IllegalParameter: if one is illegal or both ids are missing.
    """
    check(request, PAYMENT_IDS)
    _check_either(request, "paymentRequestId", "paymentId")


def check_refund_ids(request: Mapping[str, Any]) -> None:
    """Check the parameters of inquiryRefund.

    :raises IllegalParameter: if one is illegal or both ids are missing.
    """
    check(request, REFUND_IDS)
    _check_either(request, "refundRequestId", "refundId")


def check_worth(field: str, amount: Money, method: str) -> None:
    """Check that a method can charge this amount.

    :raises IllegalParameter: for zero, or an amount that must be rounder.
    """
    try:
        check_chargeable(amount, method)
    except InvalidMoney as error:
        raise IllegalParameter(f"{field}.value", f"is illegal: {error}") from None


def check_refund_minimum(amount: Money, method: str) -> None:
    """Check the method's minimum for a refund.

    :raises IllegalParameter: if the amount is below it.
    """
    minimum = REFUND_MINIMUM.get((method, amount.currency), 1)
    if amount.value < minimum:
        raise IllegalParameter("refundAmount.value", f"is at least {minimum}.")


def _check_either(request: Mapping[str, Any], *fields: str) -> None:
    if not any(request.get(field) for field in fields):
        raise IllegalParameter(fields[0], f"or {fields[1]} is required.")


def _find(value: Any, path: list[str], field: str) -> Iterator[tuple[str, Any]]:
    """Follow a path and yield each field at its end; ``None`` if it is absent."""
    if not path:
        yield field, value
        return
    name, rest = path[0], path[1:]
    if not isinstance(value, dict):
        return
    found = value.get(name.removesuffix("[]"))
    here = f"{field}.{name}".lstrip(".")
    if not name.endswith("[]"):
        yield from _find(found, rest, here)
    elif isinstance(found, list):
        for index, item in enumerate(found):
            yield from _find(item, rest, here.replace("[]", f"[{index}]"))

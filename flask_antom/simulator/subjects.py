"""Subjects of notifications, for the recipes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..domain.money import Money
from .messages import SUCCESS, result

Fields = dict[str, Any]

#: A row of the shop, by the names of its columns.
Row = Mapping[str, Any]

_SOME = Money(4200, "MYR")


def new_id(prefix: str = "") -> str:
    """Return an id that nobody has."""
    return prefix + secrets.token_hex(8)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Subject:
    """The payment that a notification is about. What is not given is made up.

    :ivar amount: the amount of the payment, or of its capture, refund or dispute.
    :ivar capture_request_id: the shop's capture, if it is about one.
    :ivar refund_request_id: the shop's refund, if it is about one.
    :ivar at: when it happened; aware.
    """

    request_id: str = field(default_factory=new_id)
    payment_id: str = field(default_factory=lambda: new_id("P"))
    amount: Money = _SOME
    method: str | None = None
    capture_request_id: str | None = None
    refund_request_id: str | None = None
    at: datetime = field(default_factory=_now)


Write = Callable[[Subject], Fields]


@dataclass(frozen=True)
class Recipe:
    """How a notification of one kind is written.

    :ivar sentence: what has happened, for people.
    :ivar write: returns Antom's fields.
    :ivar needs: what of the shop it is about: a ``payment``, a ``refund``, or empty if
        the shop has nothing of it.
    """

    sentence: str
    write: Write
    needs: str = ""


def subject_of(
    kind: str, payment: Row, refunds: Sequence[Row], amount: Money | None, at: datetime
) -> Subject:
    """Return a payment of the shop as the subject of a notification.

    :param kind: one that begins with ``capture`` or ``refund`` is about the capture or
        the refund that is under way, or else about what is left.
    :param refunds: the refunds of the shop, oldest first.
    :param amount: the amount to tell instead of that.
    """
    currency, value = payment["currency"], payment["amount_value"]
    capture_request_id = refund_request_id = None
    if kind.startswith("capture"):
        capture_request_id = payment["capture_request_id"]
        value = payment["capture_value"] or value - payment["captured_value"]
    elif kind.startswith("refund"):
        value = payment["captured_value"] - payment["refunded_value"]
        for refund in refunds:
            if refund["payment_ref"] == payment["id"] and refund["status"] == "pending":
                refund_request_id = refund["request_id"]
                value = refund["amount_value"]
    return Subject(
        request_id=payment["request_id"],
        payment_id=payment["payment_id"] or new_id("P"),
        amount=amount or Money(value, currency),
        method=payment["method"],
        capture_request_id=capture_request_id,
        refund_request_id=refund_request_id,
        at=at,
    )


def outcome(code: str) -> dict[str, str]:
    """Return Antom's ``result``: a failure with this code, or a success without one."""
    return result(code, "F") if code else dict(SUCCESS)

"""Recipes: a notification of each kind that Antom sends, written from a few ids.

The simulator's own notifications follow from what buyers and shops do. Recipes have no
such story: they are for trying receivers at once, and for disputes and the like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .messages import time
from .other_recipes import OTHERS
from .subjects import Fields, Recipe, Subject, Write, new_id, outcome


def write(
    kind: str, subject: Subject, changes: Mapping[str, Any] | None = None
) -> Fields:
    """Return the fields of a notification.

    :param kind: a key of :data:`RECIPES`.
    :param changes: fields to replace or add. A dot leads into a field, as in
        ``result.resultCode``. ``None`` omits a field.
    :raises ValueError: for an unknown kind, or a change inside of what is no object.
    """
    fields = recipe(kind).write(subject)
    for name, value in (changes or {}).items():
        _set(fields, name, value)
    return fields


def recipe(kind: str) -> Recipe:
    """Return the recipe of a kind.

    :raises ValueError: for an unknown one.
    """
    if kind not in RECIPES:
        raise ValueError(
            f"There is no kind {kind!r}. The kinds are {', '.join(RECIPES)}."
        )
    return RECIPES[kind]


def _set(fields: Fields, name: str, value: Any) -> None:
    *steps, last = name.split(".")
    place: Any = fields
    for step in steps:
        place = place.setdefault(step, {}) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise ValueError(f"{name} cannot be set: it is not inside an object.")
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value


def _payment(notify_type: str, code: str = "") -> Write:
    """Return what writes a notification of a payment (Antom: notifyPayment)."""

    def write(subject: Subject) -> Fields:
        fields: Fields = {
            "notifyType": notify_type,
            "result": outcome(code),
            "paymentRequestId": subject.request_id,
            "paymentId": subject.payment_id,
            "paymentAmount": subject.amount.to_antom(),
            "paymentCreateTime": time(subject.at),
        }
        if subject.method is not None:
            fields["paymentMethodType"] = subject.method
        if notify_type == "PAYMENT_RESULT" and not code:
            fields["paymentTime"] = time(subject.at)
        return fields

    return write


def _capture(code: str = "") -> Write:
    """Return what writes a notification of a capture (Antom: notifyCapture)."""

    def write(subject: Subject) -> Fields:
        capture_id = new_id("C")
        fields: Fields = {
            "notifyType": "CAPTURE_RESULT",
            "result": outcome(code),
            "captureRequestId": subject.capture_request_id or f"auto{capture_id}",
            "captureId": capture_id,
            "paymentId": subject.payment_id,
            "captureAmount": subject.amount.to_antom(),
        }
        return fields if code else fields | {"captureTime": time(subject.at)}

    return write


def _refund(code: str = "") -> Write:
    """Return what writes a notification of a refund (Antom: notifyRefund).

    Without a refund of the shop's, it is one that was made in Antom's Dashboard.
    """

    def write(subject: Subject) -> Fields:
        refund_id = new_id("R")
        fields: Fields = {
            "notifyType": "REFUND_RESULT",
            "result": outcome(code),
            "refundStatus": "FAIL" if code else "SUCCESS",
            "refundRequestId": subject.refund_request_id or f"dashboard{refund_id}",
            "refundId": refund_id,
            "paymentId": subject.payment_id,
            "refundAmount": subject.amount.to_antom(),
        }
        return fields if code else fields | {"refundTime": time(subject.at)}

    return write


def _review(subject: Subject) -> Fields:
    """Write a notification whose fields Antom does not document."""
    return {"notifyType": "RISK_POST_REVIEW", "paymentRequestId": subject.request_id}


#: All kinds, in the order in which they are listed.
RECIPES: Mapping[str, Recipe] = {
    "payment-succeeded": Recipe(
        "The buyer has paid.", _payment("PAYMENT_RESULT"), needs="payment"
    ),
    "payment-failed": Recipe(
        "The buyer could not pay, and may try again.",
        _payment("PAYMENT_RESULT", "USER_BALANCE_NOT_ENOUGH"),
        needs="payment",
    ),
    "payment-pending": Recipe(
        "The buyer is done, and there is no result yet.",
        _payment("PAYMENT_PENDING"),
        needs="payment",
    ),
    "payment-closed": Recipe(
        "The buyer did not finish in time, so Antom closed the payment.",
        _payment("PAYMENT_RESULT", "ORDER_IS_CLOSED"),
        needs="payment",
    ),
    "capture-succeeded": Recipe(
        "An authorized payment was captured.", _capture(), needs="payment"
    ),
    "capture-failed": Recipe(
        "A capture failed.", _capture("PROCESS_FAIL"), needs="payment"
    ),
    "refund-succeeded": Recipe(
        "A refund has reached the buyer.", _refund(), needs="payment"
    ),
    "refund-failed": Recipe(
        "A refund of the shop has failed.", _refund("PROCESS_FAIL"), needs="refund"
    ),
    "risk-reviewed": Recipe(
        "Antom has news of a risk review; the shop asks for it.",
        _review,
        needs="payment",
    ),
    **OTHERS,
}

"""Reads what a notification says about a payment or a refund."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..domain.money import Money
from ..domain.payment_states import Fact, Observation
from ..domain.refund_states import RefundObservation, RefundStatus
from ..errors import InvalidMoney, NotificationMalformed
from .notification_families import MONEY_IDS
from .responses import (
    STATUS_OF_REFUND,
    read_amount,
    read_review,
    read_text,
    read_time,
)

#: PAYMENT_PENDING has the status S too, but is not paid (Antom: notifyPayment).
_FACTS = {
    ("PAYMENT_PENDING", "S"): Fact.PENDING,
    ("PAYMENT_RESULT", "S"): Fact.PAID,
    ("PAYMENT_RESULT", "F"): Fact.FAILED,
    ("CAPTURE_RESULT", "S"): Fact.CAPTURED,
    ("CAPTURE_RESULT", "F"): Fact.CAPTURE_FAILED,
}

#: The ids without which money could not be found, refunded or counted once.
_NEEDED_IDS = {
    Fact.PENDING: ("paymentRequestId",),
    Fact.PAID: ("paymentRequestId", "paymentId"),
    Fact.FAILED: ("paymentRequestId",),
    Fact.CAPTURED: ("paymentId", "captureId"),
    Fact.CAPTURE_FAILED: ("paymentId",),
}

#: The types that are parsed. All others are acknowledged, stored and told.
KNOWN_TYPES = frozenset(notify_type for notify_type, _ in _FACTS) | {
    "REFUND_RESULT",
    "RISK_POST_REVIEW",
}


def read_ids(fields: Mapping[str, Any]) -> dict[str, str | None]:
    """Return Antom's ids and ours.

    :raises NotificationMalformed: if one is wrong.
    """
    return {name: _text(fields, name, 64) for name in MONEY_IDS if name in fields}


def observe(
    notify_type: str, ids: Mapping[str, str | None], fields: Mapping[str, Any]
) -> tuple[str | None, Observation | RefundObservation | None]:
    """Return the ``resultStatus``, and the observation if something is to be done.

    :param notify_type: one of :data:`KNOWN_TYPES`.
    :raises NotificationMalformed: if a field is missing or wrong.
    """
    if notify_type == "RISK_POST_REVIEW":
        return None, _observe_review(ids)
    status, code = _result(fields)
    return status, _read(notify_type, status, code, ids, fields)


def _result(fields: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return ``resultStatus`` and ``resultCode``."""
    result = fields.get("result")
    if not isinstance(result, dict):
        raise NotificationMalformed("fields", "result is missing.")
    status = _text(result, "resultStatus", 16)
    if status is None:
        raise NotificationMalformed("fields", "resultStatus is missing.")
    return status, _text(result, "resultCode", 64)


def _read(
    notify_type: str,
    status: str,
    code: str | None,
    ids: Mapping[str, str | None],
    fields: Mapping[str, Any],
) -> Observation | RefundObservation | None:
    if notify_type == "REFUND_RESULT":
        return _observe_refund(status, code, ids, fields)
    return _observe(notify_type, status, code, ids, fields)


def _observe_refund(
    status: str,
    code: str | None,
    ids: Mapping[str, str | None],
    fields: Mapping[str, Any],
) -> RefundObservation | None:
    """Return the observation of a refund (Antom: notifyRefund)."""
    refund_status = _refund_status(status, read_text(fields, "refundStatus"))
    if refund_status is None:
        return None
    if ids.get("refundRequestId") is None and ids.get("refundId") is None:
        raise NotificationMalformed("fields", "refundRequestId is missing.")
    is_done = refund_status is RefundStatus.SUCCEEDED
    amount = _amount(fields, "refundAmount", is_needed=is_done)
    return RefundObservation(
        refund_status,
        "notification",
        request_id=ids.get("refundRequestId"),
        refund_id=ids.get("refundId"),
        payment_id=ids.get("paymentId"),
        amount=amount,
        is_foreign=amount is None and fields.get("refundAmount") is not None,
        result_code=code,
        at=read_time(fields.get("refundTime")),
    )


def _refund_status(status: str, word: str | None) -> RefundStatus | None:
    """Return the status of a refund, by its ``refundStatus`` (Antom: notifyRefund).

    If ``result`` contradicts it, the refund is pending, so that Antom is asked.

    :param status: the ``resultStatus``.
    :param word: the ``refundStatus``.
    """
    by_result = {"S": RefundStatus.SUCCEEDED, "F": RefundStatus.FAILED}.get(status)
    if word is None:
        return by_result
    by_word = STATUS_OF_REFUND.get(word)
    return by_word if by_word is by_result else RefundStatus.PENDING


def _amount(fields: Mapping[str, Any], name: str, *, is_needed: bool) -> Money | None:
    if is_needed and fields.get(name) is None:
        raise NotificationMalformed("fields", f"{name} is missing.")
    try:
        return read_amount(fields.get(name))
    except InvalidMoney:
        raise NotificationMalformed("fields", f"{name} is wrong.") from None


def _observe(
    notify_type: str,
    status: str,
    code: str | None,
    ids: Mapping[str, str | None],
    fields: Mapping[str, Any],
) -> Observation | None:
    """Return the observation of a payment (Antom: notifyPayment)."""
    fact = _FACTS.get((notify_type, status))
    if fact is None:
        return None
    is_capture = notify_type == "CAPTURE_RESULT"
    for needed in _NEEDED_IDS[fact]:
        if ids.get(needed) is None:
            raise NotificationMalformed("fields", f"{needed} is missing.")
    amount_field = "captureAmount" if is_capture else "paymentAmount"
    is_money = fact in (Fact.PAID, Fact.CAPTURED)
    amount = _amount(fields, amount_field, is_needed=is_money)
    return Observation(
        fact,
        "notification",
        request_id=ids.get("paymentRequestId"),
        payment_id=ids.get("paymentId"),
        amount=amount,
        captures=_capture(ids, amount) if fact is Fact.CAPTURED else {},
        capture_requests=frozenset(filter(None, [ids.get("captureRequestId")])),
        method=read_text(fields, "paymentMethodType"),
        review=read_review(fields),
        result_code=code,
        at=read_time(fields.get("captureTime" if is_capture else "paymentTime")),
        authorized_until=read_time(fields.get("authExpiryTime")),
    )


def _observe_review(ids: Mapping[str, str | None]) -> Observation | None:
    """Return that there is news of a risk review, if its payment is named.

    Antom documents no fields of this notification. So only an answer of Antom's decides
    the review.
    """
    request_id, payment_id = ids.get("paymentRequestId"), ids.get("paymentId")
    if request_id is None and payment_id is None:
        return None
    return Observation(
        Fact.REVIEW_NEWS, "notification", request_id=request_id, payment_id=payment_id
    )


def _capture(ids: Mapping[str, str | None], amount: Money | None) -> dict[str, Money]:
    capture_id = ids.get("captureId")
    return {} if capture_id is None or amount is None else {capture_id: amount}


def _text(fields: Mapping[str, Any], name: str, limit: int) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise NotificationMalformed("fields", f"{name} is wrong.")
    if not value.isprintable():
        raise NotificationMalformed("fields", f"{name} is wrong.")
    return value

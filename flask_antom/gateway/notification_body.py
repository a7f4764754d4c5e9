"""Parses the body of a notification. Its signature is verified before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..domain.money import Money
from ..domain.payment_states import Fact, Observation
from ..domain.records import Notification
from ..domain.refund_states import RefundObservation, RefundStatus
from ..errors import InvalidMoney, NotificationMalformed
from ..opaque import Opaque, conceal, reveal
from .masking import mask
from .notification_families import UNKNOWN, identity_of, read_word, type_of
from .responses import (
    STATUS_OF_REFUND,
    read_amount,
    read_review,
    read_text,
    read_time,
)

_IDS = (
    "paymentRequestId",
    "paymentId",
    "captureRequestId",
    "captureId",
    "refundRequestId",
    "refundId",
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
_TYPES = frozenset(notify_type for notify_type, _ in _FACTS) | {
    "REFUND_RESULT",
    "RISK_POST_REVIEW",
}


@conceal
def read_notification(
    body: bytes | Opaque[bytes],
) -> tuple[Notification, Observation | RefundObservation | None]:
    """Parse a notification whose signature is verified.

    :returns: the notification to store, and its observation; ``None`` instead of the
        observation if nothing is to be done.
    :raises NotificationMalformed: if it is not a JSON object.
    """
    plain = reveal(body)
    fields, masked = _parse(plain)
    body_hash = hashlib.sha256(plain).hexdigest()
    notify_type = read_word(fields, "notifyType")
    if notify_type not in _TYPES:
        return _unhandled(fields, masked, body_hash), None
    try:
        return _read_known(notify_type, fields, masked, body_hash)
    except NotificationMalformed as error:
        return _unhandled(fields, masked, body_hash, str(error)), None


def _unhandled(
    fields: Mapping[str, Any], masked: str, body_hash: str, flaw: str | None = None
) -> Notification:
    """Return a notification that is kept and told, whatever it means."""
    identity = None if flaw else identity_of(fields)
    return Notification(
        key=_key(*(identity or (UNKNOWN, body_hash))),
        notify_type=type_of(fields),
        request_id=read_word(fields, "paymentRequestId"),
        payment_id=read_word(fields, "paymentId"),
        body=masked,
        body_hash=body_hash,
        is_handled=False,
        flaw=flaw,
    )


def _read_known(
    notify_type: str, fields: Mapping[str, Any], masked: str, body_hash: str
) -> tuple[Notification, Observation | RefundObservation | None]:
    """Parse a notification of a type that we act on.

    :raises NotificationMalformed: if a field is missing or wrong.
    """
    ids = {name: _text(fields, name, 64) for name in _IDS if name in fields}
    status: str | None = None
    observation: Observation | RefundObservation | None
    if notify_type == "RISK_POST_REVIEW":
        observation = _observe_review(ids)
    else:
        status, code = _result(fields)
        observation = _read(notify_type, status, code, ids, fields)
    notification = Notification(
        key=_key(notify_type, status, ids, None if observation else body_hash),
        notify_type=notify_type,
        request_id=ids.get("paymentRequestId"),
        payment_id=ids.get("paymentId"),
        body=masked,
        body_hash=body_hash,
    )
    return notification, observation


def _parse(body: bytes) -> tuple[dict[str, Any], str]:
    """Return the fields, and the masked JSON to store."""
    try:
        fields = json.loads(body)
        masked = json.dumps(mask(fields), separators=(",", ":"))
    except (ValueError, RecursionError):
        raise NotificationMalformed("json", "It is not JSON.") from None
    if not isinstance(fields, dict):
        raise NotificationMalformed("json", "It is not a JSON object.")
    return fields, masked


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


def _key(*parts: object) -> str:
    """Return the key of a notification, which its copies share.

    Antom sends no id of its own. A notification that is not parsed has the hash of its
    bytes in its key.
    """
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _text(fields: Mapping[str, Any], name: str, limit: int) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise NotificationMalformed("fields", f"{name} is wrong.")
    if not value.isprintable():
        raise NotificationMalformed("fields", f"{name} is wrong.")
    return value

"""FLOW 2: Antom tells us something.

The signature is proved over the raw bytes before anything is parsed. Then T1: the
notification goes into the inbox, the payment and its events change, one commit; the
fact is safe. Then T2: the receivers are told (:mod:`.delivery`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import Headers

from . import signals, signing
from .client import read_amount, read_time
from .delivery import deliver
from .entries import Applied, Notice
from .errors import (
    GatewayError,
    InvalidMoney,
    NotificationError,
    NotificationForged,
    NotificationMalformed,
    SignatureError,
)
from .shop import Shop
from .states import CARD_LIKE, Fact, Observation

logger = logging.getLogger(__name__)

#: Larger bodies are refused unread; Antom's are a few KiB.
MAX_BODY = 64 * 1024

#: Stored as they come. Everything else may hold personal or card data and is masked.
_PLAIN_FIELDS = frozenset(
    {
        "notifyType",
        "result",
        "resultCode",
        "resultStatus",
        "resultMessage",
        "paymentRequestId",
        "paymentId",
        "paymentAmount",
        "value",
        "currency",
        "paymentCreateTime",
        "paymentTime",
        "paymentMethodType",
        "captureRequestId",
        "captureId",
        "captureAmount",
        "captureTime",
        "refundRequestId",
        "refundId",
        "refundAmount",
        "refundStatus",
        "refundTime",
        "grossSettlementAmount",
        "authExpiryTime",
        "authReviewStatus",
    }
)

_IDS = (
    "paymentRequestId",
    "paymentId",
    "captureRequestId",
    "captureId",
    "refundRequestId",
    "refundId",
)


#: PAYMENT_PENDING carries S as well, and is not paid (Antom: notifyPayment).
_FACTS = {
    ("PAYMENT_PENDING", "S"): Fact.PENDING,
    ("PAYMENT_RESULT", "S"): Fact.PAID,
    ("PAYMENT_RESULT", "F"): Fact.FAILED,
    ("CAPTURE_RESULT", "S"): Fact.CAPTURED,
    ("CAPTURE_RESULT", "F"): Fact.CAPTURE_FAILED,
}

#: All others are acknowledged and kept, whatever they hold.
_TYPES = frozenset(notify_type for notify_type, _ in _FACTS)


def receive(shop: Shop, headers: Headers, path: str, body: bytes) -> Applied:
    """Take a notification as it came and act on it.

    :param path: the path that it was posted to, only to explain a bad signature.
    :returns: what came of it; ``orphan`` for a payment that we do not know.
    :raises NotificationForged: nothing was stored.
    :raises NotificationMalformed: nothing was stored.
    :raises DeliveryFailed: it is stored, but a receiver raised.
    """
    try:
        _prove(shop, headers, path, body)
        notice, seen = _read(body)
    except NotificationError as error:
        logger.warning("Refused a notification: %s", error)
        _tell_monitors(shop, error.reason)
        raise
    if seen is not None and seen.request_id is None:
        seen = _find_request_id(shop, seen)
    applied = shop.ledger.take(notice, seen)
    logger.info("Notification %s: %s", notice.notify_type, applied.outcome)
    if applied.payment_ref is not None and shop.config.event_delivery == "inline":
        deliver(shop, applied.payment_ref)
    return applied


def _tell_monitors(shop: Shop, reason: str) -> None:
    try:
        signals.notification_refused.send(
            shop.app, _async_wrapper=shop.app.ensure_sync, reason=reason
        )
    except Exception:
        logger.exception("A receiver of notification_refused raised.")


def _prove(shop: Shop, headers: Headers, path: str, body: bytes) -> None:
    """Prove that Antom signed these bytes for our account and our notify URL."""
    config = shop.config
    client_id = headers.get("client-id", "")
    time = headers.get("request-time", "")
    if not client_id or not time:
        raise NotificationForged("missing", "Client-Id or Request-Time is missing.")
    if client_id != config.client_id:
        raise NotificationForged("client-id", "It is for another client id.")
    keys = config.keyring.public_keys
    signature = headers.get("signature")
    try:
        signing.verify(keys, signature, config.notify_path, client_id, time, body)
    except SignatureError as error:
        message = str(error)
        if error.reason == "mismatch" and path != config.notify_path:
            message += (
                f" It came to {path!r}, but ANTOM_PUBLIC_URL and ANTOM_URL_PREFIX"
                f" make {config.notify_path!r}, which Antom should have signed."
            )
        raise NotificationForged(error.reason, message) from None


def _read(body: bytes) -> tuple[Notice, Observation | None]:
    """Parse a proved notification; ``None`` for what is not ours to act on."""
    fields, masked = _parse(body)
    notify_type = _text(fields, "notifyType", 64)
    if notify_type is None:
        raise NotificationMalformed("fields", "notifyType is missing.")
    ids = {name: _text(fields, name, 64) for name in _IDS if name in fields}
    status, seen = None, None
    if notify_type in _TYPES:
        status, code = _result(fields)
        seen = _observe(notify_type, status, code, ids, fields)
    body_hash = hashlib.sha256(body).hexdigest()
    notice = Notice(
        key=_key(notify_type, status, ids, None if seen else body_hash),
        notify_type=notify_type,
        request_id=ids.get("paymentRequestId"),
        payment_id=ids.get("paymentId"),
        body=masked,
        body_hash=body_hash,
    )
    return notice, seen


def _parse(body: bytes) -> tuple[dict[str, Any], str]:
    """Give the fields, and the JSON to be stored."""
    try:
        fields = json.loads(body)
        masked = json.dumps(mask(fields), separators=(",", ":"))
    except (ValueError, RecursionError):
        raise NotificationMalformed("json", "It is not JSON.") from None
    if not isinstance(fields, dict):
        raise NotificationMalformed("json", "It is not a JSON object.")
    return fields, masked


def _result(fields: Mapping[str, Any]) -> tuple[str, str | None]:
    """Give ``resultStatus`` and ``resultCode``."""
    result = fields.get("result")
    if not isinstance(result, dict):
        raise NotificationMalformed("fields", "result is missing.")
    status = _text(result, "resultStatus", 16)
    if status is None:
        raise NotificationMalformed("fields", "resultStatus is missing.")
    return status, _text(result, "resultCode", 64)


def _observe(
    notify_type: str,
    status: str,
    code: str | None,
    ids: Mapping[str, str | None],
    fields: Mapping[str, Any],
) -> Observation | None:
    """Read what a notification says about a payment (Antom: notifyPayment)."""
    fact = _FACTS.get((notify_type, status))
    if fact is None:
        return None
    is_capture = notify_type == "CAPTURE_RESULT"
    needed = "paymentId" if is_capture else "paymentRequestId"
    if ids.get(needed) is None:
        raise NotificationMalformed("fields", f"{needed} is missing.")
    amount_field = "captureAmount" if is_capture else "paymentAmount"
    try:
        amount = read_amount(fields.get(amount_field))
    except InvalidMoney:
        raise NotificationMalformed("fields", f"{amount_field} is wrong.") from None
    if amount is None and fact in (Fact.PAID, Fact.CAPTURED):
        raise NotificationMalformed("fields", f"{amount_field} is missing.")
    return Observation(
        fact,
        "notification",
        request_id=ids.get("paymentRequestId"),
        payment_id=ids.get("paymentId"),
        amount=amount,
        authorizes=fields.get("paymentMethodType") in list(CARD_LIKE),
        under_review=fields.get("authReviewStatus") == "PROCESSING",
        rejected=fields.get("authReviewStatus") == "REJECT",
        result_code=code,
        at=read_time(fields.get("captureTime" if is_capture else "paymentTime")),
    )


def _find_request_id(shop: Shop, seen: Observation) -> Observation:
    """Ask Antom whose capture this is, where we do not know its paymentId yet.

    A capture notice carries no ``paymentRequestId`` and may overtake the payment's.
    """
    if seen.payment_id is None or shop.ledger.knows(seen.payment_id):
        return seen
    shop.ledger.release()
    try:
        answer = shop.client.inquire(payment_id=seen.payment_id)
    except GatewayError as error:
        logger.warning("Cannot find the payment of a capture: %s", error)
        return seen
    return replace(seen, request_id=answer.request_id)


def mask(value: Any, plain: bool = True) -> Any:
    """Replace every value that may be personal by ``***``; keep names and shape."""
    if isinstance(value, dict):
        return {
            str(name): mask(item, plain and name in _PLAIN_FIELDS)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [mask(item, plain) for item in value]
    return value if plain or value is None else "***"


def _key(*parts: object) -> str:
    """Make the key under which copies are recognised: Antom sends no event id.

    What we cannot read is a copy only if its bytes are.
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

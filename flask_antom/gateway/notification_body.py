"""Parses the body of a notification. Its signature is verified before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..domain.payment_states import Observation
from ..domain.records import Notification
from ..domain.refund_states import RefundObservation
from ..errors import NotificationMalformed
from ..opaque import Opaque, conceal, reveal
from .masking import mask
from .notification_families import UNKNOWN, family_of, identity_of, read_word, type_of
from .notification_fields import KNOWN_TYPES, observe, read_ids


@conceal
def read_notification(
    body: bytes | Opaque[bytes],
) -> tuple[Notification, Observation | RefundObservation | None]:
    """Parse a notification whose signature is verified.

    :returns: the notification to store, and its observation; ``None`` instead of the
        observation if nothing is to be done.
    :raises NotificationMalformed: if it is not a JSON object, lacks a field that its
        type needs, or names neither a type nor an id.
    """
    plain = reveal(body)
    fields, masked = _parse(plain)
    body_hash = hashlib.sha256(plain).hexdigest()
    notify_type = read_word(fields, "notifyType")
    if notify_type is None and fields.get("notifyType") is not None:
        raise NotificationMalformed("fields", "notifyType is wrong.")
    if notify_type not in KNOWN_TYPES:
        return _unhandled(fields, masked, body_hash), None
    ids = read_ids(fields)
    status, observation = observe(notify_type, ids, fields)
    notification = Notification(
        key=_key(notify_type, status, ids, None if observation else body_hash),
        notify_type=notify_type,
        request_id=ids.get("paymentRequestId"),
        payment_id=ids.get("paymentId"),
        body=masked,
        body_hash=body_hash,
    )
    return notification, observation


def _unhandled(fields: Mapping[str, Any], masked: str, body_hash: str) -> Notification:
    """Return a notification that is kept and told, whatever it means.

    :raises NotificationMalformed: if it names neither a type nor an id.
    """
    is_named = any(name.endswith("Id") and read_word(fields, name) for name in fields)
    if type_of(fields) == UNKNOWN and family_of(fields) == UNKNOWN and not is_named:
        raise NotificationMalformed("fields", "It names neither a type nor an id.")
    return Notification(
        key=_key(*(identity_of(fields) or (UNKNOWN, body_hash))),
        notify_type=type_of(fields),
        request_id=read_word(fields, "paymentRequestId"),
        payment_id=read_word(fields, "paymentId"),
        body=masked,
        body_hash=body_hash,
        is_handled=False,
    )


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


def _key(*parts: object) -> str:
    """Return the key of a notification, which its copies share.

    Antom sends no id of its own. A notification that is not parsed has the hash of its
    bytes in its key.
    """
    return hashlib.sha256(repr(parts).encode()).hexdigest()

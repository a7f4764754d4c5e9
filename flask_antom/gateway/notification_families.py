"""Notifications that Flask-Antom keeps and does not act on: their families and ids.

Many have neither ``notifyType`` nor ``result``, and are known by their fields (Antom:
notifyDispute, notifyDefenseDocument, notifyAuthorization).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

UNKNOWN = "UNKNOWN"

#: The field that makes a family, in the order in which they are looked for. Those of
#: defence have the dispute's id as well.
_BY_FIELD = {
    "disputeNotificationType": "DISPUTE",
    "defenseFile": "DEFENSE_DOCUMENT",
    "recommendedEvidence": "DEFENSE_DOCUMENT",
    "evidenceList": "DEFENSE_STRATEGY",
    "defenseStrategyDescription": "DEFENSE_STRATEGY",
    "cardholderDisputeReason": "DEFENSE_STRATEGY",
    "disputeId": "DISPUTE",
    "authorizationNotifyType": "AUTHORIZATION",
    "vaultingRequestId": "VAULTING",
    "subscriptionNotificationType": "SUBSCRIPTION",
    "subscriptionRequestId": "SUBSCRIPTION",
    "subscriptionId": "SUBSCRIPTION",
    "transferRequestId": "TRANSFER",
}

#: The fields that may name the type.
_TYPES = (
    "notifyType",
    "disputeNotificationType",
    "authorizationNotifyType",
    "subscriptionNotificationType",
)

#: The ids of payments, captures and refunds.
MONEY_IDS = (
    "paymentRequestId",
    "paymentId",
    "captureRequestId",
    "captureId",
    "refundRequestId",
    "refundId",
)

#: The ids that receivers get, and that are stored as they are.
IDS = (
    *MONEY_IDS,
    "disputeId",
    "vaultingRequestId",
    "subscriptionRequestId",
    "subscriptionId",
    "subscriptionOrderId",
    "transferRequestId",
    "transferId",
    "updateRequestId",
    "invoiceId",
    "eventId",
)

#: Other fields of disputes that are stored as they are; they name no person.
KEPT = frozenset(
    {
        *_TYPES,
        *IDS,
        "arn",
        "autoDefendReason",
        "cardholderDisputeReason",
        "defendable",
        "defenseDueTime",
        "defenseStrategyDescription",
        "defenseSuppliedTime",
        "disputeAcceptReason",
        "disputeAcceptTime",
        "disputeAmount",
        "disputeCancelledTime",
        "disputeJudgedAmount",
        "disputeJudgedResult",
        "disputeJudgedTime",
        "disputeReasonCode",
        "disputeReasonMsg",
        "disputeSource",
        "disputeTime",
        "disputeType",
        "issuerComments",
        "notifyTime",
        "winRateLevel",
    }
)

#: Fields of disputes that are stored with all that they contain.
KEPT_WHOLE = frozenset(
    {
        "defenseFile",
        "evidenceList",
        "recommendedEvidence",
        "suggestionsForImprovement",
    }
)

_DISPUTE_TIMES = (
    "disputeTime",
    "disputeJudgedTime",
    "disputeAcceptTime",
    "disputeCancelledTime",
    "defenseSuppliedTime",
    "defenseDueTime",
)


def family_of(fields: Mapping[str, Any]) -> str:
    """Return the family of a notification, by its fields."""
    found = (name for field, name in _BY_FIELD.items() if fields.get(field) is not None)
    return next(found, UNKNOWN)


def type_of(fields: Mapping[str, Any]) -> str:
    """Return the type that a notification names, or else its family."""
    words = (read_word(fields, name) for name in _TYPES)
    return next(filter(None, words), None) or family_of(fields)


def identity_of(fields: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the values that all copies of a notification share.

    It is ``None`` if only equal bytes are a copy. A repeat of a notification about a
    defence keeps ``notifyTime`` (Antom: notifyDefenseDocument).
    """
    family, dispute_id = family_of(fields), read_word(fields, "disputeId")
    if dispute_id is None:
        return None
    names: tuple[str, ...] = ("notifyTime",)
    if family == "DISPUTE":
        names = _DISPUTE_TIMES
    times = [read_word(fields, name) or "" for name in names]
    if not any(times):
        return None
    return (family, dispute_id, type_of(fields), *times)


def read_stored(body: str) -> tuple[str, dict[str, str]]:
    """Return the family and the ids of a stored notification."""
    fields = json.loads(body)
    ids = {name: read_word(fields, name) for name in IDS}
    return family_of(fields), {name: text for name, text in ids.items() if text}


def read_word(fields: Mapping[str, Any], name: str) -> str | None:
    """Return an id, a word or a time; ``None`` if it is missing or wrong."""
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        return None
    return value if value.isascii() and value.isprintable() else None

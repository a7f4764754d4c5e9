"""The fields of a notification that are stored as they are; all others are masked."""

from __future__ import annotations

from typing import Any

from .notification_families import KEPT, KEPT_WHOLE

#: Fields that are stored as they are. All others may hold personal or card data, and
#: are masked. The stored body of an orphan is read again, so each field that
#: :mod:`.notification_body` reads has to be here.
_PLAIN_FIELDS = KEPT | frozenset(
    {
        "result",
        "resultCode",
        "resultStatus",
        "resultMessage",
        "paymentAmount",
        "value",
        "currency",
        "paymentCreateTime",
        "paymentTime",
        "paymentMethodType",
        "captureAmount",
        "captureTime",
        "refundAmount",
        "refundStatus",
        "refundTime",
        "grossSettlementAmount",
        "authExpiryTime",
        "authReviewStatus",
        "popRiskDecisionResultInfo",
        "postRiskDecision",
    }
)

#: Those of them that are objects. Whatever else is there is masked.
_OBJECTS = {"result", "disputeAmount", "disputeJudgedAmount", "grossSettlementAmount"}
_OBJECTS |= {"paymentAmount", "captureAmount", "refundAmount"}


def mask(value: Any, plain: bool = True) -> Any:
    """Return JSON in which ``***`` replaces every value that may be personal.

    :param plain: whether values of this level are kept.
    """
    if isinstance(value, dict):
        return {
            str(name): item
            if plain and name in KEPT_WHOLE
            else mask(item, plain and _is_plain(name, item))
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [mask(item, plain and isinstance(item, dict)) for item in value]
    return value if plain or value is None else "***"


def _is_plain(name: str, item: Any) -> bool:
    return name in _PLAIN_FIELDS and (name not in _OBJECTS or isinstance(item, dict))

"""A stored notification says what the one that came said, although it is masked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_antom.gateway.notification_body import read_notification

RESULT = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}
AMOUNT = {"value": "4200", "currency": "MYR"}
CARD = {"cardNo": "4054****0768", "paymentMethodRegion": "GLOBAL"}

PAYMENT = {
    "notifyType": "PAYMENT_RESULT",
    "result": RESULT,
    "paymentRequestId": "R-1",
    "paymentId": "P-1",
    "paymentAmount": AMOUNT,
    "paymentTime": "2026-11-23T12:00:00+08:00",
    "paymentMethodType": "CARD",
    "authExpiryTime": "2026-11-30T12:00:00+08:00",
    "paymentResultInfo": CARD,
}

NOTIFICATIONS: dict[str, dict[str, Any]] = {
    "payment": PAYMENT,
    "under review": PAYMENT | {"authReviewStatus": "PROCESSING"},
    "rejected": PAYMENT | {"authReviewStatus": "REJECT"},
    "capture": {
        "notifyType": "CAPTURE_RESULT",
        "result": RESULT,
        "paymentId": "P-1",
        "captureRequestId": "C-1",
        "captureId": "K-1",
        "captureAmount": AMOUNT,
        "captureTime": "2026-11-23T12:00:01+08:00",
    },
    "refund": {
        "notifyType": "REFUND_RESULT",
        "result": RESULT,
        "refundStatus": "SUCCESS",
        "refundRequestId": "F-1",
        "refundId": "D-1",
        "paymentId": "P-1",
        "refundAmount": AMOUNT,
        "refundTime": "2026-11-23T12:00:02+08:00",
    },
}


@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_an_orphan_is_read_again_as_it_was_read_at_first(name: str) -> None:
    notification, observation = read_notification(
        json.dumps(NOTIFICATIONS[name]).encode()
    )
    _, later = read_notification(notification.body.encode())
    assert observation is not None
    assert later == observation


def test_what_may_be_personal_is_masked() -> None:
    notification, _ = read_notification(json.dumps(PAYMENT).encode())
    assert "4054" not in notification.body
    assert set(json.loads(notification.body)) == set(PAYMENT)


@pytest.mark.parametrize(
    "change",
    [
        {"result": "canary"},
        {"result": ["canary"]},
        {"result": {"resultStatus": ["canary"], "cardNo": "canary"}},
        {"paymentAmount": "canary"},
        {"paymentAmount": {"cardNo": "canary"}},
        {"paymentId": ["canary"]},
        {"paymentId": {"cardNo": "canary"}},
        {"paymentResultInfo": {"evidenceList": ["canary"]}},
        {"notifyType": "NEW", "disputeAmount": "canary"},
    ],
)
def test_a_value_of_a_wrong_kind_is_masked(change: dict[str, Any]) -> None:
    notification, _ = read_notification(json.dumps(PAYMENT | change).encode())
    assert "canary" not in notification.body

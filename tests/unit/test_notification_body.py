"""A stored notification says what the one that came said, although it is masked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_antom.domain.payment_states import Observation, ReviewOutcome
from flask_antom.gateway.notification_body import read_notification
from flask_antom.gateway.responses import read_payment

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

ANSWER = {
    "result": RESULT,
    "paymentStatus": "SUCCESS",
    "paymentRequestId": "R-1",
    "paymentId": "P-1",
    "paymentAmount": AMOUNT,
}

NOTIFICATIONS: dict[str, dict[str, Any]] = {
    "payment": PAYMENT,
    "under review": PAYMENT | {"authReviewStatus": "PROCESSING"},
    "rejected": PAYMENT | {"authReviewStatus": "REJECT"},
    "rejected after it was authorized": PAYMENT
    | {"popRiskDecisionResultInfo": {"postRiskDecision": "REJECT"}},
    "news of a review": {"notifyType": "RISK_POST_REVIEW", "paymentId": "P-1"},
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


@pytest.mark.parametrize("word", ["reject", "MANUAL", "accept", "", 7, True, [], {}])
@pytest.mark.parametrize("other", [None, "ACCEPT", "REVIEW", "PROCESSING"])
def test_an_unknown_word_means_that_the_review_is_running(
    word: Any, other: str | None
) -> None:
    for fields in (
        {"authReviewStatus": word, **decided(other)},
        {"authReviewStatus": other, **decided(word)},
        {"authReviewStatus": other, "popRiskDecisionResultInfo": word or "REVIEWED"},
    ):
        assert review_of(fields) is ReviewOutcome.RUNNING


@pytest.mark.parametrize(
    ("status", "decision", "outcome"),
    [
        (None, None, ReviewOutcome.UNNAMED),
        (None, "ACCEPT", ReviewOutcome.ACCEPTED),
        (None, "REVIEW", ReviewOutcome.RUNNING),
        (None, "REJECT", ReviewOutcome.REJECTED),
        ("PROCESSING", None, ReviewOutcome.RUNNING),
        ("PROCESSING", "REVIEW", ReviewOutcome.RUNNING),
        ("PROCESSING", "ACCEPT", ReviewOutcome.RUNNING),
        ("PROCESSING", "REJECT", ReviewOutcome.REJECTED),
        ("ACCEPT", None, ReviewOutcome.ACCEPTED),
        ("ACCEPT", "ACCEPT", ReviewOutcome.ACCEPTED),
        ("ACCEPT", "REVIEW", ReviewOutcome.ACCEPTED),
        ("ACCEPT", "REJECT", ReviewOutcome.REJECTED),
        ("REJECT", "ACCEPT", ReviewOutcome.REJECTED),
        ("REJECT", None, ReviewOutcome.REJECTED),
    ],
)
def test_only_accept_ends_a_review_well(
    status: str | None, decision: str | None, outcome: ReviewOutcome
) -> None:
    assert review_of({"authReviewStatus": status, **decided(decision)}) is outcome


def test_a_decision_without_a_word_is_none() -> None:
    for decision in (None, {}, {"riskDecision": "ACCEPT"}):
        fields = {"popRiskDecisionResultInfo": decision}
        assert review_of(fields) is ReviewOutcome.UNNAMED


def test_news_of_a_review_needs_a_payment() -> None:
    for ids in ({}, {"paymentId": "P-1"}, {"paymentRequestId": "R-1"}):
        body = json.dumps({"notifyType": "RISK_POST_REVIEW", **ids}).encode()
        _, observation = read_notification(body)
        assert (observation is not None) == bool(ids)


def decided(word: Any) -> dict[str, Any]:
    return {"popRiskDecisionResultInfo": {"postRiskDecision": word}}


def review_of(fields: dict[str, Any]) -> ReviewOutcome:
    """Return the outcome that a notification and an inquiry's answer both have."""
    _, noticed = read_notification(json.dumps(PAYMENT | fields).encode())
    answered = read_payment("inquiryPayment", ANSWER | fields)
    assert isinstance(noticed, Observation)
    assert noticed.review is answered.review
    return noticed.review


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
    message = PAYMENT | {"notifyType": "NEW"} | change
    notification, _ = read_notification(json.dumps(message).encode())
    assert "canary" not in notification.body

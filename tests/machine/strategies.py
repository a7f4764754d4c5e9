"""Strategies from which the machine chooses."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from flask_antom import Money
from tests.machine.setup import BY_HAND

ORDERS = ("A-1", "A-2")
PRICES = (
    *(Money(4200, "MYR"), Money(1700, "MYR"), Money(9900, "MYR")),
    Money(4200, "USD"),
)

#: GCASH and DANA are paid at once; Antom captures CARD by itself.
METHODS = ("GCASH", "DANA", "CARD", BY_HAND)
CALLS = (
    *("createPaymentSession", "inquiryPayment", "cancel"),
    *("capture", "refund", "inquiryRefund"),
)
MISHAPS = (
    *("timeout", "reset", "http-500", "http-502", "garbage", "unknown"),
    *("lost-answer", "truncated", "unsigned", "half-signed", "bad-signature"),
)

#: ``late`` is a day, ``delay`` five minutes.
DELAYS = ("drop", "delay", "duplicate", "reorder", "late", "tamper", "tamper-signature")

#: Signed by Antom, and yet not what was asked for, or not as it is.
ODDITIES = (
    {"paymentAmount": {"value": "1", "currency": "MYR"}},
    {"paymentAmount": {"value": "4200", "currency": "USD"}},
    {"authReviewStatus": "PROCESSING"},
    {"authReviewStatus": "REJECT"},
    {"popRiskDecisionResultInfo": {"postRiskDecision": "REVIEW"}},
    {"notifyType": "RISK_POST_REVIEW"},
    {"notifyType": "DISPUTE_CREATED"},
)

#: A click, a click that is meant, and clicks on two forms.
REPEATS: tuple[dict[str, Any], ...] = (
    {},
    {"again": True},
    {"key": "form-1"},
    {"key": "form-2"},
)

orders = st.sampled_from(ORDERS)
prices = st.sampled_from(PRICES)
methods = st.sampled_from(METHODS)
attempts = st.sampled_from(["approve", "decline", "process", "pend"])
pages = st.sampled_from(["status", "result"])
ends = st.sampled_from(["close", "expire"])
capture_codes = st.sampled_from(["PROCESS_FAIL", "AUTH_EXPIRED", "ORDER_IS_CANCELED"])
refund_actions = st.sampled_from(["wait", "hurry", "finish_refund", "fail_refund"])
parts = st.sampled_from([None, Money(300, "MYR"), Money(1700, "MYR")])
repeats = st.sampled_from(REPEATS)
states = st.sampled_from(["open", "gone", "paid"])
failing = st.sampled_from(["receiver", "exit", "loader"])
twice = st.sampled_from(["key", "plain", "again"])
points = st.sampled_from([1, 2, 3, 4, 5, 6, 8, 10, 13, 20])
copies = st.sampled_from([None, 0, 1, 2, 3])
oddities = st.sampled_from(ODDITIES)
calls = st.sampled_from(CALLS)
calls_or_any = st.sampled_from([*CALLS, "*"])
mishaps = st.sampled_from(MISHAPS)
refusals = st.sampled_from(["PROCESS_FAIL", "ACCESS_DENIED"])
delays = st.sampled_from(DELAYS)
few = st.sampled_from([1, 2, 3, 8])
minutes = st.sampled_from([0.1, 1, 2, 10, 15, 60, 80, 24 * 60, 8 * 24 * 60])

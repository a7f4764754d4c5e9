"""Antom reviews the risk of a payment: nothing is fulfilled or captured meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import NotPossible, OutcomeUnknown
from flask_antom.flows.result_links import make_token
from flask_antom.signals import payment_succeeded
from tests.integration.actions import act, capture, make_due, refund, review_reasons
from tests.support.gateways import SUCCESS
from tests.support.offline import GUIDE, SESSION, OfflineShop, capture_notice
from tests.support.shop import make_order

pytestmark = pytest.mark.every_database

ID, PAYMENT_ID = GUIDE["paymentRequestId"], GUIDE["paymentId"]
AMOUNT = {"value": "4200", "currency": "MYR"}


def decided(word: Any) -> dict[str, Any]:
    return {"popRiskDecisionResultInfo": {"postRiskDecision": word}}


def answer(offline: OfflineShop, *, captured: bool = False, **fields: Any) -> None:
    """Set what Antom answers to an inquiry about the payment."""
    capture = {
        "transactionType": "CAPTURE",
        "transactionStatus": "SUCCESS",
        "transactionId": "C1",
        "transactionAmount": AMOUNT,
    }
    offline.answers["inquiryPayment"] = {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentRequestId": ID,
        "paymentId": PAYMENT_ID,
        "paymentAmount": AMOUNT,
        "transactions": [capture] if captured else None,
    } | fields


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment(method="CARD")
    return offline


@pytest.mark.parametrize(
    "fields",
    [
        {"authReviewStatus": "PROCESSING"},
        {"authReviewStatus": "reject"},
        {"authReviewStatus": "MANUAL"},
        {"authReviewStatus": {"ACCEPT": 1}},
        decided("REVIEW"),
        decided("reject"),
        decided("LATER"),
        {"popRiskDecisionResultInfo": "ACCEPT?"},
    ],
    ids=str,
)
@pytest.mark.parametrize("is_asked", [False, True])
def test_everything_but_accept_is_under_review(
    offline: OfflineShop, fields: dict[str, Any], is_asked: bool
) -> None:
    answer(offline, **fields)
    if is_asked:
        act(offline.shop, "sync")
    else:
        assert offline.notify(**fields).status_code == 200
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.under_review) == ("processing", True)
    assert offline.signals == []
    with pytest.raises(NotPossible, match="risk review"):
        capture(offline.shop)
    assert offline.shop.pay().status_code == 503
    answer(offline, authReviewStatus="ACCEPT")
    make_due(offline.shop)
    assert offline.shop.sweep().payments == 1
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.under_review) == ("authorized", False)
    assert offline.signals == [("payment_authorized", ID)]


@pytest.mark.parametrize(
    "fields", [{"authReviewStatus": "REJECT"}, decided("REJECT")], ids=str
)
@pytest.mark.parametrize("is_asked", [False, True])
def test_a_rejection_is_for_a_person(
    offline: OfflineShop, fields: dict[str, Any], is_asked: bool
) -> None:
    answer(offline, **fields)
    if is_asked:
        act(offline.shop, "sync")
    else:
        offline.notify(**fields)
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.under_review) == ("review", False)
    assert review_reasons(offline.shop) == [f"rejected {PAYMENT_ID}"]
    assert offline.signals == [("payment_needs_review", ID)]


def test_a_review_that_begins_late_stops_the_captures(offline: OfflineShop) -> None:
    offline.notify()
    offline.notify(authReviewStatus="PROCESSING")
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.under_review) == ("authorized", True)
    offline.answers["capture"] = {"result": SUCCESS, "captureId": "C1"}
    with pytest.raises(NotPossible, match="risk review of the payment is still"):
        capture(offline.shop)
    assert "capture" not in [operation for operation, _ in offline.calls]
    offline.notify(authReviewStatus="ACCEPT")
    assert not offline.shop.payments()[0].under_review
    capture(offline.shop)
    assert offline.signals == [("payment_authorized", ID), ("payment_succeeded", ID)]


def test_a_review_that_begins_late_may_reject(offline: OfflineShop) -> None:
    offline.notify()
    offline.notify(authReviewStatus="PROCESSING")
    offline.notify(authReviewStatus="REJECT")
    assert offline.shop.payments()[0].status == "review"
    assert review_reasons(offline.shop) == [f"rejected {PAYMENT_ID}"]
    with pytest.raises(NotPossible, match="review"):
        capture(offline.shop)
    offline.answers["cancel"] = {"result": SUCCESS}
    act(offline.shop, "cancel")
    assert offline.shop.payments()[0].status == "cancelled"


@pytest.mark.parametrize("is_authorized", [False, True])
@pytest.mark.parametrize("outcome", ["ACCEPT", "REJECT"])
def test_a_capture_that_crosses_a_review_waits_for_its_end(
    offline: OfflineShop, is_authorized: bool, outcome: str
) -> None:
    if is_authorized:
        offline.notify()
    offline.notify(authReviewStatus="PROCESSING")
    before = [*offline.signals]
    assert offline.notify(capture_notice(PAYMENT_ID)).status_code == 200
    (payment,) = offline.shop.payments()
    assert payment.status == ("authorized" if is_authorized else "processing")
    assert (payment.under_review, payment.captured) == (True, Money(4200, "MYR"))
    assert offline.signals == before
    answer(offline, captured=True, authReviewStatus="PROCESSING")
    make_due(offline.shop)
    offline.shop.sweep()
    assert offline.signals == before
    offline.notify(authReviewStatus=outcome)
    (payment,) = offline.shop.payments()
    if outcome == "ACCEPT":
        assert payment.status == "succeeded"
        assert offline.signals == [*before, ("payment_succeeded", ID)]
        assert offline.shop.fulfilled() == 1
    else:
        assert payment.status == "review"
        assert offline.signals == [*before, ("payment_needs_review", ID)]
        offline.answers["refund"] = {"result": SUCCESS, "refundId": "D-1"}
        refund(offline.shop)
        assert offline.shop.payments()[0].refunded == Money(4200, "MYR")


@pytest.mark.parametrize("method", ["CARD", "GCASH"])
def test_a_buyer_under_review_is_not_asked_to_pay_again(
    offline: OfflineShop, method: str
) -> None:
    offline.answers["createPaymentSession"] = SESSION
    offline.shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    begun = offline.shop.pay("A-2", method="CARD")
    request_id = (begun.json or {})["paymentRequestId"]
    offline.notify(paymentRequestId=request_id, authReviewStatus="PROCESSING")
    answer(offline, authReviewStatus="PROCESSING", paymentRequestId=request_id)
    refused = offline.shop.pay("A-2", method=method)
    assert refused.status_code == 503
    assert "/antom/result/" in (refused.json or {})["resultUrl"]
    assert "cancel" not in [operation for operation, _ in offline.calls]
    assert len(offline.shop.payments("A-2")) == 1


def test_our_capture_of_unknown_outcome_is_not_sent_again_during_a_review(
    offline: OfflineShop,
) -> None:
    offline.notify()
    with pytest.raises(OutcomeUnknown):
        capture(offline.shop)
    offline.notify(authReviewStatus="PROCESSING")
    answer(offline, authReviewStatus="PROCESSING")
    offline.answers["capture"] = {"result": SUCCESS, "captureId": "C1"}
    offline.calls.clear()
    make_due(offline.shop)
    offline.shop.sweep()
    assert [operation for operation, _ in offline.calls] == ["inquiryPayment"]
    request_id = offline.shop.payments()[0].capture_request_id
    assert request_id is not None
    answer(offline, authReviewStatus="ACCEPT")
    make_due(offline.shop)
    offline.shop.sweep()
    sent = [fields for operation, fields in offline.calls if operation == "capture"]
    assert [fields["captureRequestId"] for fields in sent] == [request_id]
    assert offline.shop.payments()[0].status == "succeeded"


def test_a_success_that_waits_is_not_told_during_a_review(
    offline: OfflineShop,
) -> None:
    failures = [RuntimeError("This receiver was told to fail.")]

    def fail_once(app: object, payment: object, **extra: object) -> None:
        if failures:
            raise failures.pop()

    offline.shop.connect(payment_succeeded, fail_once)
    assert offline.notify(capture_notice(PAYMENT_ID)).status_code == 404
    offline.notify()
    assert offline.notify(capture_notice(PAYMENT_ID)).status_code == 500
    offline.notify(authReviewStatus="PROCESSING")
    assert offline.shop.fulfilled() == 0
    answer(offline, captured=True, authReviewStatus="PROCESSING")
    act(offline.shop, "sync")
    assert offline.shop.fulfilled() == 0
    answer(offline, captured=True, authReviewStatus="ACCEPT")
    act(offline.shop, "sync")
    assert offline.shop.fulfilled() == 1


def test_an_answer_without_a_review_ends_the_one_that_we_knew(
    offline: OfflineShop,
) -> None:
    offline.notify(authReviewStatus="PROCESSING")
    offline.notify()  # it may be older
    assert offline.shop.payments()[0].under_review
    answer(offline)
    assert offline.shop.sweep().payments == 1
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.under_review) == ("authorized", False)


def test_an_answer_that_is_older_than_the_review_does_not_end_it(
    offline: OfflineShop,
) -> None:
    offline.notify()

    def begin_meanwhile() -> dict[str, Any]:
        offline.notify(authReviewStatus="PROCESSING")
        answer(offline)
        fields = offline.answers["inquiryPayment"]
        assert isinstance(fields, dict)
        return fields

    offline.answers["inquiryPayment"] = begin_meanwhile
    act(offline.shop, "sync")
    assert offline.shop.payments()[0].under_review


@pytest.mark.parametrize("outcome", ["ACCEPT", "REJECT", "REVIEW"])
def test_news_of_a_review_makes_us_ask_at_once(
    offline: OfflineShop, outcome: str
) -> None:
    offline.notify()
    answer(offline, **decided(outcome))
    notice = {"notifyType": "RISK_POST_REVIEW", "paymentId": PAYMENT_ID}
    assert offline.notify(notice).status_code == 200
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.under_review) == ("authorized", True)
    assert offline.tables.notifications[-1][:2] == ("RISK_POST_REVIEW", "applied")
    assert offline.shop.sweep().payments == 1
    (payment,) = offline.shop.payments()
    assert payment.status == ("review" if outcome == "REJECT" else "authorized")
    assert payment.under_review == (outcome == "REVIEW")


def test_news_of_a_review_of_an_unknown_payment_is_kept(offline: OfflineShop) -> None:
    notice = {"notifyType": "RISK_POST_REVIEW", "paymentRequestId": "0" * 32}
    assert offline.notify(notice).status_code == 404
    assert offline.tables.notifications == [("RISK_POST_REVIEW", "orphan", 1)]


def test_the_status_page_asks_about_a_review_of_a_paid_order(
    offline: OfflineShop,
) -> None:
    shop = offline.shop
    offline.notify(capture_notice(PAYMENT_ID, captureId="C1"))
    offline.notify()
    offline.notify(capture_notice(PAYMENT_ID))
    offline.notify(authReviewStatus="PROCESSING")
    assert shop.payments()[0].under_review
    answer(offline, captured=True, authReviewStatus="REJECT")
    with shop.app.test_request_context():
        token = make_token(shop.app, shop.payments()[0])
    assert shop.app.test_client().get(f"/antom/status/{token}").status_code == 200
    assert shop.payments()[0].status == "review"


@pytest.mark.parametrize("outcome", ["ACCEPT", "REJECT"])
def test_the_sweep_asks_about_a_review_of_a_paid_order(
    offline: OfflineShop, outcome: str
) -> None:
    shop = offline.shop
    offline.notify()
    offline.notify(capture_notice(PAYMENT_ID))
    offline.notify(authReviewStatus="PROCESSING")
    for word in ("PROCESSING", outcome):
        (payment,) = shop.payments()
        assert (payment.status, payment.under_review) == ("succeeded", True)
        answer(offline, captured=True, authReviewStatus=word)
        make_due(shop)
        assert shop.sweep().payments == 1
    (payment,) = shop.payments()
    assert payment.status == ("review" if outcome == "REJECT" else "succeeded")
    assert (payment.under_review, payment.inquire_at) == (False, None)

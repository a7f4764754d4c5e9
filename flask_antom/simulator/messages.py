"""The bodies of notifications and answers about a payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ..domain.money import Money
from .attempts import Attempt, Capture, Refund
from .records import Payment

#: Antom writes its times with this offset.
ZONE = timezone(timedelta(hours=8))

#: How long an authorization can be captured (Antom: capture, 7 days).
AUTHORIZATION_PERIOD = timedelta(days=7)

SUCCESS = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}

_MESSAGES = {
    "ORDER_IS_CLOSED": "The order is closed.",
    "USER_BALANCE_NOT_ENOUGH": "The balance of the buyer is not enough.",
    "RISK_REJECT": "The payment is rejected by risk control.",
    "ISSUER_REJECTS_TRANSACTION": "The bank of the buyer declines the card.",
    "USER_CANCELED": "The buyer went back.",
    "PROCESS_FAIL": "A general business failure occurred.",
    "ORDER_STATUS_INVALID": "The payment is not in a state that allows this.",
    "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT": "More than is authorized and not captured.",
    "REFUND_AMOUNT_EXCEED": "More than is left to refund.",
    "REFUND_IN_PROCESS": "The refund is accepted; its result follows.",
    "REFUND_WINDOW_EXCEED": "The period for refunds is over.",
}

#: The test card of the sandbox (Antom: card), masked as Antom masks it.
_CARD = {
    "cardNo": "405469******0768",
    "cardBrand": "VISA",
    "cardBin": "40546957",
    "lastFour": "0768",
    "issuingCountry": "US",
    "funding": "CREDIT",
    "paymentMethodRegion": "GLOBAL",
    "avsResultRaw": "A",
    "cvvResultRaw": "Y",
    "networkTransactionId": "333703703703703",
}


def message_for(code: str) -> str:
    """Return the ``resultMessage`` of a result code."""
    return _MESSAGES.get(code, code.replace("_", " ").capitalize() + ".")


def result(code: str, status: str, message: str = "") -> dict[str, str]:
    """Return Antom's ``result`` object."""
    return {
        "resultCode": code,
        "resultStatus": status,
        "resultMessage": message or message_for(code),
    }


def time(moment: datetime) -> str:
    """Format a time as Antom does: ISO 8601, to the second, with an offset."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def payment_notification(payment: Payment, attempt: Attempt) -> dict[str, Any]:
    """Return the body of a payment notification (Antom: notifyPayment)."""
    failed = attempt.status in ("FAIL", "CANCELLED")
    body: dict[str, Any] = {
        "notifyType": "PAYMENT_RESULT"
        if failed or attempt.status == "SUCCESS"
        else "PAYMENT_PENDING",
        "result": result(attempt.result_code, "F") if failed else dict(SUCCESS),
        "paymentRequestId": payment.request_id,
        "paymentId": attempt.payment_id,
        "paymentAmount": payment.amount.to_antom(),
        "paymentCreateTime": time(attempt.created_at),
        "paymentMethodType": attempt.method,
    }
    return body | _paid(attempt)


def capture_notification(capture: Capture) -> dict[str, Any]:
    """Return the body of a capture notification (Antom: notifyCapture).

    It has no ``paymentRequestId``.
    """
    return {"notifyType": "CAPTURE_RESULT", **_capture(capture)}


def refund_notification(refund: Refund) -> dict[str, Any]:
    """Return the body of a refund notification (Antom: notifyRefund).

    It does not name the payment.
    """
    return {
        "notifyType": "REFUND_RESULT",
        "result": _outcome(refund),
        "refundStatus": refund.status,
        **_refund(refund),
    }


def capture_answer(capture: Capture) -> dict[str, Any]:
    """Return the answer to a capture, new or repeated (Antom: capture)."""
    if capture.status != "SUCCESS":
        return {"result": _outcome(capture)}
    return _capture(capture)


def refund_answer(refund: Refund) -> dict[str, Any]:
    """Return the answer to a refund, new or repeated (Antom: refund)."""
    if refund.status != "SUCCESS":
        return {"result": _outcome(refund)}
    return {
        "result": dict(SUCCESS),
        "paymentId": refund.payment_id,
        **_refund(refund),
    }


def refund_inquiry_answer(refund: Refund) -> dict[str, Any]:
    """Return the answer to an inquiry about a refund (Antom: inquiryRefund).

    ``result`` is about the call only; the refund is in ``refundStatus``.
    """
    return {
        "result": dict(SUCCESS),
        "refundStatus": refund.status,
        **_refund(refund),
    }


def inquiry_answer(payment: Payment, attempt: Attempt) -> dict[str, Any]:
    """Return the answer to an inquiry about a payment (Antom: inquiryPayment).

    ``result`` is about the call only; the payment is in ``paymentStatus``.
    """
    status = "CANCELLED" if payment.cancelled_at is not None else attempt.status
    answer: dict[str, Any] = {
        "result": dict(SUCCESS),
        "paymentStatus": status,
        "paymentRequestId": payment.request_id,
        "paymentId": attempt.payment_id,
        "paymentAmount": payment.amount.to_antom(),
        "paymentCreateTime": time(attempt.created_at),
        "paymentMethodType": attempt.method,
    }
    if transactions := _transactions(payment, attempt):
        answer["transactions"] = transactions
    if attempt.result_code:
        answer["paymentResultCode"] = attempt.result_code
        answer["paymentResultMessage"] = message_for(attempt.result_code)
    return answer | (_paid(attempt) if status == "SUCCESS" else {})


def _paid(attempt: Attempt) -> dict[str, Any]:
    """Return the fields of a successful payment."""
    if attempt.status != "SUCCESS" or attempt.paid_at is None:
        return {}
    fields: dict[str, Any] = {"paymentTime": time(attempt.paid_at)}
    if attempt.authorizes:
        fields["authExpiryTime"] = time(attempt.paid_at + AUTHORIZATION_PERIOD)
    if attempt.method == "CARD":
        fields["paymentResultInfo"] = dict(_CARD)
    return fields


def _capture(capture: Capture) -> dict[str, Any]:
    """Return the fields of a capture that all messages share."""
    fields: dict[str, Any] = {
        "result": _outcome(capture),
        "captureRequestId": capture.request_id,
        "captureId": capture.capture_id,
        "paymentId": capture.payment_id,
        "captureAmount": capture.amount.to_antom(),
    }
    if capture.status == "SUCCESS":
        fields["captureTime"] = time(capture.at)
    return fields


def _refund(refund: Refund) -> dict[str, Any]:
    """Return the fields of a refund that all messages share."""
    fields: dict[str, Any] = {
        "refundRequestId": refund.request_id,
        "refundId": refund.refund_id,
        "refundAmount": refund.amount.to_antom(),
    }
    if refund.status == "SUCCESS" and refund.ended_at is not None:
        fields["refundTime"] = time(refund.ended_at)
    return fields


def _outcome(move: Capture | Refund) -> dict[str, str]:
    """Return the ``result`` of a capture or a refund."""
    if move.status == "SUCCESS":
        return dict(SUCCESS)
    if move.status == "PROCESSING":
        return result("REFUND_IN_PROCESS", "U")
    return result(move.result_code, "F")


def _transactions(payment: Payment, attempt: Attempt) -> list[dict[str, Any]]:
    """Return the captures, refunds and cancels in order (Antom: inquiryPayment).

    The merchant has no id of their own for a cancel: it has that of the payment.
    """
    moves = [
        *(
            _transaction("CAPTURE", c.at, c.amount, _outcome(c), c.status)
            | {"transactionId": c.capture_id, "transactionRequestId": c.request_id}
            for c in attempt.captures
        ),
        *(
            _transaction("REFUND", r.ended_at or r.at, r.amount, _outcome(r), r.status)
            | {"transactionId": r.refund_id, "transactionRequestId": r.request_id}
            for r in attempt.refunds
        ),
    ]
    if attempt.cancelled_at is not None:
        moves.append(
            _transaction("CANCEL", attempt.cancelled_at, attempt.amount)
            | {
                "transactionId": f"X{attempt.payment_id}",
                "transactionRequestId": payment.request_id,
            }
        )
    elif attempt.refunded_at is not None and attempt.returned:
        refund_id = f"R{attempt.payment_id}"
        moves.append(
            _transaction("REFUND", attempt.refunded_at, attempt.returned)
            | {"transactionId": refund_id, "transactionRequestId": f"auto{refund_id}"}
        )
    return sorted(moves, key=lambda move: str(move["transactionTime"]))


def _transaction(
    kind: str,
    at: datetime,
    amount: Money,
    outcome: Mapping[str, str] = SUCCESS,
    status: str = "SUCCESS",
) -> dict[str, Any]:
    return {
        "transactionType": kind,
        "transactionStatus": status,
        "transactionResult": dict(outcome),
        "transactionAmount": amount.to_antom(),
        "transactionTime": time(at),
    }

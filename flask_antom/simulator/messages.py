"""What the simulated Antom says about a payment: notifications and inquiry answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from .records import Attempt, Payment

#: Antom writes its times with the offset of a place of its own.
ZONE = timezone(timedelta(hours=8))

#: Until when an authorization can be captured (Antom: capture, 7 days).
AUTHORIZATION_PERIOD = timedelta(days=7)

SUCCESS = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}

_WORDS = {
    "ORDER_IS_CLOSED": "The order is closed.",
    "USER_BALANCE_NOT_ENOUGH": "The balance of the buyer is not enough.",
    "RISK_REJECT": "The payment is rejected by risk control.",
    "PROCESS_FAIL": "A general business failure occurred.",
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


def words_for(code: str) -> str:
    """Give a ``resultMessage`` for a result code."""
    return _WORDS.get(code, code.replace("_", " ").capitalize() + ".")


def result(code: str, status: str, message: str = "") -> dict[str, str]:
    """Write Antom's ``result`` object."""
    return {
        "resultCode": code,
        "resultStatus": status,
        "resultMessage": message or words_for(code),
    }


def time(moment: datetime) -> str:
    """Write a time as Antom does: ISO 8601, to the second, with an offset."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def payment_notification(payment: Payment, attempt: Attempt) -> dict[str, Any]:
    """Describe an attempt as ``notifyPayment`` does (Antom: notifyPayment)."""
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
        "paymentMethodType": payment.method,
    }
    return body | _paid(payment, attempt)


def capture_notification(payment: Payment, attempt: Attempt) -> dict[str, Any]:
    """Describe a capture; it names no ``paymentRequestId`` (Antom: notifyCapture)."""
    body: dict[str, Any] = {
        "notifyType": "CAPTURE_RESULT",
        "result": dict(SUCCESS),
        "captureRequestId": f"auto{attempt.capture_id}",
        "captureId": attempt.capture_id,
        "paymentId": attempt.payment_id,
        "captureAmount": payment.amount.to_antom(),
    }
    if attempt.captured_at is not None:
        body["captureTime"] = time(attempt.captured_at)
    return body


def inquiry_answer(payment: Payment, attempt: Attempt) -> dict[str, Any]:
    """Describe an attempt as ``inquiryPayment`` does (Antom: inquiryPayment).

    ``result`` is about the call; the payment is in ``paymentStatus``.
    """
    status = "CANCELLED" if payment.cancelled_at is not None else attempt.status
    answer: dict[str, Any] = {
        "result": dict(SUCCESS),
        "paymentStatus": status,
        "paymentRequestId": payment.request_id,
        "paymentId": attempt.payment_id,
        "paymentAmount": payment.amount.to_antom(),
        "paymentCreateTime": time(attempt.created_at),
        "paymentMethodType": payment.method,
        "transactions": _transactions(payment, attempt) or None,
    }
    if attempt.result_code:
        answer["paymentResultCode"] = attempt.result_code
        answer["paymentResultMessage"] = words_for(attempt.result_code)
    return answer | (_paid(payment, attempt) if status == "SUCCESS" else {})


def _paid(payment: Payment, attempt: Attempt) -> dict[str, Any]:
    """The fields of a payment that succeeded."""
    if attempt.status != "SUCCESS" or attempt.paid_at is None:
        return {}
    fields: dict[str, Any] = {"paymentTime": time(attempt.paid_at)}
    if payment.is_card_like:
        fields["authExpiryTime"] = time(attempt.paid_at + AUTHORIZATION_PERIOD)
    if payment.method == "CARD":
        fields["paymentResultInfo"] = dict(_CARD)
    return fields


def _transactions(payment: Payment, attempt: Attempt) -> list[dict[str, Any]]:
    """What happened to a payment after it was made."""
    happened = [
        ("CAPTURE", attempt.captured_at, attempt.capture_id),
        ("REFUND", attempt.refunded_at, f"R{attempt.payment_id}"),
    ]
    return [
        {
            "transactionType": kind,
            "transactionStatus": "SUCCESS",
            "transactionResult": dict(SUCCESS),
            "transactionId": transaction_id,
            "transactionRequestId": f"auto{transaction_id}",
            "transactionAmount": payment.amount.to_antom(),
            "transactionTime": time(moment),
        }
        for kind, moment, transaction_id in happened
        if moment is not None
    ]

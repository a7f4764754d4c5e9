"""Calls to Antom, compared with what the shop and Antom have stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_antom.simulator import Simulator


def assert_stored(
    operation: str,
    fields: Mapping[str, Any],
    payments: Sequence[Any],
    refunds: Sequence[Any],
) -> None:
    """See that the shop has stored what it is about to tell Antom.

    What refunds hold is within what was taken, even where Antom would refuse them.

    :param payments: the rows that are committed; :param refunds: likewise.
    """
    match operation:
        case "createPaymentSession":
            _one(payments, request_id=fields["paymentRequestId"])
        case "cancel":
            payment = _one(payments, request_id=fields["paymentRequestId"])
            assert payment.cancel_asked_at is not None
        case "capture":
            payment = _one(payments, capture_request_id=fields["captureRequestId"])
            assert str(payment.capture_value) == fields["captureAmount"]["value"]
        case "refund":
            refund = _one(refunds, request_id=fields["refundRequestId"])
            assert refund.status == "pending"
            assert str(refund.amount_value) == fields["refundAmount"]["value"]
            payment = _one(payments, id=refund.payment_ref)
            held = reserved_for_refunds(payment, refunds)
            assert held <= payment.captured_value, (payment, held)


def reserved_for_refunds(payment: Any, refunds: Iterable[Any]) -> int:
    """Sum up what refunds of ours hold of a payment; Antom answers for the others."""
    return sum(
        row.amount_value
        for row in refunds
        if row.payment_ref == payment.id
        and row.payment_id == payment.payment_id
        and row.status != "failed"
        and not row.request_id.startswith("dashboard")
    )


def is_known(operation: str, fields: Mapping[str, Any], simulator: Simulator) -> bool:
    """Whether Antom has taken this request, or one of the same id, before."""
    accounts = simulator.accounts()
    match operation:
        case "createPaymentSession":
            return fields["paymentRequestId"] in accounts
        case "cancel":
            account = accounts.get(fields["paymentRequestId"])
            return account is not None and account.status == "CANCELLED"
        case "capture":
            attempts = (a for p in simulator.payments() for a in p.attempts)
            ids = {c.request_id for a in attempts for c in a.captures}
            return fields["captureRequestId"] in ids
        case "refund":
            ids = {id_ for account in accounts.values() for id_ in account.refunds}
            return fields["refundRequestId"] in ids
    return False


def _one(rows: Sequence[Any], **column: Any) -> Any:
    ((name, value),) = column.items()
    (row,) = (row for row in rows if getattr(row, name) == value)
    return row

"""Our rows beside Antom's payments, when nothing is under way any more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask_antom.simulator import Account
from tests.support.shop import Shopfront

#: What we call what Antom says of a payment that brought nothing.
_UNPAID = {
    "CREATED": {"created", "expired"},
    "PROCESSING": {"processing"},
    "PENDING": {"pending"},
    "FAIL": {"failed"},
    "CANCELLED": {"cancelled"},
}
_REFUNDS = {"SUCCESS": "succeeded", "FAIL": "failed", "PROCESSING": "pending"}


def assert_payment_agrees(payment: Any, account: Account) -> None:
    """See that a payment is to us what it is to Antom."""
    if account.status != "SUCCESS":
        assert payment.status in _UNPAID[account.status], (payment, account)
        return
    assert payment.status == ("succeeded" if account.paid else "authorized"), account
    assert payment.payment_id == account.payment_id
    assert payment.captured == account.paid
    assert payment.refunded == account.refunded


def assert_refunds_agree(
    shop: Shopfront,
    theirs: Mapping[str, Account],
    turned_away: Collection[str] = (),
) -> None:
    """See that both know the same refunds.

    A refund of an earlier try that was made in the Dashboard may be unknown to us.

    :param turned_away: the ids of those that Antom refused without keeping them.
    """
    known = {
        refund.request_id: (_REFUNDS[refund.status], refund.amount)
        for account in theirs.values()
        for refund in account.refunds.values()
    }
    ours = {
        row.request_id: (row.status, row.amount) for row in shop.rows(shop.antom.Refund)
    }
    for request_id in turned_away:
        status, _ = ours.pop(request_id)
        assert status == "failed"
    assert ours.keys() <= known.keys()
    strange = {
        refund.request_id
        for account in theirs.values()
        for refund in account.refunds.values()
        if refund.request_id.startswith("dashboard")
        and refund.payment_id != account.payment_id
    }
    for request_id in strange - ours.keys():
        known.pop(request_id)
    assert ours == known

"""Our books beside Antom's, when all has come to rest."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask_antom.simulator import Account
from tests.crashes.stage import Stage
from tests.crashes.witness import heard

_OURS = {
    "CREATED": {"created", "expired"},
    "PROCESSING": {"processing"},
    "PENDING": {"pending"},
    "FAIL": {"failed"},
    "CANCELLED": {"cancelled"},
}
_REFUNDS = {"SUCCESS": "succeeded", "FAIL": "failed", "PROCESSING": "pending"}


def assert_balanced(stage: Stage, told: tuple[str, ...]) -> None:
    """See that nothing is lost and nothing happened twice."""
    antom = stage.shop.antom
    ours = {row.request_id: row for row in stage.shop.rows(antom.Payment)}
    theirs = stage.simulator.books()
    assert theirs.keys() <= ours.keys()
    for request_id, account in theirs.items():
        _compare(ours[request_id], account)
    refunds = {
        row.request_id: (row.status, row.amount)
        for row in stage.shop.rows(antom.Refund)
    }
    assert refunds == {
        refund.request_id: (_REFUNDS[refund.status], refund.amount)
        for account in theirs.values()
        for refund in account.refunds.values()
    }
    events = stage.shop.rows(antom.Event)
    assert all(event.delivered_at is not None for event in events)
    assert Counter(event.name for event in events) == heard(stage.shop) == Counter(told)


def _compare(payment: Any, account: Account) -> None:
    if account.status == "SUCCESS":
        assert payment.status == ("succeeded" if account.paid else "authorized")
        assert payment.cancel_asked_at is None
        assert payment.capture_request_id is None
        assert payment.captured == account.paid
    else:
        assert payment.status in _OURS[account.status]
    assert payment.payment_id == account.payment_id
    assert payment.refunded == account.refunded
    done = Counter(
        (move.kind, move.amount) for move in account.movements if move.amount
    )
    assert {kind for kind, _ in done}.isdisjoint({"VOID"})
    assert max([len(account.refunds), *done.values()]) <= 1

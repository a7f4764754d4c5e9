"""Our books beside Antom's after a crash: nothing is lost, nothing happened twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask_antom.simulator import Account
from tests.concurrency.crashes.stage import Stage
from tests.concurrency.crashes.witness import heard
from tests.support.books import assert_same, assert_same_refunds


def assert_balanced(stage: Stage, told: tuple[str, ...]) -> None:
    """See that nothing is lost and nothing happened twice."""
    antom = stage.shop.antom
    ours = {row.request_id: row for row in stage.shop.rows(antom.Payment)}
    theirs = stage.simulator.books()
    assert theirs.keys() <= ours.keys()
    for request_id, account in theirs.items():
        _compare(ours[request_id], account)
    assert_same_refunds(stage.shop, theirs)
    events = stage.shop.rows(antom.Event)
    assert all(event.delivered_at is not None for event in events)
    assert Counter(event.name for event in events) == heard(stage.shop) == Counter(told)


def _compare(payment: Any, account: Account) -> None:
    assert_same(payment, account)
    assert payment.payment_id == account.payment_id
    assert payment.refunded == account.refunded
    if account.status == "SUCCESS":
        assert payment.cancel_asked_at is None
        assert payment.capture_request_id is None
    done = Counter(
        (move.kind, move.amount) for move in account.movements if move.amount
    )
    assert {kind for kind, _ in done}.isdisjoint({"VOID"})
    assert max([len(account.refunds), *done.values()]) <= 1

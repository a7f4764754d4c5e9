"""Assertions after a crash: nothing is lost, nothing happened twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask_antom.simulator import Account
from tests.support.reconciliation import assert_payment_agrees, assert_refunds_agree
from tests.support.recording_shop import count_signals
from tests.support.setup import Setup


def assert_nothing_lost_or_doubled(setup: Setup, signals: tuple[str, ...]) -> None:
    """See that nothing is lost and nothing happened twice."""
    antom = setup.shop.antom
    ours = {row.request_id: row for row in setup.shop.rows(antom.Payment)}
    theirs = setup.simulator.accounts()
    assert theirs.keys() <= ours.keys()
    for request_id, account in theirs.items():
        _check_payment(ours[request_id], account)
    assert_refunds_agree(setup.shop, theirs)
    events = setup.shop.rows(antom.Event)
    assert all(event.delivered_at is not None for event in events)
    assert (
        Counter(event.name for event in events)
        == count_signals(setup.shop)
        == Counter(signals)
    )


def _check_payment(payment: Any, account: Account) -> None:
    assert_payment_agrees(payment, account)
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

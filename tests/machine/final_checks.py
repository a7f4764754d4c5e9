"""In the end: faults stop, time passes, sweeps run; then the shop agrees with Antom."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from flask_antom.simulator import Account
from tests.machine.invariants import (
    assert_invariants,
    open_refunds,
)
from tests.machine.kept_money import assert_money_is_told
from tests.machine.setup import InProcessSetup
from tests.machine.snapshot import Snapshot, read_snapshot
from tests.support.reconciliation import assert_payment_agrees, assert_refunds_agree

#: Minutes before each of the last sweeps: all repeats, closings and pauses fall within,
#: and the seven days of an authorization.
_PAUSES = (0, 20, 3 * 60, 25 * 60, 8 * 24 * 60, 24 * 60)


def finish_and_compare(setup: InProcessSetup, before: Snapshot) -> None:
    """Finish all that is under way, and see that the shop agrees with Antom."""
    before = _check_what_nobody_hears(setup, before)
    setup.heal()
    for request_id in open_refunds(setup):
        setup.simulator.finish_refund(request_id)
    for minutes in _PAUSES:
        setup.simulator.clock.advance(minutes=minutes)
        summary = setup.shop.sweep()
    assert summary.failed == summary.given_up == summary.unmatched == 0, summary
    _ask_about_each(setup)  # what the dashboard has refunded
    setup.shop.sweep()  # a worker delivers it
    rested = read_snapshot(setup)
    assert_invariants(setup, before, rested)
    _check_all_is_delivered(setup, rested)
    if not setup.is_restored:
        _compare(setup, rested)

    _ask_about_each(setup)
    after = read_snapshot(setup)
    assert_invariants(setup, rested, after)
    new = after.delivered - rested.delivered
    if not setup.is_restored:
        assert {name for name, _, _ in new} <= {"payment_needs_review"}
    _compare(setup, after)
    assert_money_is_told(setup, after)


def _check_what_nobody_hears(setup: InProcessSetup, before: Snapshot) -> Snapshot:
    """See that a sweep counts what waits because nobody listens."""
    if not setup.is_deaf:
        return before
    setup.heal(listen=False)
    setup.simulator.clock.advance(minutes=61)
    summary = setup.shop.sweep()
    after = read_snapshot(setup)
    assert_invariants(setup, before, after)
    assert before.undelivered["payment_succeeded"] <= summary.overdue
    assert summary.overdue <= summary.unheard <= after.undelivered["payment_succeeded"]
    assert summary.needs_a_person or not summary.overdue
    return after


def _ask_about_each(setup: InProcessSetup) -> None:
    """Ask Antom about each payment."""
    antom, db = setup.shop.antom, setup.shop.db
    with setup.shop.app.app_context():
        for payment in db.session.scalars(sa.select(antom.Payment)).all():
            antom.sync(payment)


def _check_all_is_delivered(setup: InProcessSetup, rested: Snapshot) -> None:
    """See that each fact was delivered; every step checks that none was twice."""
    assert not rested.undelivered, rested.undelivered
    for request_id, payment in rested.payments.items():
        if payment.status in ("succeeded", "authorized", "failed", "expired"):
            times = rested.written[f"payment_{payment.status}", request_id, ""]
            is_spent = request_id in setup.given_back
            assert times == 1 or (is_spent and times == 0), payment
    for request_id, refund in rested.refunds.items():
        assert rested.written[f"refund_{refund.status}", request_id, ""] == 1


def _compare(setup: InProcessSetup, after: Snapshot) -> None:
    """Compare each payment and refund with Antom's.

    A restored database does not know the payments and refunds that were made after its
    copy. What else differs afterwards, a person is told.
    """
    shop, theirs = setup.shop, setup.simulator.accounts()
    payments = {row.request_id: row for row in shop.rows(shop.antom.Payment)}
    assert theirs.keys() - setup.lost <= payments.keys()
    for request_id, payment in payments.items():
        account = theirs.get(request_id)
        if setup.is_restored and request_id in after.reviews:
            continue
        assert payment.capture_request_id is None
        if account is None:
            closed = {"cancelled"} & {payment.status} if not payment.method else set()
            assert payment.status in {"failed", "expired"} | closed, payment
        elif account.status == "CREATED":
            assert payment.status in ("failed", "expired"), payment
        elif payment.status == "review":
            _check_review(setup, after, payment, account)
        elif not _waits_for_a_clerk(payment, account):
            assert_payment_agrees(payment, account)
    if not setup.is_restored:
        assert_refunds_agree(shop, theirs, setup.turned_away)


def _check_review(
    setup: InProcessSetup, after: Snapshot, payment: Any, account: Account
) -> None:
    """See that a person has to look for a reason, and sees what came."""
    if payment.request_id in setup.misstated:
        return
    if account.status == "SUCCESS":
        assert payment.captured == account.paid
    if payment.order_reference in setup.book.touched:
        return
    others = {row.request_id for row in setup.shop.payments(payment.order_reference)}
    others.remove(payment.request_id)
    accounts = setup.simulator.accounts()
    reasons = after.reviews[payment.request_id]
    # A later try of the same session may have taken the place of the one that is named.
    of_itself = {"paid_after_cancel", "again"} & {one.split()[0] for one in reasons}
    assert (
        payment.outdated
        or of_itself
        or any(
            request_id in accounts and accounts[request_id].movements
            for request_id in others
        )
    )


def _waits_for_a_clerk(payment: Any, account: Account) -> bool:
    """Whether a captured payment was paid again, and nobody has captured that.

    The payment stays succeeded, and a person was told.
    """
    paid = [move for move in account.movements if move.kind == "AUTHORIZATION"]
    return payment.status == "succeeded" and not payment.captured and len(paid) > 1

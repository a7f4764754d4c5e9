"""The dust settles: faults end, time passes, sweeps are made; then the books agree."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from flask_antom import Money
from flask_antom.flows.sweep import SweepSummary
from flask_antom.simulator import Account
from tests.machine.promises import Books, assert_kept, open_refunds, read_books
from tests.machine.world import World
from tests.support.books import assert_same, assert_same_refunds

#: Minutes before each of the last sweeps: all repeats, closings and pauses fall within,
#: and the seven days of an authorization.
_PAUSES = (0, 20, 3 * 60, 25 * 60, 8 * 24 * 60, 24 * 60)


def settle(world: World, before: Books) -> None:
    """Let all come to rest, and see that our books and Antom's are the same."""
    world.heal()
    for request_id in open_refunds(world):
        world.simulator.finish_refund(request_id)
    for minutes in _PAUSES:
        world.simulator.clock.advance(minutes=minutes)
        summary = sweep(world)
    assert summary.failed == summary.given_up == summary.unmatched == 0, summary
    rested = read_books(world)
    assert_kept(world, before, rested)
    _see_all_is_told(world, rested)
    _compare(world)

    _ask_about_each(world)
    books = read_books(world)
    assert_kept(world, rested, books)
    news = books.told - rested.told
    assert {name for name, _, _ in news} <= {"payment_needs_review"}
    _compare(world)


def sweep(world: World) -> SweepSummary:
    with world.shop.app.app_context():
        return world.shop.antom.sweep()


def _ask_about_each(world: World) -> None:
    """Ask Antom once more, which tells nothing new but whose a refund is."""
    antom, db = world.shop.antom, world.shop.db
    with world.shop.app.app_context():
        for payment in db.session.scalars(sa.select(antom.Payment)).all():
            antom.sync(payment)


def _see_all_is_told(world: World, books: Books) -> None:
    """See that each fact was told; that none was told twice is seen in every step."""
    assert books.waiting == 0
    for request_id, payment in books.payments.items():
        if payment.status in ("succeeded", "authorized", "failed", "expired"):
            assert books.written[f"payment_{payment.status}", request_id, ""] == 1
    for request_id, refund in books.refunds.items():
        assert books.written[f"refund_{refund.status}", request_id, ""] == 1


def _compare(world: World) -> None:
    shop, theirs = world.shop, world.simulator.books()
    payments = {row.request_id: row for row in shop.rows(shop.antom.Payment)}
    unnamed = {
        row.request_id: row.amount
        for row in shop.rows(shop.antom.Refund)
        if row.payment_ref is None
    }
    assert theirs.keys() <= payments.keys()
    for request_id, payment in payments.items():
        account = theirs.get(request_id)
        assert payment.capture_request_id is None
        if account is None or account.status == "CREATED":
            assert payment.status in ("failed", "expired"), payment
        elif payment.status == "review":
            _check_review(world, payment, account)
        elif not _waits_for_a_clerk(payment, account):
            assert_same(payment, account, _sum(account, unnamed))
    assert_same_refunds(shop, theirs, world.turned_away)


def _check_review(world: World, payment: Any, account: Account) -> None:
    """See that a person has to look for a reason, and sees what came."""
    if payment.request_id in world.misstated:
        return
    others = {row.request_id for row in world.shop.payments(payment.order_reference)}
    others.remove(payment.request_id)
    books = world.simulator.books()
    assert payment.outdated or any(
        request_id in books and books[request_id].movements for request_id in others
    )
    if account.status == "SUCCESS":
        assert payment.captured == account.paid


def _waits_for_a_clerk(payment: Any, account: Account) -> bool:
    """Tell whether what was captured was paid again, and nobody has captured that.

    Good news stands, and a person was told.
    """
    paid = [move for move in account.movements if move.kind == "AUTHORIZATION"]
    return payment.status == "succeeded" and not payment.captured and len(paid) > 1


def _sum(account: Account, unnamed: dict[str, Money]) -> Money:
    """Sum up what the payment that counts was given back by unnamed refunds."""
    amounts = (
        amount
        for request_id, amount in unnamed.items()
        if request_id in account.refunds
        and account.refunds[request_id].payment_id == account.payment_id
    )
    return sum(amounts, Money(0, "MYR"))

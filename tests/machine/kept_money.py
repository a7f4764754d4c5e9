"""The money that Antom keeps for the shop: a receiver was told of it, or a person."""

from __future__ import annotations

from flask_antom.simulator import Account
from tests.machine.setup import InProcessSetup
from tests.machine.snapshot import Snapshot


def assert_money_is_told(setup: InProcessSetup, after: Snapshot) -> None:
    """See that no order is paid twice, or else a person knows.

    Nobody is told of the payments that a restored database does not know, so
    their orders may be paid again.
    """
    accounts = setup.simulator.accounts()
    for request_id, payment in after.payments.items():
        account = accounts.get(request_id)
        if account is None:
            assert not after.is_sold(request_id)
            continue
        assert account.refunded <= account.paid
        if _is_kept(account) and request_id not in after.reviews:
            assert after.is_sold(request_id), f"nobody knows of {account}"
        if after.is_sold(request_id):
            _check_sale(after, payment.status, request_id)
    for requests in after.sold.values():
        kept = {
            id_ for id_ in requests if _is_kept(accounts[id_])
        } - after.reviews.keys()
        assert len(kept) <= 1


def _is_kept(account: Account) -> bool:
    """Whether Antom has money of the buyer's, also if it is not captured yet."""
    return account.status == "SUCCESS" and (
        not account.paid or account.refunded < account.paid
    )


def _check_sale(after: Snapshot, status: str, request_id: str) -> None:
    """See that a shop that has delivered hears if the money goes back."""
    if status == "cancelled":
        assert after.written["payment_cancelled", request_id, ""] == 1
    else:
        assert status in ("authorized", "succeeded") or request_id in after.reviews

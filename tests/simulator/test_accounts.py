"""The simulator's accounts: what was paid, captured, refunded, and each movement."""

from __future__ import annotations

from flask_antom.domain.money import Money
from flask_antom.simulator import Account, Simulator
from tests.simulator.merchant import CARD, MANUAL, Merchant, code_of


def ringgit(cents: int) -> Money:
    return Money(cents, "MYR")


def account_of(simulator: Simulator) -> Account:
    return simulator.accounts()["request-1"]


def sums(account: Account) -> tuple[int, int, int]:
    return account.paid.value, account.captured.value, account.refunded.value


def kinds(account: Account) -> list[tuple[str, int]]:
    return [(move.kind, move.amount.value) for move in account.movements]


def test_a_session_that_nobody_used_holds_nothing(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()

    assert account_of(simulator) == Account(
        request_id="request-1",
        payment_id=None,
        status="CREATED",
        paid=ringgit(0),
        captured=ringgit(0),
        refunded=ringgit(0),
        refunds={},
        movements=(),
    )


def test_refunds_are_listed_with_their_ends(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    payment_id = simulator.payment("request-1").payment_id
    merchant.refund(payment_id, 1000)
    merchant.refund(payment_id, 9999, refundRequestId="refund2")
    simulator.refunds_in_process = True
    merchant.refund(payment_id, 200, refundRequestId="refund3")

    account = account_of(simulator)

    assert (account.status, account.payment_id) == ("SUCCESS", payment_id)
    assert sums(account) == (4200, 0, 1000)
    assert {id_: (r.status, r.amount.value) for id_, r in account.refunds.items()} == {
        "refund1": ("SUCCESS", 1000),
        "refund2": ("FAIL", 9999),
        "refund3": ("PROCESSING", 200),
    }
    assert kinds(account) == [("PAYMENT", 4200), ("REFUND", 1000)]
    simulator.finish_refund("refund3")
    assert sums(account_of(simulator)) == (4200, 0, 1200)
    assert account.refunds["refund3"].status == "PROCESSING"


def test_an_authorization_is_paid_when_it_is_captured(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session(**CARD)
    simulator.approve("request-1")
    before = account_of(simulator)
    simulator.clock.advance(seconds=2)

    assert (before.status, sums(before)) == ("SUCCESS", (0, 0, 0))
    assert sums(account_of(simulator)) == (4200, 4200, 0)
    assert kinds(account_of(simulator)) == [("AUTHORIZATION", 4200), ("CAPTURE", 4200)]


def test_a_capture_in_part_leaves_the_rest_with_the_buyer(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session(**MANUAL)
    simulator.approve("request-1")
    payment_id = simulator.payment("request-1").payment_id
    merchant.capture(payment_id, 9999)
    merchant.capture(payment_id, 3000, captureRequestId="capture2")

    assert sums(account_of(simulator)) == (3000, 3000, 0)
    assert kinds(account_of(simulator))[1:] == [("CAPTURE", 3000), ("VOID", 1200)]


def test_the_automatic_refund_of_an_earlier_success_is_not_the_merchants(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    earlier = simulator.payment("request-1").payment_id
    merchant.refund(earlier, 1000)
    simulator.approve("request-1")

    account = account_of(simulator)

    assert account.payment_id != earlier
    assert sums(account) == (4200, 0, 0)
    assert [(r.payment_id, r.status) for r in account.refunds.values()] == [
        (earlier, "SUCCESS")
    ]
    assert kinds(account) == [
        ("PAYMENT", 4200),
        ("REFUND", 1000),
        ("AUTOMATIC_REFUND", 3200),
        ("PAYMENT", 4200),
    ]
    answer = merchant.refund(earlier, 1, refundRequestId="refund2")
    assert code_of(answer) == ("REFUND_AMOUNT_EXCEED", "F")
    by_id = merchant.call("cancel", {"paymentId": earlier})
    assert code_of(by_id) == ("PROCESS_FAIL", "F")


def test_a_refund_that_fails_afterwards_goes_to_the_buyer_all_the_same(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    simulator.refunds_in_process = True
    merchant.refund(simulator.payment("request-1").payment_id, 4200)
    simulator.approve("request-1")
    simulator.fail_refund("refund1")

    assert ("AUTOMATIC_REFUND", 4200) in kinds(account_of(simulator))


def test_a_cancel_gives_everything_back(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    merchant.cancel()

    account = account_of(simulator)
    assert (account.status, sums(account)) == ("CANCELLED", (0, 0, 0))
    assert kinds(account) == [("PAYMENT", 4200), ("CANCEL", 4200)]


def test_a_success_after_the_cancel_is_given_back(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.process("request-1")
    merchant.cancel()
    simulator.approve("request-1")

    account = account_of(simulator)
    assert (account.status, sums(account)) == ("CANCELLED", (0, 0, 0))
    assert kinds(account) == [("PAYMENT", 4200), ("CANCEL", 4200)]


def test_a_cancelled_authorization_is_voided(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session(**MANUAL)
    simulator.approve("request-1")
    merchant.cancel()

    assert kinds(account_of(simulator)) == [("AUTHORIZATION", 4200), ("VOID", 4200)]


def test_a_lost_attempt_beside_a_success_is_not_cancelled(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.decline("request-1")
    declined = simulator.payment("request-1").payment_id
    simulator.approve("request-1")

    answer = merchant.call("cancel", {"paymentId": declined})

    assert code_of(answer) == ("ORDER_STATUS_INVALID", "F")
    assert sums(account_of(simulator)) == (4200, 0, 0)

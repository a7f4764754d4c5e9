"""The commands of ``flask antom`` that act on a payment, an order or an event."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import NotPossible
from flask_antom.flows import clerk
from flask_antom.gateway.http import Reply
from flask_antom.signals import payment_succeeded
from tests.integration.actions import refund, refunds
from tests.support.offline import GUIDE, OfflineShop, failed
from tests.support.receivers import DONE, ID, Switch

pytestmark = pytest.mark.every_database

CARD: dict[str, Any] = {
    "method": "CARD",
    "payment_id": "P-1",
    "status": "authorized",
    "authorized_until": datetime(2100, 1, 1, tzinfo=UTC),
}


def run(
    offline: OfflineShop, *arguments: str, code: int = 0, answer: str | None = None
) -> str:
    runner = offline.shop.app.test_cli_runner()
    result = runner.invoke(args=["antom", *arguments], input=answer)
    assert result.exit_code == code, result.output
    return result.output


def asked(offline: OfflineShop) -> list[str]:
    return [operation for operation, _ in offline.calls]


@pytest.fixture
def paid(offline: OfflineShop) -> OfflineShop:
    """A shop whose order A-1 is paid: 42.00 MYR."""
    offline.add_payment()
    offline.notify()
    offline.answers["refund"] = DONE
    return offline


@pytest.fixture
def held(offline: OfflineShop) -> OfflineShop:
    """A shop for whose order C-1 42.00 MYR are reserved."""
    offline.add_payment("card", "C-1", **CARD)
    offline.answers["capture"] = DONE
    return offline


def test_money_moves_only_after_a_yes(paid: OfflineShop) -> None:
    command = ("refund", "A-1", "--amount", "12.50")
    for answer in ("n\n", "", "\n"):
        run(paid, *command, code=1, answer=answer)
    assert asked(paid) == []
    output = run(paid, *command, answer="y\n")
    for line in (
        "Refund 12.50 MYR: order A-1",
        rf"  Payment           {ID}, succeeded",
        "  Amount            42.00 MYR, ONLINEBANKING_FPX",
        "  Can be refunded   42.00 MYR",
        "  Key               clerk-[0-9a-f]{16}",
        r"Go on\? \[y/N\]: y",
        "The refund of 12.50 MYR, .*, has succeeded. 29.50 MYR of the payment is left.",
    ):
        assert re.search(f"^{line}$", output, re.MULTILINE), line
    assert refunds(paid.shop) == [("succeeded", 1250)]


@pytest.mark.parametrize(
    "command", [("refund", "--amount", "10"), ("refund", "--key", "K"), ("cancel",)]
)
def test_what_changes_while_a_person_is_asked_is_not_done(
    paid: OfflineShop, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def confirm(question: str) -> bool:
        monkeypatch.undo()
        run(paid, "refund", "A-1", "--amount", "10", "--yes")  # somebody else
        return True

    monkeypatch.setattr("flask_antom.cli.act.click.confirm", confirm)
    output = run(paid, command[0], "A-1", *command[1:], code=1)
    assert "has changed since you were asked" in output
    assert refunds(paid.shop) == [("succeeded", 1000)]
    assert asked(paid) == ["refund"]


def test_a_capture_that_somebody_else_makes_meanwhile_is_not_made_twice(
    held: OfflineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("capture", "C-1", "--amount", "10", "--more-follow")

    def confirm(question: str) -> bool:
        monkeypatch.undo()
        run(held, *command, "--yes")
        return True

    monkeypatch.setattr("flask_antom.cli.act.click.confirm", confirm)
    assert "has changed since you were asked" in run(held, *command, code=1)
    assert asked(held) == ["capture"]


def test_a_refund_without_an_amount_is_of_all_that_is_left(paid: OfflineShop) -> None:
    run(paid, "refund", ID, "--amount", "2", "--yes")
    output = run(paid, "refund", GUIDE["paymentId"], "--yes")
    assert output.startswith("Refund 40.00 MYR: order A-1\n")
    output = run(paid, "refund", "A-1", "--yes", code=1)
    assert "Nothing can be refunded" in output
    assert refunds(paid.shop) == [("succeeded", 200), ("succeeded", 4000)]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("12,50", "digits and at most one point"),
        ("-1", "digits and at most one point"),
        ("1.005", "MYR has 2 decimals at most"),
        ("12.50 USD", "The payment is in MYR"),
        ("all", "digits and at most one point"),
    ],
)
def test_a_wrong_amount_is_an_error_of_usage(
    paid: OfflineShop, amount: str, words: str
) -> None:
    output = run(paid, "refund", "A-1", "--amount", amount, "--yes", code=2)
    assert words in output
    assert asked(paid) == []


def test_more_than_is_left_is_refused_before_it_is_asked(paid: OfflineShop) -> None:
    output = run(paid, "refund", "A-1", "--amount", "42.01", "--yes", code=1)
    assert "Only 42.00 MYR can be refunded" in output
    assert run(paid, "refund", "A-1", "--amount", "42.00 MYR", "--yes")


def test_a_repeat_with_the_key_moves_no_money_again(paid: OfflineShop) -> None:
    del paid.answers["refund"]
    output = run(paid, "refund", "A-1", "--amount", "10", "--yes")
    assert "is pending: Antom has not said yet what came of it" in output
    (key,) = re.findall(r"Key +(\S+)", output)
    paid.answers["refund"] = DONE
    for more in (("--amount", "10"), ()):
        run(paid, "refund", "A-1", "--yes", "--key", key, *more)
    assert len(refunds(paid.shop)) == 1
    run(paid, "refund", "A-1", "--amount", "32", "--yes")
    output = run(paid, "refund", "A-1", "--yes", "--key", key)
    assert output.startswith("Refund 10.00 MYR: order A-1\n")
    command = ("refund", "A-1", "--amount", "11", "--yes", "--key", key)
    output = run(paid, *command, code=1)
    assert f"The key {key} was used to refund 10.00 MYR." in output


def test_the_same_refund_typed_twice_moves_money_once(paid: OfflineShop) -> None:
    command = ("refund", "A-1", "--amount", "10", "--yes")
    run(paid, *command)
    output = run(paid, *command, code=1)
    assert "A refund of 10.00 MYR was made less than a minute ago" in output
    assert f"flask antom show {ID}" in output
    assert "add --again" in output
    assert refunds(paid.shop) == [("succeeded", 1000)]

    run(paid, "refund", "A-1", "--amount", "9", "--yes")  # is not equal
    run(paid, *command, "--again")
    run(paid, *command, "--key", "return-7")
    assert refunds(paid.shop) == [("succeeded", n) for n in (1000, 900, 1000, 1000)]


def test_the_same_capture_typed_twice_moves_money_once(held: OfflineShop) -> None:
    command = ("capture", "C-1", "--amount", "10", "--more-follow", "--yes")
    run(held, *command)
    output = run(held, *command, code=1)
    assert "A capture of 10.00 MYR was made less than a minute ago" in output
    assert asked(held) == ["capture"]

    run(held, *command, "--again")
    run(held, *command, "--key", "parcel-2")
    assert asked(held) == ["capture"] * 3


def test_a_new_key_of_ones_own_asks_for_what_is_left(paid: OfflineShop) -> None:
    output = run(paid, "refund", "A-1", "--key", "goodwill", answer="y\n")
    assert output.startswith("Refund 42.00 MYR: order A-1\n")
    output = run(paid, "refund", "A-1", "--key", "another", "--yes", code=1)
    assert "Nothing can be refunded" in output


def test_a_refund_that_failed_is_not_made_again_with_its_key(paid: OfflineShop) -> None:
    paid.answers["refund"] = {"result": failed("REFUND_WINDOW_EXCEED")}
    command = ("refund", "A-1", "--amount", "10", "--yes", "--key", "K")
    assert "REFUND_WINDOW_EXCEED" in run(paid, *command, code=1)
    paid.answers["refund"] = DONE
    output = run(paid, *command, code=1)
    assert "had failed before (REFUND_WINDOW_EXCEED). Nothing was sent" in output
    assert refunds(paid.shop) == [("failed", 1000)]


def test_a_refusal_without_a_signature_is_not_the_last_word(paid: OfflineShop) -> None:
    body = json.dumps({"result": failed("KEY_NOT_FOUND")}).encode()
    paid.answers["refund"] = Reply(200, {}, body)
    output = run(paid, "refund", "A-1", "--amount", "10", "--yes", code=1)
    assert "Antom did not sign this refusal" in output
    assert f"    flask antom show {ID}" in output
    assert refunds(paid.shop) == [("pending", 1000)]
    paid.answers["refund"] = {"result": failed("REFUND_WINDOW_EXCEED")}
    output = run(paid, "refund", "A-1", "--amount", "10", "--yes", code=1)
    assert "did not sign" not in output


def test_an_order_with_several_payments_asks_which(paid: OfflineShop) -> None:
    paid.add_payment("second", status="failed")
    paid.add_payment("third")
    assert run(paid, "refund", "A-1", "--amount", "1", "--yes").startswith(
        "Refund 1.00"
    )
    output = run(paid, "cancel", "A-1", "--yes", code=1)
    assert "Order A-1 has 3 payments: say which one is meant." in output
    assert re.search(r"^  third +created +42.00 MYR  20", output, re.MULTILINE)
    assert asked(paid) == ["refund"]


def test_an_order_whose_payments_do_not_fit_says_so(offline: OfflineShop) -> None:
    offline.add_payment(status="failed")
    offline.add_payment("second", status="failed")
    for name, done in {"refund": "refunded", "capture": "captured"}.items():
        output = run(offline, name, "A-1", "--yes", code=1)
        assert f"Order A-1 has 2 payments: none of them can be {done}.\n" in output


def test_a_capture_keeps_the_rest_if_more_follow(held: OfflineShop) -> None:
    output = run(held, "capture", "C-1", "--amount", "10", "--more-follow", "--yes")
    assert "The rest stays reserved." in output
    last = "Captured 10.00 MYR of 42.00 MYR by now; 32.00 MYR can still be captured.\n"
    assert output.endswith(last)
    ((_, sent),) = held.calls
    assert sent["captureAmount"] == {"value": "1000", "currency": "MYR"}
    assert sent["captureType"] == "NON_FINAL"
    held.answers["capture"] = DONE | {"captureId": "C-2"}
    output = run(held, "capture", "card", answer="y\n")
    assert output.startswith("Capture 32.00 MYR: order C-1\n")
    assert output.endswith("Captured 42.00 MYR of 42.00 MYR by now; nothing is left.\n")


def test_a_capture_whose_outcome_is_unknown_says_what_to_do(held: OfflineShop) -> None:
    del held.answers["capture"]
    output = run(held, "capture", "C-1", "--amount", "10", "--yes", code=1)
    (key,) = re.findall(r"Key +(\S+)", output)
    again = f"flask antom capture card --amount 10.00 --key {key}"
    assert (
        "It may have been done. Ask what came of it:\n    flask antom sync card\n"
        in (output)
    )
    assert f"    {again}\n" in output
    held.answers["capture"] = DONE
    run(held, *again.split()[2:], "--yes")
    ids = {sent["captureRequestId"] for _, sent in held.calls}
    assert len(ids) == 1


def test_nothing_is_captured_that_is_not_reserved(paid: OfflineShop) -> None:
    output = run(paid, "capture", "A-1", "--yes", code=1)
    assert f"Nothing can be captured: payment {ID} is succeeded." in output


def test_a_cancel_says_that_the_buyer_gets_the_money_back(paid: OfflineShop) -> None:
    paid.answers["cancel"] = {
        "result": GUIDE["result"],
        "paymentId": GUIDE["paymentId"],
    }
    assert "Nothing was done." in run(paid, "cancel", "A-1", code=1, answer="n\n")
    output = run(paid, "cancel", "A-1", answer="y\n")
    assert "The buyer gets 42.00 MYR back." in output
    assert output.endswith(
        f"Payment {ID} is cancelled (cancelled by the shop, or by Antom).\n"
    )


def test_a_cancel_that_comes_too_late_names_the_cure(paid: OfflineShop) -> None:
    paid.answers["cancel"] = {"result": failed("CANCEL_WINDOW_EXCEED")}
    output = run(paid, "cancel", "A-1", "--yes", code=1)
    assert "CANCEL_WINDOW_EXCEED. It is too late to cancel; refund" in output


def test_a_sync_asks_about_each_payment_of_an_order(offline: OfflineShop) -> None:
    offline.add_payment()
    offline.add_payment("second")
    offline.answers["inquiryPayment"] = {"result": failed("ORDER_NOT_EXIST")}
    output = run(offline, "sync", "A-1")
    assert output.splitlines() == [
        f"Antom has answered: payment {name} is still created (no payment is known)."
        for name in (ID, "second")
    ]
    del offline.answers["inquiryPayment"]
    output = run(offline, "sync", "A-1", code=1)
    assert output.count("has not changed. Ask again:") == 2


def test_a_sync_whose_receiver_fails_names_the_cure(offline: OfflineShop) -> None:
    offline.add_payment()
    offline.shop.connect(payment_succeeded, Switch())
    answer = {"paymentStatus": "SUCCESS", "paymentResultCode": "SUCCESS"}
    offline.answers["inquiryPayment"] = GUIDE | answer
    output = run(offline, "sync", "A-1", code=1)
    assert f"    flask antom redeliver {ID}\n" in output
    assert offline.tables.payments[0][1] == "succeeded"


def test_a_closed_order_says_what_stays(paid: OfflineShop) -> None:
    paid.add_payment("second")
    output = run(paid, "close", "A-1")
    assert output == (
        "Order A-1 is closed. What a buyer has begun stays as it is. Payment"
        f" {ID} is succeeded (paid).\n"
    )
    assert paid.shop.pay().status_code == 409


def test_an_order_that_nobody_knows_is_not_closed(offline: OfflineShop) -> None:
    output = run(offline, "close", "nonsense", code=1)
    assert "Nothing is closed." in output


def test_all_that_failed_is_delivered_again(offline: OfflineShop) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    for number in range(3):
        offline.add_payment(f"more-{number}", f"B-{number}")
        offline.notify(paymentRequestId=f"more-{number}", paymentId=f"P-{number}")
    switch.is_broken = False
    assert run(offline, "redeliver", "--failed", "--since", "2100-01-01") == (
        "No event has failed.\n"
    )
    lines = run(offline, "redeliver", "--failed", "--since", "1h").splitlines()
    assert [re.findall(r"order (\S+),", line) for line in lines] == [
        [f"B-{number}"] for number in range(3)
    ]
    assert all(line.endswith(": delivered.") for line in lines)
    assert run(offline, "redeliver", "--failed") == "No event has failed.\n"


@pytest.mark.parametrize(
    "arguments",
    [(), ("A-1", "--failed"), ("A-1", "--since", "1h"), ("--failed", "--yes")],
)
def test_a_redelivery_needs_one_wish(
    offline: OfflineShop, arguments: tuple[str, ...]
) -> None:
    run(offline, "redeliver", *arguments, code=2)


def test_what_a_person_does_is_refused_while_the_session_holds_writes(
    paid: OfflineShop,
) -> None:
    shop = paid.shop
    state: Any = shop.app.extensions["antom"]
    with shop.app.app_context():
        shop.db.session.add(shop.fulfilment(order_reference="x", request_id=""))
        acts: list[Callable[[], str]] = [
            lambda: clerk.refund(state, ID, Money(1, "MYR"), key="K"),
            lambda: clerk.cancel(state, ID),
            lambda: clerk.capture(state, ID, None, final=True, key="K"),
            lambda: clerk.close(state, "A-1"),
        ]
        for act in acts:
            with pytest.raises(NotPossible, match="was called before a commit"):
                act()
    assert asked(paid) == []


def test_what_is_left_counts_what_is_under_way(paid: OfflineShop) -> None:
    del paid.answers["refund"]
    refund(paid.shop, 1000)
    state: Any = paid.shop.app.extensions["antom"]
    with paid.shop.app.app_context():
        left = clerk.left(state, ID)
    assert (left.capture, left.refund) == (Money(0, "MYR"), Money(3200, "MYR"))


def told(offline: OfflineShop, wanted: str) -> list[str]:
    """Return the story of a payment, without times, ids and what only follows."""
    story = run(offline, "show", wanted).partition("  Story\n")[2]
    lines = [re.sub(r"^ +\S+ +", "", line) for line in story.splitlines()]
    return [
        re.sub(r"  +", " ", re.sub(r"\bfx\w+", "ID", line))
        for line in lines
        if not line.startswith(("event", "receiver", "notification", "payment"))
    ]


def test_the_story_tells_what_a_person_did(held: OfflineShop) -> None:
    run(held, "capture", "C-1", "--amount", "10", "--more-follow", "--yes")
    held.answers["capture"] = {"result": failed("AUTH_EXPIRED")}
    run(held, "capture", "C-1", "--amount", "2", "--more-follow", "--yes", code=1)
    held.answers["refund"] = DONE
    run(held, "refund", "C-1", "--amount", "3", "--yes")
    held.answers["refund"] = {"result": failed("REFUND_WINDOW_EXCEED")}
    run(held, "refund", "C-1", "--amount", "4", "--yes", code=1)
    run(held, "cancel", "C-1", "--yes", code=1)
    run(held, "close", "C-1")
    assert told(held, "C-1") == [
        "click A session is opened: 42.00 MYR, CARD, mode cashier",
        "capture The shop captures 10.00 MYR: ID",
        "capture The shop captures 2.00 MYR: ID; it has failed: AUTH_EXPIRED",
        "refund Refund of 3.00 MYR: ID",
        "refund Refund of 3.00 MYR has succeeded: R-1",
        "refund Refund of 4.00 MYR: ID",
        "refund Refund of 4.00 MYR has failed: REFUND_WINDOW_EXCEED",
        "call The shop asks Antom to cancel",
        "shop The shop closes the order",
    ]


def test_a_sweep_says_what_waits_and_until_when(offline: OfflineShop) -> None:
    assert "Nothing waits, and nothing is stuck.\n" in run(offline, "sweep")
    offline.add_payment()
    offline.shop.connect(payment_succeeded, Switch())
    offline.notify()
    output = run(offline, "sweep")
    assert re.search(
        rf"^  payment_succeeded \(event \d+\) of order A-1, payment {ID}: failed"
        r" 20\S+Z, in \d+ s: RuntimeError: no stock left$",
        output,
        re.MULTILINE,
    )
    assert output.endswith("Nothing is stuck: all of it goes on by itself.\n")
    for _ in range(40):
        offline.shop.clock.wind(timedelta(hours=2))
        offline.shop.sweep()
    output = run(offline, "sweep", code=1)
    assert output.endswith(
        "Error: Something needs a person: events given up: 1. See:\n"
        "    flask antom events --state given_up\n"
    )
    assert "Nothing is stuck" not in output

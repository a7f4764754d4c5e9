"""Scenarios in which a worker is killed, and the repetitions after its restart.

A scenario prepares the shop and says what the worker is to do. After the crash,
``again`` does what the buyer, Antom or the shop would do once more; one sweep mends
the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask_antom import Money
from tests.concurrency.crashes import actions
from tests.concurrency.crashes.worker import Action
from tests.support.setup import Setup
from tests.support.shop import Shopfront, capture_by_hand

NOTHING, A_PART, ANOTHER = (Money(value, "MYR") for value in (0, 1500, 2000))

capture_all = partial(Shopfront.call, method="capture")
capture_a_part = partial(capture_all, amount=A_PART, final=False)
capture_another_part = partial(capture_all, amount=ANOTHER, final=False)
refund_a_part = partial(
    Shopfront.call,
    method="refund",
    amount=A_PART,
    reason="a mug broke",
    key="return-1",
)


@dataclass(frozen=True)
class Scenario:
    """One thing that the shop may be at when it dies.

    :ivar prepare: plays what goes before; gives what the worker does.
    :ivar again: plays what comes after, in place of what was cut off.
    :ivar signals: those that the receivers have had in the end, each once.
    """

    prepare: Callable[[Setup], Action]
    again: Callable[[Setup], Any]
    signals: tuple[str, ...]


def wait(setup: Setup) -> None:
    """Leave all to the sweep."""


# A checkout


def start(setup: Setup) -> Action:
    return partial(actions.click, method="GCASH")


def buy(setup: Setup) -> None:
    """Click once more and pay; the notification is lost."""
    setup.simulator.approve(setup.click())


def start_in_vain(setup: Setup) -> Action:
    """Have a session that Antom refuses."""
    setup.simulator.faults.scenario("createPaymentSession", "PROCESS_FAIL", "F")
    return partial(actions.click, method="GCASH")


def buy_after_a_refusal(setup: Setup) -> None:
    if [payment.status for payment in setup.shop.payments()] != ["failed"]:
        actions.click(setup.shop, "GCASH")
    setup.lose_notifications()
    buy(setup)


def hang(setup: Setup) -> Action:
    """Have a payment that hangs, and that the buyer gives up for another method."""
    request_id = setup.click()
    setup.simulator.process(request_id)
    return partial(actions.click, method="DANA", instead_of=request_id)


def leave(setup: Setup) -> Action:
    """Have a session that nobody has begun to pay: it cannot be cancelled."""
    setup.click()
    return partial(actions.click, method="DANA")


def buy_by_another_method(setup: Setup) -> None:
    told = setup.shop.pay("A-1", "DANA").json or {}
    setup.shop.pay("A-1", "DANA", told.get("paymentRequestId"))
    setup.simulator.approve(setup.click("DANA"))


# Notifications


def pay(setup: Setup) -> Action:
    request_id = setup.click()
    setup.simulator.approve(request_id)
    return partial(actions.receive, **setup.notification(request_id))


def pay_where_the_receiver_fails(setup: Setup) -> Action:
    request_id = setup.click()
    setup.simulator.approve(request_id)
    return partial(actions.receive_and_fail, **setup.notification(request_id))


def receive_the_capture_first(setup: Setup) -> Action:
    """Have a card paid and captured by Antom, and the first notice lost."""
    request_id = setup.click("CARD")
    setup.simulator.approve(request_id)
    setup.simulator.clock.advance(seconds=3)
    return partial(actions.receive, **setup.notification(request_id))


def receive_a_refund(setup: Setup) -> Action:
    """Have a refund that took its time."""
    request_id = setup.pay()
    setup.simulator.refunds_in_process = True
    setup.simulator.finish_refund(refund_a_part(setup.shop).request_id)
    return partial(actions.receive, **setup.notification(request_id))


def repeat(setup: Setup) -> None:
    """Send again, as Antom does, the notification that was not acknowledged."""
    actions.receive(setup.shop, **setup.notification(setup.payment.request_id))


def come_back(setup: Setup) -> Action:
    """Have a buyer who has paid look at the result."""
    answer = setup.shop.pay().json or {}
    setup.simulator.approve(answer["paymentRequestId"])
    return partial(actions.open_page, path=urlsplit(answer["statusUrl"]).path)


# The shop acts


def cancel(setup: Setup) -> Action:
    setup.pay()
    return partial(Shopfront.call, method="cancel")


def cancel_unless_begun(setup: Setup) -> None:
    """Call only if nothing tells of the first call, which the sweep finishes."""
    if setup.payment.cancel_asked_at is None:
        setup.shop.call("cancel")


def cancel_too_late(setup: Setup) -> Action:
    setup.pay()
    setup.simulator.clock.advance(days=2)
    return partial(actions.call_in_vain, method="cancel")


def cancel_too_late_again(setup: Setup) -> None:
    actions.call_in_vain(setup.shop, "cancel")


def authorize(setup: Setup) -> str:
    setup.shop.antom.session_request(capture_by_hand)
    return setup.pay("CARD")


def capture(setup: Setup) -> Action:
    authorize(setup)
    return capture_all


def capture_in_parts(setup: Setup) -> Action:
    authorize(setup)
    return capture_a_part


def capture_another_part_later(setup: Setup) -> Action:
    """Have a part captured, and then another one."""
    authorize(setup)
    capture_a_part(setup.shop)
    return capture_another_part


def unless_begun(action: Action, before: Money = NOTHING) -> Callable[[Setup], None]:
    """Capture only if nothing tells of the first call, which the sweep finishes.

    :param before: what had been captured before that.
    """

    def capture_unless_begun(setup: Setup) -> None:
        payment = setup.payment
        if payment.captured == before and payment.capture_request_id is None:
            action(setup.shop)

    return capture_unless_begun


def receive_the_first_and_capture_another(setup: Setup) -> None:
    """Antom tells of the first capture, while the second one is in doubt."""
    actions.receive(setup.shop, **setup.notification(setup.payment.request_id, place=1))
    unless_begun(capture_another_part, A_PART)(setup)


def capture_in_vain(setup: Setup) -> Action:
    """Have a capture that Antom refuses."""
    setup.simulator.capture_fails(authorize(setup))
    return partial(actions.call_in_vain, method="capture")


def capture_in_vain_unless_begun(setup: Setup) -> None:
    has_events = len(setup.shop.rows(setup.shop.antom.Event)) > 1
    if not has_events and setup.payment.capture_request_id is None:
        actions.call_in_vain(setup.shop, "capture")


def refund(setup: Setup) -> Action:
    setup.pay()
    return refund_a_part


def refund_again(setup: Setup) -> None:
    """Click on the same form; a refund that is there is finished by the sweep."""
    refund_a_part(setup.shop)


def refund_too_late(setup: Setup) -> Action:
    setup.pay()
    setup.simulator.refund_window = timedelta(0)
    return partial(actions.call_in_vain, method="refund")


def refund_too_late_unless_begun(setup: Setup) -> None:
    if not setup.shop.rows(setup.shop.antom.Refund):
        actions.call_in_vain(setup.shop, "refund")


def leave_all_overdue(setup: Setup) -> Action:
    """Have a payment, a refund and a session that are overdue."""
    setup.pay()
    setup.simulator.refunds_in_process = True
    setup.simulator.finish_refund(refund_a_part(setup.shop).request_id)
    setup.simulator.approve(setup.click(reference="A-2"))
    setup.click(reference="A-3")
    setup.let_expire("A-3")
    setup.make_due()
    return Shopfront.sweep


SCENARIOS = {
    "checkout": Scenario(start, buy, ("payment_succeeded",)),
    "refused-checkout": Scenario(
        start_in_vain, buy_after_a_refusal, ("payment_failed", "payment_succeeded")
    ),
    "other-method": Scenario(
        hang, buy_by_another_method, ("payment_cancelled", "payment_succeeded")
    ),
    "unused-session": Scenario(leave, buy_by_another_method, ("payment_succeeded",)),
    "notification": Scenario(pay, repeat, ("payment_succeeded",)),
    "failing-receiver": Scenario(
        pay_where_the_receiver_fails, repeat, ("payment_succeeded",)
    ),
    "capture-notice": Scenario(
        receive_the_capture_first, repeat, ("payment_succeeded",)
    ),
    "refund-notice": Scenario(
        receive_a_refund, repeat, ("payment_succeeded", "refund_succeeded")
    ),
    "result-page": Scenario(come_back, wait, ("payment_succeeded",)),
    "cancel": Scenario(
        cancel, cancel_unless_begun, ("payment_succeeded", "payment_cancelled")
    ),
    "refused-cancel": Scenario(
        cancel_too_late, cancel_too_late_again, ("payment_succeeded",)
    ),
    "capture": Scenario(
        capture, unless_begun(capture_all), ("payment_authorized", "payment_succeeded")
    ),
    "partial-capture": Scenario(
        capture_in_parts,
        unless_begun(capture_a_part),
        ("payment_authorized", "payment_succeeded"),
    ),
    "second-capture": Scenario(
        capture_another_part_later,
        receive_the_first_and_capture_another,
        ("payment_authorized", "payment_succeeded"),
    ),
    "refused-capture": Scenario(
        capture_in_vain,
        capture_in_vain_unless_begun,
        ("payment_authorized", "payment_needs_review"),
    ),
    "refund": Scenario(refund, refund_again, ("payment_succeeded", "refund_succeeded")),
    "refused-refund": Scenario(
        refund_too_late,
        refund_too_late_unless_begun,
        ("payment_succeeded", "refund_failed"),
    ),
    "sweep": Scenario(
        leave_all_overdue,
        wait,
        (
            *("payment_succeeded", "payment_succeeded"),
            *("refund_succeeded", "payment_expired"),
        ),
    ),
}

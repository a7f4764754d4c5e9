"""What a worker is killed at, and what happens again after its restart.

A scenario prepares the stage and says what the worker is to do. After the crash,
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

from flask_antom import Money, Order
from tests.concurrency.crashes import deeds
from tests.concurrency.crashes.stage import Stage
from tests.concurrency.crashes.worker import Deed

NOTHING, A_PART, ANOTHER = (Money(value, "MYR") for value in (0, 1500, 2000))

take_all = partial(deeds.call, method="capture")
take_a_part = partial(take_all, amount=A_PART, final=False)
take_another_part = partial(take_all, amount=ANOTHER, final=False)
give_back = partial(deeds.call, method="refund", amount=A_PART, reason="a mug broke")


@dataclass(frozen=True)
class Scenario:
    """One thing that the shop may be at when it dies.

    :ivar prepare: plays what goes before; gives what the worker does.
    :ivar again: plays what comes after, in place of what was cut off.
    :ivar told: the signals that the receivers have had in the end, each once.
    """

    prepare: Callable[[Stage], Deed]
    again: Callable[[Stage], Any]
    told: tuple[str, ...]


def wait(stage: Stage) -> None:
    """Leave all to the sweep."""


# A checkout


def begin(stage: Stage) -> Deed:
    return partial(deeds.click, method="GCASH")


def buy(stage: Stage) -> None:
    """Click once more and pay; the notification is lost."""
    stage.simulator.approve(stage.click())


def begin_in_vain(stage: Stage) -> Deed:
    """Have a session that Antom refuses."""
    stage.simulator.faults.scenario("createPaymentSession", "PROCESS_FAIL", "F")
    return partial(deeds.click, method="GCASH")


def buy_after_a_refusal(stage: Stage) -> None:
    if [payment.status for payment in stage.shop.payments()] != ["failed"]:
        deeds.click(stage.shop, "GCASH")
    stage.calm()
    buy(stage)


def hang(stage: Stage) -> Deed:
    """Have a payment that hangs; it is cancelled before another method is opened."""
    stage.simulator.process(stage.click())
    return partial(deeds.click, method="DANA")


def leave(stage: Stage) -> Deed:
    """Have a session that nobody has begun to pay: it cannot be cancelled."""
    stage.click()
    return partial(deeds.click, method="DANA")


def buy_by_another_method(stage: Stage) -> None:
    stage.simulator.approve(stage.click("DANA"))


# News


def pay(stage: Stage) -> Deed:
    request_id = stage.click()
    stage.simulator.approve(request_id)
    return partial(deeds.receive, **stage.note(request_id))


def pay_where_the_receiver_fails(stage: Stage) -> Deed:
    request_id = stage.click()
    stage.simulator.approve(request_id)
    return partial(deeds.receive_and_fail, **stage.note(request_id))


def hear_of_the_capture_first(stage: Stage) -> Deed:
    """Have a card paid and captured by Antom, and the first notice lost."""
    request_id = stage.click("CARD")
    stage.simulator.approve(request_id)
    stage.simulator.clock.advance(seconds=3)
    return partial(deeds.receive, **stage.note(request_id))


def hear_of_a_refund(stage: Stage) -> Deed:
    """Have a refund that took its time."""
    request_id = stage.pay()
    stage.simulator.refunds_in_process = True
    stage.simulator.finish_refund(give_back(stage.shop).request_id)
    return partial(deeds.receive, **stage.note(request_id))


def repeat(stage: Stage) -> None:
    """Let Antom send again what was not acknowledged."""
    deeds.receive(stage.shop, **stage.note(stage.payment.request_id))


def come_back(stage: Stage) -> Deed:
    """Have a buyer who has paid look at the result."""
    answer = stage.shop.pay().json or {}
    stage.simulator.approve(answer["paymentRequestId"])
    return partial(deeds.look, path=urlsplit(answer["statusUrl"]).path)


# The shop acts


def undo(stage: Stage) -> Deed:
    stage.pay()
    return partial(deeds.call, method="cancel")


def undo_unless_begun(stage: Stage) -> None:
    """Call only if nothing tells of the first call, which the sweep finishes."""
    if stage.payment.cancel_asked_at is None:
        deeds.call(stage.shop, "cancel")


def undo_too_late(stage: Stage) -> Deed:
    stage.pay()
    stage.simulator.clock.advance(days=2)
    return partial(deeds.call_in_vain, method="cancel")


def undo_too_late_again(stage: Stage) -> None:
    deeds.call_in_vain(stage.shop, "cancel")


def capture_by_hand(payload: dict[str, Any], order: Order) -> None:
    payload["paymentFactor"] = {"isAuthorization": True, "captureMode": "MANUAL"}


def authorize(stage: Stage) -> str:
    stage.shop.antom.session_request(capture_by_hand)
    return stage.pay("CARD")


def take(stage: Stage) -> Deed:
    authorize(stage)
    return take_all


def take_in_parts(stage: Stage) -> Deed:
    authorize(stage)
    return take_a_part


def take_another(stage: Stage) -> Deed:
    """Have a part captured, and then another one."""
    authorize(stage)
    take_a_part(stage.shop)
    return take_another_part


def unless_begun(deed: Deed, before: Money = NOTHING) -> Callable[[Stage], None]:
    """Capture only if nothing tells of the first call, which the sweep finishes.

    :param before: what had been captured before that.
    """

    def take_unless_begun(stage: Stage) -> None:
        payment = stage.payment
        if payment.captured == before and payment.capture_request_id is None:
            deed(stage.shop)

    return take_unless_begun


def hear_of_the_first_and_take_another(stage: Stage) -> None:
    """Antom tells of the first capture, while the second one is in doubt."""
    deeds.receive(stage.shop, **stage.note(stage.payment.request_id, place=1))
    unless_begun(take_another_part, A_PART)(stage)


def take_in_vain(stage: Stage) -> Deed:
    """Have a capture that Antom refuses."""
    stage.simulator.capture_fails(authorize(stage))
    return partial(deeds.call_in_vain, method="capture")


def take_in_vain_unless_begun(stage: Stage) -> None:
    is_told = len(stage.shop.rows(stage.shop.antom.Event)) > 1
    if not is_told and stage.payment.capture_request_id is None:
        deeds.call_in_vain(stage.shop, "capture")


def refund(stage: Stage) -> Deed:
    stage.pay()
    return give_back


def refund_unless_begun(stage: Stage) -> None:
    """Call only if there is no refund; one that is there is finished by the sweep."""
    if not stage.shop.rows(stage.shop.antom.Refund):
        give_back(stage.shop)


def refund_too_late(stage: Stage) -> Deed:
    stage.pay()
    stage.simulator.refund_window = timedelta(0)
    return partial(deeds.call_in_vain, method="refund")


def refund_too_late_unless_begun(stage: Stage) -> None:
    if not stage.shop.rows(stage.shop.antom.Refund):
        deeds.call_in_vain(stage.shop, "refund")


def neglect(stage: Stage) -> Deed:
    """Have a payment, a refund and a session that are overdue."""
    stage.pay()
    stage.simulator.refunds_in_process = True
    stage.simulator.finish_refund(give_back(stage.shop).request_id)
    stage.simulator.approve(stage.click(reference="A-2"))
    stage.click(reference="A-3")
    stage.let_expire("A-3")
    stage.make_due()
    return deeds.sweep


SCENARIOS = {
    "checkout": Scenario(begin, buy, ("payment_succeeded",)),
    "refused-checkout": Scenario(
        begin_in_vain, buy_after_a_refusal, ("payment_failed", "payment_succeeded")
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
        hear_of_the_capture_first, repeat, ("payment_succeeded",)
    ),
    "refund-notice": Scenario(
        hear_of_a_refund, repeat, ("payment_succeeded", "refund_succeeded")
    ),
    "result-page": Scenario(come_back, wait, ("payment_succeeded",)),
    "cancel": Scenario(
        undo, undo_unless_begun, ("payment_succeeded", "payment_cancelled")
    ),
    "refused-cancel": Scenario(
        undo_too_late, undo_too_late_again, ("payment_succeeded",)
    ),
    "capture": Scenario(
        take, unless_begun(take_all), ("payment_authorized", "payment_succeeded")
    ),
    "partial-capture": Scenario(
        take_in_parts,
        unless_begun(take_a_part),
        ("payment_authorized", "payment_succeeded"),
    ),
    "second-capture": Scenario(
        take_another,
        hear_of_the_first_and_take_another,
        ("payment_authorized", "payment_succeeded"),
    ),
    "refused-capture": Scenario(
        take_in_vain,
        take_in_vain_unless_begun,
        ("payment_authorized", "payment_needs_review"),
    ),
    "refund": Scenario(
        refund, refund_unless_begun, ("payment_succeeded", "refund_succeeded")
    ),
    "refused-refund": Scenario(
        refund_too_late,
        refund_too_late_unless_begun,
        ("payment_succeeded", "refund_failed"),
    ),
    "sweep": Scenario(
        neglect,
        wait,
        (
            *("payment_succeeded", "payment_succeeded"),
            *("refund_succeeded", "payment_expired"),
        ),
    ),
}

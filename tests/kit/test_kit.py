"""The test kit plays buyers, a clerk and Antom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect

from flask_antom import Money
from flask_antom.errors import OutcomeUnknown, Refused
from flask_antom.signals import payment_succeeded
from flask_antom.testing import AntomKit, SessionRefused
from flask_antom.testing.signer import loaded_key_of
from tests.support.receivers import Switch
from tests.support.shop import Shopfront, capture_by_hand, make_order

WHOLE, FIVE = Money(4200, "MYR"), Money(500, "MYR")


def names(kit: AntomKit) -> list[str]:
    return [told.name for told in kit.signals]


def test_a_paid_order_is_fulfilled(shop: Shopfront, antom_kit: AntomKit) -> None:
    payment = antom_kit.pay("A-1")
    assert (payment.status, payment.amount, payment.method) == (
        "succeeded",
        WHOLE,
        "GCASH",
    )
    assert names(antom_kit) == ["payment_succeeded"]
    assert shop.fulfilled() == 1


def test_the_key_of_all_tests_is_loaded_once(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    keyring = shop.app.extensions["antom"].config.keyring
    assert vars(keyring)["_loaded"] == {"1": loaded_key_of("merchant")}


def test_a_method_is_chosen_as_the_checkout_draws_them(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    shop.antom.payment_methods(lambda order, methods: ["TNG", "GCASH"])
    assert antom_kit.pay("A-1").method == "TNG"


def test_a_method_is_chosen_by_the_test(shop: Shopfront, antom_kit: AntomKit) -> None:
    assert antom_kit.pay("A-1", "ALIPAY_CN").method == "ALIPAY_CN"


def test_a_buyer_who_is_declined_may_try_again(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    payment = antom_kit.decline("A-1", "RISK_REJECT")
    assert (payment.status, payment.result_code) == ("failed", "RISK_REJECT")
    assert antom_kit.pay("A-1").status == "succeeded"
    assert names(antom_kit) == ["payment_failed", "payment_succeeded"]


def test_a_pending_payment_is_paid_later(shop: Shopfront, antom_kit: AntomKit) -> None:
    first = antom_kit.pending("A-1")
    assert (first.status, shop.fulfilled()) == ("pending", 0)
    second = antom_kit.pay("A-1")
    assert second.request_id == first.request_id
    assert (second.status, shop.fulfilled()) == ("succeeded", 1)


def test_a_pending_payment_is_declined_later(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.pending("A-1")
    assert antom_kit.decline("A-1").status == "failed"
    assert len(antom_kit.payments("A-1")) == 1


def test_a_buyer_who_does_not_finish_is_too_late(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.simulator.process(antom_kit.open("A-1").request_id)
    antom_kit.clock.advance(minutes=15)
    (payment,) = antom_kit.payments("A-1")
    assert (payment.status, payment.result_code) == ("failed", "ORDER_IS_CLOSED")


def test_a_payment_is_refunded_in_part_and_in_full(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.pay("A-1")
    assert antom_kit.refund("A-1", FIVE).amount == FIVE
    assert antom_kit.refund("A-1", FIVE, reason="late").reason == "late"
    assert antom_kit.refund("A-1").amount == Money(3200, "MYR")
    assert antom_kit.payments("A-1")[0].refunded == WHOLE
    assert names(antom_kit)[1:] == ["refund_succeeded"] * 3


def test_a_refund_waits_and_succeeds(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.pay("A-1")
    assert antom_kit.refund("A-1", FIVE, waits=True).status == "pending"
    assert names(antom_kit) == ["payment_succeeded"]
    assert antom_kit.finish_refund("A-1").status == "succeeded"
    assert names(antom_kit) == ["payment_succeeded", "refund_succeeded"]


def test_a_refund_waits_and_fails(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.pay("A-1")
    antom_kit.refund("A-1", FIVE, waits=True)
    refund = antom_kit.fail_refund("A-1", "REFUND_WINDOW_EXCEED")
    assert (refund.status, refund.result_code) == ("failed", "REFUND_WINDOW_EXCEED")
    assert names(antom_kit) == ["payment_succeeded", "refund_failed"]
    assert antom_kit.refund("A-1", FIVE).status == "succeeded"


def test_a_refund_in_the_dashboard_is_found_by_asking(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.pay("A-1")
    assert antom_kit.refund_in_dashboard("A-1", FIVE).refunded == Money(0, "MYR")
    assert antom_kit.sync("A-1").refunded == FIVE
    assert names(antom_kit) == ["payment_succeeded", "refund_succeeded"]


def test_a_card_is_captured_by_antom(shop: Shopfront, antom_kit: AntomKit) -> None:
    payment = antom_kit.pay("A-1", "CARD")
    assert (payment.status, payment.captured) == ("succeeded", WHOLE)
    assert names(antom_kit) == ["payment_authorized", "payment_succeeded"]


def test_a_card_is_authorized_and_captured_later(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    assert antom_kit.authorize("A-1").status == "authorized"
    antom_kit.clock.advance(minutes=1)
    assert antom_kit.payments("A-1")[0].status == "succeeded"


def test_the_capture_of_a_card_fails(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.authorize("A-1")
    payment = antom_kit.fail_capture("A-1")
    assert (payment.status, shop.fulfilled()) == ("authorized", 0)
    assert names(antom_kit) == ["payment_authorized", "payment_needs_review"]


def test_a_card_is_captured_by_hand(shop: Shopfront, antom_kit: AntomKit) -> None:
    shop.antom.session_request(capture_by_hand)
    assert antom_kit.pay("A-1", "CARD").status == "authorized"
    assert antom_kit.capture("A-1", FIVE, final=False).captured == FIVE
    assert antom_kit.capture("A-1").status == "succeeded"
    assert shop.fulfilled() == 1


def test_a_payment_is_cancelled(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.pay("A-1")
    assert antom_kit.cancel("A-1").status == "cancelled"
    assert names(antom_kit) == ["payment_succeeded", "payment_cancelled"]


def test_a_session_that_nobody_pays_expires(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    assert antom_kit.open("A-1").status == "created"
    antom_kit.clock.advance(hours=2)
    assert antom_kit.payments("A-1")[0].status == "expired"
    assert names(antom_kit) == ["payment_expired"]


def test_a_changed_price_is_held_back(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.open("A-1")
    shop.orders["A-1"] = make_order("A-1", Money(9900, "MYR"))
    antom_kit.pending("A-1")
    assert [one.amount.value for one in antom_kit.payments("A-1")] == [4200, 9900]
    shop.orders["A-1"] = make_order("A-1", WHOLE)
    assert antom_kit.pay("A-1").status == "review"
    assert shop.fulfilled() == 0


def test_what_the_kit_returns_can_be_read_and_given_back(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    payment = antom_kit.pay("A-1")
    assert inspect(payment).detached
    with shop.app.app_context():
        shop.antom.refund(payment, FIVE)
    antom_kit.deliver()
    assert names(antom_kit) == ["payment_succeeded", "refund_succeeded"]


def test_recorded_rows_are_copies(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.pay("A-1")
    antom_kit.refund("A-1")
    paid, refunded = antom_kit.signals
    assert paid.arguments["payment"].refunded == Money(0, "MYR")
    assert refunded.arguments["payment"].refunded == WHOLE
    assert refunded.arguments["refund"].amount == WHOLE


# What goes wrong


def test_a_receiver_that_raises_fails_the_test_with_its_own_error(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    switch = Switch()
    shop.connect(payment_succeeded, switch)
    with pytest.raises(RuntimeError, match="no stock left") as raised:
        antom_kit.pay("A-1")
    assert "delivered an event" in raised.value.__notes__[0]
    assert antom_kit.payments("A-1")[0].status == "succeeded"
    with pytest.raises(RuntimeError, match="no stock left"):
        antom_kit.clock.advance(minutes=3, sweep=False)
    switch.is_broken = False
    antom_kit.clock.advance(minutes=15)
    assert (switch.calls, shop.fulfilled()) == (3, 1)


def test_a_receiver_that_raises_in_a_call_of_the_shop_does_too(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    from flask_antom.signals import refund_succeeded

    antom_kit.pay("A-1")
    shop.connect(refund_succeeded, Switch())
    with pytest.raises(RuntimeError, match="no stock left"):
        antom_kit.refund("A-1")


def test_a_loader_that_raises_when_money_has_come_does_too(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    request_id = antom_kit.open("A-1").request_id

    def load(reference: str) -> Any:
        raise LookupError("no session")

    shop.antom.order_loader(load)
    antom_kit.simulator.approve(request_id)
    with pytest.raises(LookupError, match="no session"):
        antom_kit.deliver()


def test_a_lost_notification_is_sent_again(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.faults.lose_notification()
    assert antom_kit.pay("A-1").status == "created"
    antom_kit.clock.advance(minutes=2, sweep=False)
    assert shop.fulfilled() == 1


def test_a_sweep_asks_for_what_was_lost(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.simulator.faults.notifications("drop", 8)
    antom_kit.pay("A-1")
    antom_kit.clock.advance(hours=1)
    assert shop.fulfilled() == 1


def test_a_repeated_notification_is_told_once(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.faults.repeat_notification()
    antom_kit.pay("A-1")
    assert (names(antom_kit), shop.fulfilled()) == (["payment_succeeded"], 1)


def test_a_forged_notification_is_refused(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.faults.forge_notification()
    assert antom_kit.pay("A-1").status == "created"
    ((name, arguments),) = antom_kit.signals
    assert (name, arguments) == ("notification_refused", {"reason": "mismatch"})


def test_a_session_is_refused(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.faults.refuse("RISK_REJECT")
    with pytest.raises(SessionRefused, match="422 payment_refused") as refused:
        antom_kit.pay("A-1")
    assert (refused.value.status, refused.value.code) == (422, "payment_refused")
    assert antom_kit.pay("A-1").status == "succeeded"


def test_time_passes_by_winding_only(shop: Shopfront, antom_kit: AntomKit) -> None:
    moment = antom_kit.clock.now()
    antom_kit.authorize("A-1")
    assert antom_kit.clock.now() == moment
    antom_kit.clock.advance(seconds=2)
    assert antom_kit.clock.now() == moment + timedelta(seconds=2)
    assert antom_kit.payments("A-1")[0].status == "succeeded"


def test_a_time_out_takes_no_time(shop: Shopfront, antom_kit: AntomKit) -> None:
    before = antom_kit.clock.now()
    antom_kit.faults.time_out("createPaymentSession")
    with pytest.raises(SessionRefused, match="503 outcome_unknown"):
        antom_kit.pay("A-1")
    assert (antom_kit.clock.now() - before).total_seconds() >= 10
    assert antom_kit.pay("A-1").status == "succeeded"


def test_a_slow_answer_takes_no_time_either(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    before = antom_kit.clock.now()
    antom_kit.simulator.faults.next("createPaymentSession", ("slow", 6))
    antom_kit.open("A-1")
    assert (antom_kit.clock.now() - before).total_seconds() >= 6
    antom_kit.simulator.faults.next("cancel", ("slow", 60))
    with pytest.raises(OutcomeUnknown):
        antom_kit.cancel("A-1")


def test_a_call_of_the_shop_is_refused(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.pay("A-1")
    antom_kit.faults.refuse("REFUND_WINDOW_EXCEED", "refund")
    with pytest.raises(Refused, match="REFUND_WINDOW_EXCEED"):
        antom_kit.refund("A-1")
    assert names(antom_kit) == ["payment_succeeded", "refund_failed"]


@pytest.mark.parametrize("fault", ["lose_answer", "forge_answer"])
def test_an_answer_that_does_not_count_is_asked_for_again(
    shop: Shopfront, antom_kit: AntomKit, fault: str
) -> None:
    payment = antom_kit.pay("A-1")
    getattr(antom_kit.faults, fault)("refund")
    assert antom_kit.refund("A-1", FIVE).status == "succeeded"
    calls = [call.operation for call in antom_kit.simulator.calls]
    assert calls.count("refund") == 2
    account = antom_kit.simulator.accounts()[payment.request_id]
    assert account.refunded == FIVE


def test_faults_are_forgotten(shop: Shopfront, antom_kit: AntomKit) -> None:
    antom_kit.faults.refuse("RISK_REJECT")
    antom_kit.faults.clear()
    assert antom_kit.pay("A-1").status == "succeeded"

"""``flask antom redeliver``: a person asks to deliver events once more."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from flask_antom import Money
from flask_antom.domain.schedule import NEVER
from flask_antom.errors import OrderAlreadyPaid
from flask_antom.flows.delivery_try import DeliveryTry
from flask_antom.flows.redelivery import Report
from flask_antom.flows.redelivery import redeliver as ask_for
from flask_antom.signals import payment_pending, payment_succeeded, refund_failed
from tests.support.offline import OfflineShop, failed
from tests.support.receivers import Switch, disconnect_all, event, is_delivered
from tests.support.shop import make_order

pytestmark = pytest.mark.every_database

PENDING = {"notifyType": "PAYMENT_PENDING", "paymentTime": None}


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


def redeliver(offline: OfflineShop, *arguments: object) -> tuple[int, str]:
    command = ["antom", "redeliver", *map(str, arguments)]
    result = offline.shop.app.test_cli_runner().invoke(args=command)
    return result.exit_code, result.output


def give_up(offline: OfflineShop) -> None:
    """Fail for the last time before only a person delivers the event."""
    offline.notify()
    db, model = offline.shop.db, offline.shop.antom.Event
    with offline.shop.app.app_context():
        (given_up,) = db.session.scalars(db.select(model))
        given_up.attempts, given_up.next_attempt_at = 29, datetime.now(UTC)
        given_up.first_failure_at -= timedelta(days=2)
        db.session.commit()
    assert offline.shop.sweep().failed == 1
    assert event(offline).next_attempt_at == NEVER


def test_an_event_that_was_given_up_is_delivered(offline: OfflineShop) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    give_up(offline)
    switch.is_broken = False
    code, output = redeliver(offline, event(offline).id)
    assert (code, output.endswith(": delivered.\n")) == (0, True)
    assert "A-1" in output
    assert is_delivered(offline)
    assert offline.shop.fulfilled() == 1


def test_it_gets_all_the_patience_of_a_new_one(offline: OfflineShop) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    give_up(offline)
    first_failure_at = event(offline).first_failure_at
    code, output = redeliver(offline, "A-1")
    assert code == 1
    assert "failed: RuntimeError: no stock left" in output
    assert "One event is not delivered" in output
    again = event(offline)
    assert (again.attempts, again.redelivered_at) == (1, None)
    assert again.first_failure_at > first_failure_at
    assert again.next_attempt_at < NEVER
    offline.shop.clock.wind(timedelta(hours=2))
    assert offline.shop.sweep().failed == 1
    assert event(offline).next_attempt_at < NEVER


def test_a_process_that_ends_does_not_use_the_patience_up(
    offline: OfflineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    give_up(offline)

    def die(self: DeliveryTry) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(DeliveryTry, "run", die)
        redeliver(offline, "A-1")
    offline.shop.clock.wind(timedelta(hours=2))
    assert offline.shop.sweep().given_up == 0
    assert event(offline).next_attempt_at < NEVER


def test_a_delivered_event_is_delivered_again_only_if_that_is_meant(
    offline: OfflineShop,
) -> None:
    offline.notify()
    before = event(offline)
    code, output = redeliver(offline, before.id)
    assert (code, "--yes" in output) == (1, True)
    assert event(offline).delivered_at == before.delivered_at
    assert offline.shop.fulfilled() == 1
    code, output = redeliver(offline, before.id, "--yes")
    assert (code, "delivered" in output) == (0, True)
    assert offline.shop.fulfilled() == 2
    assert event(offline).redelivered_at is not None
    assert is_delivered(offline)


def test_an_order_that_is_paid_by_now_does_not_stop_a_redelivery(
    offline: OfflineShop,
) -> None:
    offline.notify()

    def load(reference: str) -> Any:
        raise OrderAlreadyPaid

    offline.shop.antom.order_loader(load)
    code, _ = redeliver(offline, event(offline).id, "--yes")
    assert code == 0
    assert offline.shop.payments()[0].status == "succeeded"


def test_a_loader_may_return_what_is_left_to_pay(offline: OfflineShop) -> None:
    """After the payment that is nothing."""
    offline.notify()
    offline.shop.orders["A-1"] = make_order("A-1", Money(0, "MYR"))
    code, _ = redeliver(offline, event(offline).id, "--yes")
    assert code == 0
    assert offline.shop.payments()[0].status == "succeeded"


def test_an_order_that_was_closed_when_it_was_done_is_redelivered(
    offline: OfflineShop,
) -> None:
    offline.notify()
    with offline.shop.app.app_context():
        offline.shop.antom.close("A-1")
    code, _ = redeliver(offline, event(offline).id, "--yes")
    assert code == 0
    assert offline.shop.payments()[0].status == "succeeded"
    assert offline.shop.fulfilled() == 2


def test_a_first_delivery_is_stopped_by_an_order_that_is_paid_from_elsewhere(
    offline: OfflineShop,
) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    offline.notify()

    def load(reference: str) -> Any:
        raise OrderAlreadyPaid

    offline.shop.antom.order_loader(load)
    switch.is_broken = False
    code, output = redeliver(offline, "A-1")
    assert (code, "a person has to look" in output) == (1, True)
    assert offline.shop.payments()[0].status == "review"


def test_an_order_that_differs_is_reviewed(offline: OfflineShop) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    offline.notify()
    switch.is_broken = False
    offline.shop.orders["A-1"] = make_order("A-1", Money(100000, "MYR"))
    code, output = redeliver(offline, event(offline).id)
    assert (code, "another one now" in output) == (1, True)
    assert offline.shop.payments()[0].status == "review"
    assert offline.shop.fulfilled() == 0


def test_the_events_of_an_order_are_delivered_in_order(offline: OfflineShop) -> None:
    pending, succeeded = Switch(), Switch()
    offline.shop.connect(payment_pending, pending)
    offline.shop.connect(payment_succeeded, succeeded)
    offline.add_payment("other")
    offline.notify(paymentRequestId="other", **PENDING)
    offline.notify()
    pending.is_broken = succeeded.is_broken = False
    code, output = redeliver(offline, "A-1")
    assert code == 0
    lines = output.splitlines()
    assert [line.split()[0] for line in lines] == [
        "payment_succeeded",
        "payment_pending",
    ]
    assert all(line.endswith(": delivered.") for line in lines)


def test_an_earlier_event_keeps_a_later_one_waiting(offline: OfflineShop) -> None:
    switch = Switch()
    offline.shop.connect(payment_pending, switch)
    offline.notify(**PENDING)
    offline.notify(result=failed())
    earlier, later = offline.shop.rows(offline.shop.antom.Event)
    code, output = redeliver(offline, later.id)
    assert code == 1
    assert f"waits: event {earlier.id} has to be delivered first" in output
    code, output = redeliver(offline, "A-1")
    assert (code, "2 events are not delivered" in output) == (1, True)
    switch.is_broken = False
    assert redeliver(offline, "A-1")[0] == 0


def test_what_is_no_longer_true_is_not_sent(offline: OfflineShop) -> None:
    switch = Switch()
    offline.shop.connect(payment_pending, switch)
    offline.notify(**PENDING)
    calls = switch.calls
    offline.notify()
    code, output = redeliver(offline, event(offline, "payment_pending").id, "--yes")
    assert (code, "no longer true" in output) == (0, True)
    assert switch.calls == calls


def test_nobody_listens_in_this_process(offline: OfflineShop) -> None:
    disconnect_all(offline)
    offline.notify()
    code, output = redeliver(offline, "A-1")
    assert (code, "nobody listens" in output) == (1, True)
    waiting = event(offline)
    assert (waiting.delivered_at, waiting.attempts) == (None, 0)


def test_an_event_under_way_is_left_alone(offline: OfflineShop) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    offline.notify()
    ref = event(offline).id
    state = offline.shop.app.extensions["antom"]
    with offline.shop.app.app_context():
        claim = state.claims.claim(ref)
        assert claim.event_id == ref
    code, output = redeliver(offline, "A-1")
    assert (code, "another process delivers it now" in output) == (1, True)
    assert event(offline).claim == claim.id


def test_a_receiver_may_look_at_what_it_did_before(offline: OfflineShop) -> None:
    told: list[str] = []

    def receive(app: Flask, payment: Any, **extra: Any) -> None:
        told.append(payment.request_id)

    offline.shop.connect(payment_succeeded, receive)
    offline.notify()
    redeliver(offline, event(offline).id, "--yes")
    assert told == ["paymentRequestId01"] * 2


def test_an_event_about_no_payment_of_ours_is_not_sent(offline: OfflineShop) -> None:
    told: list[object] = []

    def receive(app: Flask, payment: Any, **extra: Any) -> None:
        told.append(payment)

    offline.shop.connect(refund_failed, receive)
    db, model = offline.shop.db, offline.shop.antom.Event
    with offline.shop.app.app_context():
        db.session.add(model(name="refund_failed", next_attempt_at=NEVER))
        db.session.commit()
    code, output = redeliver(offline, event(offline, "refund_failed").id)
    assert (code, told) == (0, [])
    assert output.endswith(": not sent: it is about no payment of this shop.\n")


def test_two_who_ask_at_once_deliver_once(offline: OfflineShop) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    give_up(offline)
    switch.is_broken = False
    ref, state = event(offline).id, offline.shop.app.extensions["antom"]
    start = threading.Barrier(2)

    def ask(_: int) -> Report:
        with offline.shop.app.app_context():
            start.wait()
            return ask_for(state, ref)

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(ask, range(2)))
    assert offline.shop.fulfilled() == 1
    assert any(report.text == "delivered" for report in reports)
    assert is_delivered(offline)


def test_nothing_left_is_no_failure(offline: OfflineShop) -> None:
    offline.notify()
    code, output = redeliver(offline, "A-1")
    assert (code, "Nothing is left" in output) == (0, True)
    assert offline.shop.fulfilled() == 1


def test_a_number_may_be_an_event_and_an_order(offline: OfflineShop) -> None:
    offline.notify()
    number = str(event(offline).id)
    offline.shop.orders[number] = make_order(number, Money(4200, "MYR"))
    offline.add_payment("numbered", reference=number)
    code, output = redeliver(offline, number)
    assert (code, "say --event or --order" in output) == (1, True)
    code, output = redeliver(offline, number, "--order")
    assert (code, "Nothing is left" in output) == (0, True)
    code, output = redeliver(offline, number, "--event", "--yes")
    assert (code, offline.shop.fulfilled()) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99999", "--event"], "no event 99999"),
        (["99999"], "There is no event 99999. There is no payment"),
        (["A-2"], "Error: There is no payment"),
        (["99999", "--order"], "Error: There is no payment"),
        (["A-1", "--yes"], "--yes is for one event"),
        (["99999", "--yes"], "There is no event 99999. `flask antom show"),
        (["A-1", "--order", "--event"], "exclude each other"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    offline: OfflineShop, arguments: list[str], words: str
) -> None:
    offline.notify()
    code, output = redeliver(offline, *arguments)
    assert code != 0
    assert words in output
    assert offline.shop.fulfilled() == 1


def add_event(offline: OfflineShop, **columns: Any) -> int:
    """Store an event of the latest payment that is due, or as ``columns`` say."""
    payment, antom = offline.shop.payments()[-1], offline.shop.antom
    values = {"name": "payment_succeeded", "next_attempt_at": datetime.now(UTC)}
    row = antom.Event(payment_ref=payment.id, **values | columns)
    with offline.shop.app.app_context():
        offline.shop.db.session.add(row)
        offline.shop.db.session.commit()
        return int(row.id)


def shown(offline: OfflineShop) -> str:
    runner = offline.shop.app.test_cli_runner()
    return str(runner.invoke(args=["antom", "show", "A-1"]).output)


@pytest.mark.parametrize("is_delivered", [True, False])
def test_an_event_of_another_environment_is_left_alone(
    offline: OfflineShop, is_delivered: bool
) -> None:
    live = {"environment": "prod", "client_id": "LIVE", "status": "succeeded"}
    offline.add_payment("theirs", captured=Money(4200, "MYR"), **live)
    delivered_at = datetime.now(UTC) if is_delivered else None
    due: dict[str, Any] = {} if delivered_at is None else {"next_attempt_at": None}
    ref = add_event(offline, delivered_at=delivered_at, **due)
    before = offline.tables
    code, output = redeliver(offline, ref, "--yes")
    assert code == 1
    assert "left alone: it belongs to another environment." in output
    assert offline.tables == before
    assert (offline.shop.fulfilled(), offline.signals) == (0, [])
    word = "delivered" if is_delivered else "belongs to another environment"
    assert word in shown(offline)


def test_what_failed_in_another_environment_is_not_counted(
    offline: OfflineShop,
) -> None:
    live = {"environment": "prod", "client_id": "LIVE", "status": "succeeded"}
    offline.add_payment("theirs", captured=Money(4200, "MYR"), **live)
    add_event(offline, last_error="RuntimeError")
    assert redeliver(offline, "--failed") == (0, "No event has failed.\n")


def test_it_keeps_no_event_of_ours_waiting(offline: OfflineShop) -> None:
    live = {"environment": "prod", "client_id": "LIVE", "status": "succeeded"}
    offline.add_payment("theirs", captured=Money(4200, "MYR"), **live)
    add_event(offline)
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    assert offline.notify().status_code == 500
    switch.is_broken = False
    code, output = redeliver(offline, "A-1")
    assert (code, output.count("\n"), offline.shop.fulfilled()) == (0, 1, 1)


def test_an_event_waits_for_a_risk_review(offline: OfflineShop) -> None:
    paid: dict[str, Any] = {"status": "succeeded", "captured": Money(4200, "MYR")}
    offline.add_payment("held", under_review=True, **paid)
    ref = add_event(offline)
    assert "waits for the risk review" in shown(offline)
    code, output = redeliver(offline, ref)
    assert (code, offline.shop.fulfilled()) == (1, 0)
    assert "waits for the risk review of Antom's.\n" in output

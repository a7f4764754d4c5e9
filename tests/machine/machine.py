"""Buyers, Antom, the shop, its clerks, its receivers and bad luck, in any order."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import urlsplit

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from flask_antom import Money
from flask_antom.errors import DeliveryFailed, GatewayError, NotPossible
from tests.machine import strategies
from tests.machine.final_checks import finish_and_compare
from tests.machine.invariants import (
    assert_invariants,
    is_taken,
    open_refunds,
    read_snapshot,
)
from tests.machine.setup import InProcessSetup
from tests.support.shop import NOTIFY, make_order


class ShopMachine(RuleBasedStateMachine):
    """One example: some minutes or days of a small shop.

    :cvar setup: where all examples are played, one after the other.
    :cvar steps: how many steps were made, after each of which the promises held.
    """

    setup: ClassVar[InProcessSetup]
    steps: ClassVar[int] = 0

    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.setup.begin()
        self.snapshot = read_snapshot(self.setup)
        self.status_urls: dict[str, str] = {}
        self.is_prompt = False

    @initialize(
        target=sessions,
        delivery=st.sampled_from(["inline", "worker"]),
        is_prompt=st.booleans(),
        method=strategies.methods,
    )
    def open(self, delivery: str, is_prompt: bool, method: str) -> Any:
        """Open the shop, and have one buyer at least.

        :param is_prompt: whether notifications come by themselves before the next step.
        """
        self.setup.delivery, self.is_prompt = delivery, is_prompt
        for reference in strategies.ORDERS:
            self.change_price(reference, strategies.PRICES[0])
        return self.click(strategies.ORDERS[0], method)

    @invariant()
    def promises_are_kept(self) -> None:
        type(self).steps += 1
        after = read_snapshot(self.setup)
        assert_invariants(self.setup, self.snapshot, after)
        self.snapshot = after

    def teardown(self) -> None:
        """Compare the end of both sides, unless a step has failed already."""
        if sys.exc_info()[0] is None:
            finish_and_compare(self.setup, self.snapshot)

    # The buyer

    @rule(target=sessions, reference=strategies.orders, method=strategies.methods)
    def click(self, reference: str, method: str) -> Any:
        """The buyer asks for a session, and has it if the shop gives them one."""
        self._begin()
        answer = self.setup.shop.pay(reference, method)
        assert answer.status_code in (200, 201, 409, 422, 503), answer.text
        if answer.status_code not in (200, 201):
            return multiple()
        given = answer.json or {}
        request_id = given["paymentRequestId"]
        self._see_nobody_pays_twice(reference, request_id)
        is_new = request_id not in self.status_urls
        self.status_urls[request_id] = urlsplit(given["statusUrl"]).path
        return request_id if is_new else multiple()

    def _see_nobody_pays_twice(self, reference: str, request_id: str) -> None:
        """See that no other session of the order is paid, or may be by itself."""
        accounts = self.setup.simulator.accounts()
        for row in read_snapshot(self.setup).payments.values():
            if row.order_reference != reference or row.request_id == request_id:
                continue
            assert not is_taken(row)
            account = accounts.get(row.request_id)
            if account is not None:
                assert account.status not in ("PROCESSING", "PENDING"), account
            if account is not None and account.status == "SUCCESS":
                assert account.refunded == account.paid != account.paid * 0, account

    @rule(target=sessions, reference=strategies.orders, method=strategies.methods)
    def buy(self, reference: str, method: str) -> Any:
        session = self.click(reference, method)
        if isinstance(session, str):
            self.pay(session)
        return session

    @rule(session=sessions, action=strategies.attempts)
    def try_to_pay(self, session: str, action: str) -> None:
        self._begin()
        with suppress(ValueError):
            getattr(self.setup.simulator, action)(session)

    @rule(session=sessions)
    def pay(self, session: str) -> None:
        self.try_to_pay(session, "approve")

    @rule(session=sessions, page=strategies.pages)
    def open_page(self, session: str, page: str) -> None:
        """The buyer comes back, or their page asks."""
        self._begin()
        url = self.status_urls[session].replace("/status/", f"/{page}/")
        answer = self.setup.shop.app.test_client().get(url)
        assert answer.status_code == 200

    # Antom

    @rule(session=sessions, action=strategies.ends)
    def end(self, session: str, action: str) -> None:
        self._begin()
        with suppress(ValueError):
            getattr(self.setup.simulator, action)(session)

    @rule(session=sessions, code=strategies.capture_codes)
    def fail_captures(self, session: str, code: str) -> None:
        self._begin()
        with suppress(ValueError):
            self.setup.simulator.capture_fails(session, code)

    @rule(session=sessions, part=strategies.parts)
    def refund_in_dashboard(self, session: str, part: Money | None) -> None:
        self._begin()
        with suppress(ValueError):
            self.setup.simulator.refund_in_dashboard(session, part)

    @rule(action=strategies.refund_actions)
    def work_on_refunds(self, action: str) -> None:
        self._begin()
        simulator = self.setup.simulator
        if action in ("wait", "hurry"):
            simulator.refunds_in_process = action == "wait"
            return
        for request_id in open_refunds(self.setup)[:1]:
            getattr(simulator, action)(request_id)

    @rule()
    def deliver_notifications(self) -> None:
        self._begin()
        self.setup.simulator.notifier.drain()

    @rule(session=sessions, number=strategies.copies)
    def repeat_notification(self, session: str, number: int | None) -> None:
        """Antom sends its last notification again, or a copy of one comes late."""
        self._begin()
        simulator = self.setup.simulator
        if number is None:
            with suppress(ValueError):
                simulator.resend(session)
            return
        notes = simulator.payment(session).notifications
        if number < len(notes):
            body = json.dumps(notes[number].body).encode()
            headers = simulator.signed_notification(body, NOTIFY)
            self.setup.notify(body, headers)

    @rule(session=sessions, oddity=strategies.oddities)
    def send_odd_notification(self, session: str, oddity: dict[str, Any]) -> None:
        """Antom signs something that does not fit."""
        self._begin()
        self.setup.misstated.add(session)
        with suppress(ValueError):
            self.setup.simulator.notify(session, **oddity)

    # The shop and its clerks

    @rule(reference=strategies.orders, value=strategies.prices)
    def change_price(self, reference: str, value: int) -> None:
        self._begin()
        self.setup.shop.orders[reference] = make_order(reference, Money(value, "MYR"))

    @rule(session=sessions)
    def sync(self, session: str) -> None:
        self._act("sync", session)

    @rule(session=sessions)
    def cancel(self, session: str) -> None:
        self._act("cancel", session)

    @rule(
        session=sessions,
        part=strategies.parts,
        final=st.booleans(),
        repeat=strategies.repeats,
    )
    def capture(
        self, session: str, part: Money | None, final: bool, repeat: dict[str, Any]
    ) -> None:
        self._act("capture", session, part, final=final, **repeat)

    @rule(session=sessions, part=strategies.parts, repeat=strategies.repeats)
    def refund(self, session: str, part: Money | None, repeat: dict[str, Any]) -> None:
        self._act("refund", session, part, **repeat)

    @rule()
    def sweep(self) -> None:
        self._begin()
        self.setup.shop.sweep()

    # Bad luck

    @rule(call=strategies.calls_or_any, mishap=strategies.mishaps, times=strategies.few)
    def spoil_calls(self, call: str, mishap: str, times: int) -> None:
        self._begin()
        self.setup.simulator.faults.next(call, mishap, times)

    @rule(call=strategies.calls, code=strategies.refusals)
    def refuse_a_call(self, call: str, code: str) -> None:
        self._begin()
        self.setup.refusals[call] = code

    @rule(delay=strategies.delays, times=strategies.few)
    def spoil_notifications(self, delay: str, times: int) -> None:
        self._begin()
        self.setup.simulator.faults.notifications(delay, times)
        if delay.startswith("tamper"):
            self.setup.forgeries += times

    @rule(overtaking=st.booleans(), failing=strategies.few)
    def spoil_the_shop(self, overtaking: bool, failing: int) -> None:
        """Make notifications overtake the answers to calls, and receivers raise."""
        self._begin()
        self.setup.overtaking = overtaking
        self.setup.failing = failing

    @rule()
    def mend(self) -> None:
        self._begin()
        self.setup.heal()

    # Time

    @rule(minutes=strategies.minutes)
    def wait(self, minutes: float) -> None:
        self._begin()
        self.setup.simulator.clock.advance(minutes=minutes)

    # Helpers

    def _begin(self) -> None:
        self.setup.tick()
        if self.is_prompt:
            self.setup.simulator.notifier.drain()

    def _act(self, method: str, session: str, *given: Any, **options: Any) -> None:
        """Call a method of the extension; these errors are what it promises."""
        self._begin()
        shop = self.setup.shop
        payment = shop.antom.Payment
        with shop.app.app_context():
            row = shop.db.session.scalars(
                shop.db.select(payment).where(payment.request_id == session)
            ).one()
            with suppress(GatewayError, NotPossible, DeliveryFailed):
                getattr(shop.antom, method)(row, *given, **options)

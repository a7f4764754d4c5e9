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
from tests.machine import choices
from tests.machine.promises import assert_kept, is_taken, open_refunds, read_books
from tests.machine.settling import settle
from tests.machine.world import NOTIFY, World
from tests.support.shop import make_order


class Shopping(RuleBasedStateMachine):
    """One example: some minutes or days of a small shop.

    :cvar world: where all examples are played, one after the other.
    :cvar steps: how many steps were made, after each of which the promises held.
    """

    world: ClassVar[World]
    steps: ClassVar[int] = 0

    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self.books = read_books(self.world)
        self.status_urls: dict[str, str] = {}
        self.is_prompt = False

    @initialize(
        target=sessions,
        delivery=st.sampled_from(["inline", "worker"]),
        is_prompt=st.booleans(),
        method=choices.methods,
    )
    def open(self, delivery: str, is_prompt: bool, method: str) -> Any:
        """Open the shop, and have one buyer at least.

        :param is_prompt: whether news comes by itself before the next step.
        """
        self.world.delivery, self.is_prompt = delivery, is_prompt
        for reference in choices.ORDERS:
            self.change_price(reference, choices.PRICES[0])
        return self.click(choices.ORDERS[0], method)

    @invariant()
    def promises_are_kept(self) -> None:
        type(self).steps += 1
        books = read_books(self.world)
        assert_kept(self.world, self.books, books)
        self.books = books

    def teardown(self) -> None:
        """Let the dust settle, unless a step has failed already."""
        if sys.exc_info()[0] is None:
            settle(self.world, self.books)

    # The buyer

    @rule(target=sessions, reference=choices.orders, method=choices.methods)
    def click(self, reference: str, method: str) -> Any:
        """The buyer asks for a session, and has it if the shop gives him one."""
        self._begin()
        answer = self.world.shop.pay(reference, method)
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
        accounts = self.world.simulator.books()
        for row in read_books(self.world).payments.values():
            if row.order_reference != reference or row.request_id == request_id:
                continue
            assert not is_taken(row)
            account = accounts.get(row.request_id)
            if account is not None:
                assert account.status not in ("PROCESSING", "PENDING"), account
            if account is not None and account.status == "SUCCESS":
                assert account.refunded == account.paid != account.paid * 0, account

    @rule(target=sessions, reference=choices.orders, method=choices.methods)
    def buy(self, reference: str, method: str) -> Any:
        session = self.click(reference, method)
        if isinstance(session, str):
            self.pay(session)
        return session

    @rule(session=sessions, deed=choices.attempts)
    def try_to_pay(self, session: str, deed: str) -> None:
        self._begin()
        with suppress(ValueError):
            getattr(self.world.simulator, deed)(session)

    @rule(session=sessions)
    def pay(self, session: str) -> None:
        self.try_to_pay(session, "approve")

    @rule(session=sessions, page=choices.pages)
    def look(self, session: str, page: str) -> None:
        """The buyer comes back, or his page asks."""
        self._begin()
        url = self.status_urls[session].replace("/status/", f"/{page}/")
        answer = self.world.shop.app.test_client().get(url)
        assert answer.status_code == 200

    # Antom

    @rule(session=sessions, deed=choices.ends)
    def end(self, session: str, deed: str) -> None:
        self._begin()
        with suppress(ValueError):
            getattr(self.world.simulator, deed)(session)

    @rule(session=sessions, code=choices.capture_codes)
    def fail_captures(self, session: str, code: str) -> None:
        self._begin()
        with suppress(ValueError):
            self.world.simulator.capture_fails(session, code)

    @rule(session=sessions, part=choices.parts)
    def refund_in_dashboard(self, session: str, part: Money | None) -> None:
        self._begin()
        with suppress(ValueError):
            self.world.simulator.refund_in_dashboard(session, part)

    @rule(deed=choices.refund_deeds)
    def work_on_refunds(self, deed: str) -> None:
        self._begin()
        simulator = self.world.simulator
        if deed in ("wait", "hurry"):
            simulator.refunds_in_process = deed == "wait"
            return
        for request_id in open_refunds(self.world)[:1]:
            getattr(simulator, deed)(request_id)

    @rule()
    def deliver_news(self) -> None:
        self._begin()
        self.world.simulator.postman.drain()

    @rule(session=sessions, number=choices.copies)
    def repeat_news(self, session: str, number: int | None) -> None:
        """Antom sends its last notification again, or a copy of one comes late."""
        self._begin()
        simulator = self.world.simulator
        if number is None:
            with suppress(ValueError):
                simulator.resend(session)
            return
        notes = simulator.payment(session).notifications
        if number < len(notes):
            body = json.dumps(notes[number].body).encode()
            headers = simulator.signed_notification(body, NOTIFY)
            self.world.notify(body, headers)

    @rule(session=sessions, oddity=choices.oddities)
    def send_odd_news(self, session: str, oddity: dict[str, Any]) -> None:
        """Antom signs something that does not fit."""
        self._begin()
        self.world.misstated.add(session)
        with suppress(ValueError):
            self.world.simulator.notify(session, **oddity)

    # The shop and its clerks

    @rule(reference=choices.orders, value=choices.prices)
    def change_price(self, reference: str, value: int) -> None:
        self._begin()
        self.world.shop.orders[reference] = make_order(reference, Money(value, "MYR"))

    @rule(session=sessions)
    def sync(self, session: str) -> None:
        self._act("sync", session)

    @rule(session=sessions)
    def cancel(self, session: str) -> None:
        self._act("cancel", session)

    @rule(session=sessions, part=choices.parts, final=st.booleans())
    def capture(self, session: str, part: Money | None, final: bool) -> None:
        self._act("capture", session, part, final=final)

    @rule(session=sessions, part=choices.parts)
    def refund(self, session: str, part: Money | None) -> None:
        self._act("refund", session, part)

    @rule()
    def sweep(self) -> None:
        self._begin()
        with self.world.shop.app.app_context():
            self.world.shop.antom.sweep()

    # Bad luck

    @rule(call=choices.calls_or_any, mishap=choices.mishaps, times=choices.few)
    def spoil_calls(self, call: str, mishap: str, times: int) -> None:
        self._begin()
        self.world.simulator.faults.next(call, mishap, times)

    @rule(call=choices.calls, code=choices.refusals)
    def refuse_a_call(self, call: str, code: str) -> None:
        self._begin()
        self.world.refusals[call] = code

    @rule(delay=choices.delays, times=choices.few)
    def spoil_news(self, delay: str, times: int) -> None:
        self._begin()
        self.world.simulator.faults.notifications(delay, times)
        if delay.startswith("tamper"):
            self.world.forgeries += times

    @rule(overtaking=st.booleans(), failing=choices.few)
    def spoil_the_shop(self, overtaking: bool, failing: int) -> None:
        """Let news arrive before the answers to calls, and receivers raise."""
        self._begin()
        self.world.overtaking = overtaking
        self.world.failing = failing

    @rule()
    def mend(self) -> None:
        self._begin()
        self.world.heal()

    # Time

    @rule(minutes=choices.minutes)
    def wait(self, minutes: float) -> None:
        self._begin()
        self.world.simulator.clock.advance(minutes=minutes)

    # Helpers

    def _begin(self) -> None:
        self.world.tick()
        if self.is_prompt:
            self.world.simulator.postman.drain()

    def _act(self, method: str, session: str, *given: Any, **options: Any) -> None:
        """Call a method of the extension; these errors are what it promises."""
        self._begin()
        shop = self.world.shop
        payment = shop.antom.Payment
        with shop.app.app_context():
            row = shop.db.session.scalars(
                shop.db.select(payment).where(payment.request_id == session)
            ).one()
            with suppress(GatewayError, NotPossible, DeliveryFailed):
                getattr(shop.antom, method)(row, *given, **options)

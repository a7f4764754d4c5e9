"""Antom's steps."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis.stateful import rule

from flask_antom import Money
from tests.machine import strategies
from tests.machine.invariants import open_refunds
from tests.machine.steps import Steps, sessions
from tests.support.shop import NOTIFY


class Antom(Steps):
    """Antom ends sessions, refunds, and sends notifications."""

    @rule(session=sessions, action=strategies.ends)
    def end(self, session: str, action: str) -> None:
        self.begin()
        with suppress(ValueError):
            getattr(self.setup.simulator, action)(session)

    @rule(session=sessions, code=strategies.capture_codes)
    def fail_captures(self, session: str, code: str) -> None:
        self.begin()
        with suppress(ValueError):
            self.setup.simulator.capture_fails(session, code)

    @rule(session=sessions, part=strategies.parts)
    def refund_in_dashboard(self, session: str, part: Money | None) -> None:
        self.begin()
        with suppress(ValueError):
            self.setup.simulator.refund_in_dashboard(session, part)

    @rule(action=strategies.refund_actions)
    def work_on_refunds(self, action: str) -> None:
        self.begin()
        simulator = self.setup.simulator
        if action in ("wait", "hurry"):
            simulator.refunds_in_process = action == "wait"
            return
        for request_id in open_refunds(self.setup)[:1]:
            getattr(simulator, action)(request_id)

    @rule()
    def deliver_notifications(self) -> None:
        self.begin()
        self.setup.simulator.notifier.drain()

    @rule(session=sessions, number=strategies.copies)
    def repeat_notification(self, session: str, number: int | None) -> None:
        """Antom sends its last notification again, or a copy of one comes late."""
        self.begin()
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
        self.begin()
        self.setup.misstated.add(session)
        with suppress(ValueError):
            self.setup.simulator.notify(session, **oddity)

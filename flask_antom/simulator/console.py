"""The developer's page: shows payments and notifications, and controls Antom."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ..domain.money import Money
from .faults import AFTER, BEFORE, NOTIFICATIONS, OPERATIONS
from .pages import check_origin, page

if TYPE_CHECKING:
    from .simulator import Simulator

#: The actions on a payment, with the labels of their buttons.
VERBS = {
    "approve": "Approve",
    "decline": "Decline",
    "process": "Hang",
    "pend": "Leave pending",
    "close": "Close",
    "expire": "Expire",
    "resend": "Resend",
}

#: The actions that use the method chosen beside the buttons.
METHOD_VERBS = ("approve", "decline", "process", "pend")

#: The actions on a payment that is authorized first.
CARD_VERBS = {"capture_fails": "Let the capture fail"}

#: The actions on a refund in process.
REFUND_VERBS = {"finish_refund": "Finish", "fail_refund": "Fail"}

#: How long a scenario may last, in minutes (Antom: error scenario simulation).
DURATIONS = (30, 60, 90, 120)

#: How far the clock can be wound at once, in minutes.
STEPS = {
    "2 min": 2,
    "14 min": 14,
    "1 hour": 60,
    "1 day": 1440,
}

#: The number of log entries on the page.
SHOWN = 50


class Console:
    """The page at ``/`` and its forms."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._forms: dict[str, Callable[[], None]] = {
            "payment": self._act,
            "refund": self._refund,
            "refund-end": self._end_refund,
            "refunds": self._let_refunds_wait,
            "scenario": self._break_for_a_time,
            "clock": self._wind,
            "calls": self._break_calls,
            "notifications": self._break_notifications,
            "clear": simulator.faults.clear,
        }

    def blueprint(self) -> Blueprint:
        console = Blueprint("console", __name__)
        console.add_url_rule("/", "show", self.show)
        console.add_url_rule("/", "act", self.act, methods=["POST"])
        console.before_request(check_origin)
        return console

    def show(self, problem: str = "") -> Response:
        simulator = self._simulator
        return page(
            "console.html",
            simulator=simulator,
            problem=problem,
            now=simulator.clock.now(),
            offset=timedelta(seconds=round(simulator.clock.offset.total_seconds())),
            payments=simulator.payments()[:SHOWN],
            deliveries=simulator.deliveries[: -SHOWN - 1 : -1],
            calls=simulator.calls[: -SHOWN - 1 : -1],
            pending=simulator.faults.pending(),
            scenarios=simulator.faults.scenarios(),
            verbs=VERBS,
            card_verbs=CARD_VERBS,
            refund_verbs=REFUND_VERBS,
            durations=DURATIONS,
            steps=STEPS,
            operations=OPERATIONS,
            call_faults=[name for name in BEFORE + AFTER if name != "result"],
            notification_faults=NOTIFICATIONS,
        )

    def act(self) -> ResponseReturnValue:
        """Do what a form asks for, and show the page again, with any error."""
        form = self._forms.get(request.form.get("form", ""))
        if form is None:
            return self.show("There is no such form."), 400
        try:
            form()
        except (KeyError, ValueError) as error:
            return self.show(str(error.args[0])), 409
        return redirect(url_for("console.show"), 303)

    def _act(self) -> None:
        method = request.form.get("method")
        if request.form.get("verb") in METHOD_VERBS and method:
            self._do(METHOD_VERBS, method=method)
        else:
            self._do({*VERBS, *CARD_VERBS})

    def _end_refund(self) -> None:
        self._do({*REFUND_VERBS})

    def _do(self, verbs: Collection[str], **more: str) -> None:
        verb = request.form.get("verb", "")
        if verb not in verbs:
            raise ValueError(f"There is no verb {verb!r}.")
        getattr(self._simulator, verb)(request.form.get("request_id", ""), **more)

    def _refund(self) -> None:
        request_id = request.form.get("request_id", "")
        text = request.form.get("amount", "").strip()
        currency = self._simulator.payment(request_id).amount.currency
        amount = Money.parse(text, currency) if text else None
        self._simulator.refund_in_dashboard(request_id, amount)

    def _let_refunds_wait(self) -> None:
        self._simulator.refunds_in_process = request.form.get("wait") == "yes"

    def _break_for_a_time(self) -> None:
        self._simulator.faults.scenario(
            request.form.get("operation", ""),
            request.form.get("code", "").strip(),
            request.form.get("status", ""),
            float(request.form.get("minutes", "")),
        )

    def _wind(self) -> None:
        self._simulator.clock.advance(minutes=float(request.form.get("minutes", "")))

    def _break_calls(self) -> None:
        fault, code = request.form.get("fault", ""), request.form.get("code", "")
        self._simulator.faults.next(
            request.form.get("operation", ""),
            ("result", code.strip(), fault) if fault in ("F", "U") else fault,
            _times(),
        )

    def _break_notifications(self) -> None:
        self._simulator.faults.notifications(request.form.get("fault", ""), _times())


def _times() -> int:
    return int(request.form.get("times", "1"))

"""The page for the developer: see every payment and notification, and play Antom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from .faults import AFTER, BEFORE, NOTIFICATIONS, OPERATIONS
from .pages import check_origin, page

if TYPE_CHECKING:
    from .simulator import Simulator

#: What can be done to a payment, and what the button says.
VERBS = {
    "approve": "Approve",
    "decline": "Decline",
    "process": "Hang",
    "pend": "Leave pending",
    "close": "Close",
    "expire": "Expire",
    "resend": "Resend",
}

#: The steps by which the clock can be wound, in minutes.
STEPS = {
    "2 min": 2,
    "14 min": 14,
    "1 hour": 60,
    "1 day": 1440,
}

#: How many log entries are shown.
SHOWN = 50


class Console:
    """The page at ``/``."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._forms: dict[str, Callable[[], None]] = {
            "payment": self._act,
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
            verbs=VERBS,
            steps=STEPS,
            operations=OPERATIONS,
            call_faults=[name for name in BEFORE + AFTER if name != "result"],
            notification_faults=NOTIFICATIONS,
        )

    def act(self) -> ResponseReturnValue:
        """Do what a form asks; show the page again, with what went wrong if so."""
        form = self._forms.get(request.form.get("form", ""))
        if form is None:
            return self.show("There is no such form."), 400
        try:
            form()
        except (KeyError, ValueError) as error:
            return self.show(str(error.args[0])), 409
        return redirect(url_for("console.show"), 303)

    def _act(self) -> None:
        verb = request.form.get("verb", "")
        if verb not in VERBS:
            raise ValueError(f"There is no verb {verb!r}.")
        getattr(self._simulator, verb)(request.form.get("request_id", ""))

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

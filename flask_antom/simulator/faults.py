"""Faults on demand: they are queued, and each happens once."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from .clock import Clock

#: Faults of calls that have no effect.
BEFORE = ("timeout", "reset", "http-500", "http-502", "garbage", "unknown", "result")

#: Faults of calls that take effect; only the answer is damaged.
AFTER = (
    "lost-answer",
    "truncated",
    "unsigned",
    "half-signed",
    "bad-signature",
    "slow",
)

#: Faults of outgoing notifications.
NOTIFICATIONS = (
    "drop",
    "delay",
    "duplicate",
    "reorder",
    "tamper",
    "tamper-signature",
    "late",
)

OPERATIONS = (
    "createPaymentSession",
    "inquiryPayment",
    "cancel",
    "capture",
    "refund",
    "inquiryRefund",
    "*",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    :ivar code: for ``result``: Antom's result code.
    :ivar status: for ``result``: ``F`` or ``U``.
    :ivar seconds: for ``slow``: how long the answer takes.
    """

    name: str
    code: str = ""
    status: str = ""
    seconds: float = 5

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, self.code, self.status)))


@dataclass(frozen=True, slots=True)
class Scenario:
    """One result for all calls of an operation, until a time on the simulated clock."""

    operation: str
    fault: Fault
    until: datetime


class Faults:
    """The queues of faults: one for each operation, and one for notifications.

    The operation ``*`` is the next call, whatever its operation.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._scenarios: dict[str, Scenario] = {}
        self._calls: dict[str, deque[Fault]] = {}
        self._notifications: deque[Fault] = deque()

    def next(
        self,
        operation: str,
        fault: str | tuple[str, float] | tuple[str, str, str],
        times: int = 1,
    ) -> None:
        """Make the next calls of an operation fail.

        :param fault: a name of :data:`BEFORE` or :data:`AFTER`; ``("slow", seconds)``;
            or ``("result", "PROCESS_FAIL", "F")`` for any result code.
        :raises ValueError: for an unknown operation or fault.
        """
        _check_operation(operation)
        parsed = _parse(fault)
        with self._lock:
            self._calls.setdefault(operation, deque()).extend([parsed] * times)

    def scenario(
        self, operation: str, code: str, status: str, minutes: float = 30
    ) -> None:
        """Answer all calls of an operation with one result for some time.

        This is Antom's tool "Error scenario simulation". A scenario replaces the
        operation's last one. Faults that :meth:`next` has queued come first.

        :param status: ``F`` or ``U``.
        :param minutes: on the simulated clock.
        :raises ValueError: for an unknown operation or status, an empty code, or a
            time that is not positive.
        """
        _check_operation(operation)
        fault = _parse(("result", code, status))
        if minutes <= 0:
            raise ValueError("A scenario needs more than 0 minutes.")
        until = self._clock.now() + timedelta(minutes=minutes)
        with self._lock:
            self._scenarios[operation] = Scenario(operation, fault, until)

    def notifications(self, fault: str, times: int = 1) -> None:
        """Make the next deliveries of notifications fail.

        :param fault: a name of :data:`NOTIFICATIONS`.
        :raises ValueError: for an unknown fault.
        """
        if fault not in NOTIFICATIONS:
            raise ValueError(
                f"Unknown fault of notifications {fault!r}; use one of {NOTIFICATIONS}."
            )
        with self._lock:
            self._notifications.extend([Fault(fault)] * times)

    def clear(self) -> None:
        """Remove all faults that have not happened yet, and all scenarios."""
        with self._lock:
            self._calls.clear()
            self._scenarios.clear()
            self._notifications.clear()

    def take(self, operation: str) -> Fault | None:
        """Remove and return the next fault of a call.

        The operation's own faults come before those of ``*``. Without a queued fault,
        return that of a scenario.
        """
        with self._lock:
            for name in (operation, "*"):
                if queue := self._calls.get(name):
                    return queue.popleft()
            for name in (operation, "*"):
                scenario = self._scenarios.get(name)
                if scenario is not None and self._clock.now() < scenario.until:
                    return scenario.fault
            return None

    def take_notification(self) -> str | None:
        """Remove and return the next fault of a delivery."""
        with self._lock:
            return self._notifications.popleft().name if self._notifications else None

    def scenarios(self) -> list[Scenario]:
        """Return the scenarios that are not over."""
        with self._lock:
            now = self._clock.now()
            return [s for s in self._scenarios.values() if now < s.until]

    def pending(self) -> list[tuple[str, str]]:
        """Return the queued faults, as pairs of operation and fault."""
        with self._lock:
            calls = [
                (name, str(fault))
                for name, queue in self._calls.items()
                for fault in queue
            ]
            return calls + [("notification", str(f)) for f in self._notifications]


def _check_operation(operation: str) -> None:
    if operation not in OPERATIONS:
        raise ValueError(f"Unknown operation {operation!r}; use one of {OPERATIONS}.")


def _parse(fault: str | tuple[str, float] | tuple[str, str, str]) -> Fault:
    match fault:
        case str() if fault in BEFORE + AFTER and fault != "result":
            return Fault(fault)
        case ("slow", int() | float() as seconds):
            return Fault("slow", seconds=seconds)
        case ("result", str() as code, ("F" | "U") as status) if code:
            return Fault("result", code=code, status=status)
    raise ValueError(
        f"Unknown fault of calls {fault!r}; use one of {BEFORE + AFTER}. Write a result"
        ' as ("result", "PROCESS_FAIL", "F"), or with "U".'
    )

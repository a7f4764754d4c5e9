"""The state of the simulated Antom, in memory and optionally in a file."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..domain.money import Money
from .attempts import Attempt, Capture, Refund
from .clock import Clock
from .records import Delivery, Notification, Payment


class State:
    """All payments, behind one lock, saved to the file after every change.

    The file also keeps the offset of the clock, and Antom's key if the simulator
    generated it. So the merchant's configuration stays valid after a restart.

    :ivar lock: held while anything is read or changed, and never during a call.
    :raises ValueError: if the file is not a state file.
    """

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        self.lock: threading.RLock = threading.RLock()
        self.private_key: str | None = None
        self._clock = clock
        self._file = file
        self._payments: dict[str, Payment] = {}
        if file is not None and file.exists():
            self._read(file)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock and save afterwards."""
        with self.lock:
            yield
            self.save()

    def add(self, payment: Payment) -> None:
        self._payments[payment.request_id] = payment

    def find(self, request_id: str) -> Payment | None:
        return self._payments.get(request_id)

    def get(self, request_id: str) -> Payment:
        """Return a payment.

        :raises KeyError: if no session was created under this id.
        """
        payment = self._payments.get(request_id)
        if payment is None:
            raise KeyError(f"No payment session {request_id!r} was ever created here.")
        return payment

    def find_attempt(self, payment_id: str) -> tuple[Payment, Attempt] | None:
        for payment in self._payments.values():
            for attempt in payment.attempts:
                if attempt.payment_id == payment_id:
                    return payment, attempt
        return None

    def find_capture(self, request_id: str) -> Capture | None:
        captures = (c for a in self._attempts() for c in a.captures)
        return next((c for c in captures if c.request_id == request_id), None)

    def find_refund(self, request_id: str) -> Refund | None:
        refunds = (r for a in self._attempts() for r in a.refunds)
        return next((r for r in refunds if r.request_id == request_id), None)

    def find_refund_by_id(self, refund_id: str) -> Refund | None:
        refunds = (r for a in self._attempts() for r in a.refunds)
        return next((r for r in refunds if r.refund_id == refund_id), None)

    def find_by_session(self, session_id: str) -> Payment | None:
        for payment in self._payments.values():
            if payment.session_id == session_id:
                return payment
        return None

    def payments(self) -> list[Payment]:
        """Return all payments, newest first."""
        with self.lock:
            return list(reversed(self._payments.values()))

    def save(self) -> None:
        """Write the file in one step, if there is a file."""
        if self._file is None:
            return
        with self.lock:
            state = {
                "private_key": self.private_key,
                "clock_offset": self._clock.offset.total_seconds(),
                "payments": [asdict(payment) for payment in self._payments.values()],
            }
            text = json.dumps(state, default=datetime.isoformat, indent=1)
            new = self._file.with_name(self._file.name + ".new")
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            new.replace(self._file)

    def _attempts(self) -> Iterator[Attempt]:
        for payment in self._payments.values():
            yield from payment.attempts

    def _read(self, file: Path) -> None:
        try:
            state = json.loads(file.read_bytes())
            self.private_key = state["private_key"]
            self._clock.offset = timedelta(seconds=state["clock_offset"])
            for data in state["payments"]:
                self.add(_payment(data))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{file} is not a state file of this simulator"
                f" ({type(error).__name__}); delete it to start afresh."
            ) from None


def _payment(data: dict[str, Any]) -> Payment:
    data["amount"] = Money(**data["amount"])
    if "method" in data:  # written when a session had one method only
        data["methods"] = [data.pop("method")]
    data["attempts"] = [
        _attempt({"method": data["methods"][0]} | item) for item in data["attempts"]
    ]
    data["notifications"] = [_notification(item) for item in data["notifications"]]
    return Payment(**_times(data))


def _attempt(data: dict[str, Any]) -> Attempt:
    data["amount"] = Money(**data["amount"])
    data["captures"] = [Capture(**_move(item)) for item in data["captures"]]
    data["refunds"] = [Refund(**_move(item)) for item in data["refunds"]]
    return Attempt(**_times(data))


def _move(data: Mapping[str, Any]) -> dict[str, Any]:
    return _times(data) | {"amount": Money(**data["amount"])}


def _notification(data: dict[str, Any]) -> Notification:
    data["deliveries"] = [Delivery(**_times(item)) for item in data["deliveries"]]
    return Notification(**_times(data))


def _times(data: Mapping[str, Any]) -> dict[str, Any]:
    """Parse the times: the fields named ``at`` or ending in ``_at``."""
    return {
        name: datetime.fromisoformat(value)
        if isinstance(value, str) and (name == "at" or name.endswith("_at"))
        else value
        for name, value in data.items()
    }

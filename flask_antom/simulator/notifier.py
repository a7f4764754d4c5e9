"""Sends notifications to the merchant until they are acknowledged."""

from __future__ import annotations

import ipaddress
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from ..gateway.http import Reply, Unreachable
from ..gateway.transport import Send
from .clock import Clock
from .faults import Faults
from .messages import SUCCESS
from .records import Delivery, Notification, Payment
from .signatures import Signatures, corrupt, path_of
from .state import State

logger: logging.Logger = logging.getLogger("flask_antom.simulator")

#: The pause before each delivery (Antom: notifyPayment, "retry"). There are eight
#: within a little more than a day; the first is sent at once.
PAUSES = (
    timedelta(0),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=15),
)

#: The only answer that acknowledges a notification (Antom: Notification URL).
ACKNOWLEDGEMENT = {"result": SUCCESS}

#: The time-out of a delivery in seconds. Antom documents no limit.
TIMEOUT = 10

#: How long the faults ``delay`` and ``late`` hold a notification back.
DELAY = timedelta(minutes=5)
LATENESS = timedelta(days=1)


class Notifier:
    """Signs notifications, sends them when they are due, and logs each delivery.

    :param send: makes the HTTP call of a notification.
    :ivar send_request: the same; it may be replaced.
    :ivar reaches: whether a notification may be sent to a URL.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        faults: Faults,
        signatures: Signatures,
        send: Send | None = None,
    ) -> None:
        self.send_request: Send = send or send_over_http
        self.reaches: Callable[[str], bool] = is_loopback
        self._state = state
        self._clock = clock
        self._faults = faults
        self._signatures = signatures
        self._held: list[Notification] = []

    def queue(self, payment: Payment, body: dict[str, Any], url: str | None) -> None:
        """Queue a notification for a URL; the caller holds the lock of the state."""
        now = self._clock.now()
        note = Notification(payment.request_id, url, body, now, now)
        payment.notifications.append(note)
        self._plan(note, now)

    def drain(self) -> None:
        """Send everything that is due; when this returns, it is sent."""
        self._clock.fire_due()

    def resend(self, payment: Payment) -> None:
        """Queue the last notification again, with all its repeats.

        :raises ValueError: if there is no notification.
        """
        with self._state.change():
            if not payment.notifications:
                raise ValueError(f"{payment.request_id!r} was never notified.")
            note = payment.notifications[-1]
            note.sent = 0
            note.acknowledged = False
            self._plan(note, self._clock.now())

    def send_once(self, payment: Payment, body: dict[str, Any]) -> Delivery:
        """Send a notification at once, without faults and without repeats."""
        now = self._clock.now()
        note = Notification(payment.request_id, payment.notify_url, body, now, None)
        with self._state.change():
            payment.notifications.append(note)
        self._send_and_plan(note, None)
        with self._state.change():
            note.next_at = None
        return note.deliveries[-1]

    def resume(self) -> None:
        """Plan again the deliveries that were planned when the state was saved."""
        for payment in self._state.payments():
            for note in payment.notifications:
                if note.next_at is not None:
                    self._plan(note, note.next_at)

    def _plan(self, note: Notification, time: datetime) -> None:
        note.next_at = time
        self._clock.at(time, partial(self._deliver, note, time))

    def _deliver(self, note: Notification, time: datetime) -> None:
        """Deliver a notification, unless its plan has changed in the meantime."""
        with self._state.lock:
            if note.next_at != time:
                return
            fault = self._faults.take_notification() if not note.signed_at else None
            if fault in ("delay", "late", "reorder"):
                self._hold_back(note, fault)
                return
            self._held = [held for held in self._held if held is not note]
        self._send_and_plan(note, fault)
        while self._held:
            self._send_and_plan(self._held.pop(0), None)

    def _hold_back(self, note: Notification, fault: str) -> None:
        now = self._clock.now()
        if fault == "late":
            note.signed_at = now
            self._plan(note, now + LATENESS)
        elif fault == "delay":
            self._plan(note, now + DELAY)
        else:  # after the next one, or after the usual pause if none comes
            self._held.append(note)
            self._plan(note, now + PAUSES[1])

    def _send_and_plan(self, note: Notification, fault: str | None) -> None:
        """Send a notification and plan its next delivery."""
        deliveries = [
            self._send(note, fault) for _ in range(2 if fault == "duplicate" else 1)
        ]
        with self._state.change():
            note.sent += 1
            note.signed_at = None
            note.deliveries += deliveries
            note.acknowledged = any(delivery.acknowledged for delivery in deliveries)
            note.next_at = None
            if not note.acknowledged and note.sent < len(PAUSES):
                self._plan(note, self._clock.now() + PAUSES[note.sent])

    def _send(self, note: Notification, fault: str | None) -> Delivery:
        """Make one HTTP call and return its log entry."""
        now, number = self._clock.now(), note.sent + 1
        delivery = Delivery(note.request_id, note.notify_type, number, now)
        delivery.fault = fault or ""
        if note.url is None:
            is_refund = note.notify_type == "REFUND_RESULT"
            field = "refundNotifyUrl" if is_refund else "paymentNotifyUrl"
            delivery.error = f"the merchant named no {field}"
        elif not self.reaches(note.url):
            delivery.error = "refused: the simulator only calls loopback addresses"
        elif fault == "drop":
            delivery.error = "dropped on purpose"
        else:
            self._call(note, note.url, fault, delivery)
        if delivery.error:
            logger.warning(
                "Notification %s for %s to %s: %s",
                delivery.notify_type,
                delivery.request_id,
                note.url,
                delivery.error,
            )
        return delivery

    def _call(
        self, note: Notification, url: str, fault: str | None, delivery: Delivery
    ) -> None:
        body = json.dumps(note.body).encode()
        signed_at = note.signed_at or delivery.at
        headers = self._signatures.notification_headers(path_of(url), signed_at, body)
        if fault == "tamper":
            amount = {"value": "1", "currency": "USD"}
            body = json.dumps(note.body | {"paymentAmount": amount}).encode()
        if fault == "tamper-signature":
            headers["Signature"] = corrupt(headers["Signature"])
        try:
            answer = self.send_request(url, headers, body, TIMEOUT)
        except Unreachable as error:
            delivery.error = f"no answer ({error})"
            return
        delivery.http_status = answer.status
        delivery.error = problem_of(answer)
        delivery.acknowledged = not delivery.error


def send_over_http(
    url: str, headers: Mapping[str, str], body: bytes, seconds: float
) -> Reply:
    """Post a notification on a connection of its own.

    :raises Unreachable: if no answer comes.
    """
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                url,
                data=body,
                headers=dict(headers),
                timeout=seconds,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        raise Unreachable(type(error).__name__) from None
    return Reply(answer.status_code, answer.headers, answer.content)


def is_loopback(url: str) -> bool:
    """Whether a URL points to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def problem_of(answer: Reply) -> str:
    """Return why an answer does not acknowledge a notification, or an empty string."""
    if answer.status != 200:
        return f"answered {answer.status} instead of 200"
    try:
        if json.loads(answer.body) == ACKNOWLEDGEMENT:
            return ""
    except ValueError:
        return "answered 200, but no JSON"
    return "answered 200, but not with the acknowledgement"

"""Takes notifications to the merchant, again and again until he acknowledges them."""

from __future__ import annotations

import ipaddress
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from ..gateway.http import Reply, Unreachable
from ..gateway.signing import format_header, parse_header
from ..gateway.transport import Send
from .book import Book
from .clock import Clock
from .faults import Faults
from .messages import SUCCESS
from .records import Delivery, Notification, Payment
from .seal import Seal, path_of

logger = logging.getLogger("flask_antom.simulator")

#: How long after one delivery the next follows (Antom: notifyPayment, "retry"). The
#: first is sent at once; there are eight in all, within a little more than a day.
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

#: The only answer that counts as received (Antom: Notification URL).
ACKNOWLEDGEMENT = {"result": SUCCESS}

#: Seconds that the merchant may take to answer. Antom documents no limit.
TIMEOUT = 10

#: How long the faults ``delay`` and ``late`` keep a notification back.
DELAY = timedelta(minutes=5)
LATENESS = timedelta(days=1)


class Postman:
    """Signs notifications, delivers them when they are due, and keeps a log of it.

    :param send: makes the HTTP call of a notification.
    """

    def __init__(
        self,
        book: Book,
        clock: Clock,
        faults: Faults,
        seal: Seal,
        send: Send | None = None,
    ) -> None:
        self._send_request = send or send_over_http
        self._book = book
        self._clock = clock
        self._faults = faults
        self._seal = seal
        self._held: list[Notification] = []

    def post(self, payment: Payment, body: dict[str, Any], url: str | None) -> None:
        """Queue a notification to a URL; hold the book's lock."""
        now = self._clock.now()
        note = Notification(payment.request_id, url, body, now, now)
        payment.notifications.append(note)
        self._plan(note, now)

    def drain(self) -> None:
        """Deliver everything that is due; when this returns, it has been sent."""
        self._clock.fire_due()

    def resend(self, payment: Payment) -> None:
        """Queue the last notification again, with all its repeats.

        :raises ValueError: if there was none.
        """
        with self._book.change():
            if not payment.notifications:
                raise ValueError(f"{payment.request_id!r} was never notified.")
            note = payment.notifications[-1]
            note.sent = 0
            note.acknowledged = False
            self._plan(note, self._clock.now())

    def send_once(self, payment: Payment, body: dict[str, Any]) -> Delivery:
        """Send a notification right now, without faults and without repeats."""
        now = self._clock.now()
        note = Notification(payment.request_id, payment.notify_url, body, now, None)
        with self._book.change():
            payment.notifications.append(note)
        self._attempt(note, None)
        with self._book.change():
            note.next_at = None
        return note.deliveries[-1]

    def resume(self) -> None:
        """Plan again what was on its way when the book was saved."""
        for payment in self._book.payments():
            for note in payment.notifications:
                if note.next_at is not None:
                    self._plan(note, note.next_at)

    def _plan(self, note: Notification, time: datetime) -> None:
        note.next_at = time
        self._clock.at(time, partial(self._deliver, note, time))

    def _deliver(self, note: Notification, time: datetime) -> None:
        """Deliver a notification, unless its plan has changed since."""
        with self._book.lock:
            if note.next_at != time:
                return
            fault = self._faults.take_notification() if not note.signed_at else None
            if fault in ("delay", "late", "reorder"):
                self._keep_back(note, fault)
                return
            self._held = [held for held in self._held if held is not note]
        self._attempt(note, fault)
        while self._held:
            self._attempt(self._held.pop(0), None)

    def _keep_back(self, note: Notification, fault: str) -> None:
        now = self._clock.now()
        if fault == "late":
            note.signed_at = now
            self._plan(note, now + LATENESS)
        elif fault == "delay":
            self._plan(note, now + DELAY)
        else:  # behind the next one; alone after the usual pause if none comes
            self._held.append(note)
            self._plan(note, now + PAUSES[1])

    def _attempt(self, note: Notification, fault: str | None) -> None:
        """Send a notification and plan its next repeat."""
        deliveries = [
            self._send(note, fault) for _ in range(2 if fault == "duplicate" else 1)
        ]
        with self._book.change():
            note.sent += 1
            note.signed_at = None
            note.deliveries += deliveries
            note.acknowledged = any(delivery.acknowledged for delivery in deliveries)
            note.next_at = None
            if not note.acknowledged and note.sent < len(PAUSES):
                self._plan(note, self._clock.now() + PAUSES[note.sent])

    def _send(self, note: Notification, fault: str | None) -> Delivery:
        """Make one HTTP call; what comes of it is in the log entry."""
        now = self._clock.now()
        delivery = Delivery(note.request_id, note.notify_type, note.sent + 1, now)
        if note.url is None:
            is_refund = note.notify_type == "REFUND_RESULT"
            field = "refundNotifyUrl" if is_refund else "paymentNotifyUrl"
            delivery.error = f"the merchant named no {field}"
        elif not is_loopback(note.url):
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
        headers = self._seal.notification_headers(path_of(url), signed_at, body)
        if fault == "tamper":
            amount = {"value": "1", "currency": "USD"}
            body = json.dumps(note.body | {"paymentAmount": amount}).encode()
        if fault == "tamper-signature":
            headers["Signature"] = spoil(headers["Signature"])
        try:
            answer = self._send_request(url, headers, body, TIMEOUT)
        except Unreachable as error:
            delivery.error = f"no answer ({error})"
            return
        delivery.http_status = answer.status
        delivery.error = what_is_wrong(answer)
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
    """Tell whether a URL points to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def spoil(signature: str) -> str:
    """Change a ``Signature`` header so that it is well-formed and wrong."""
    parsed = parse_header(signature)
    wrong = bytes([parsed.signature[0] ^ 1]) + parsed.signature[1:]
    return format_header(wrong, parsed.key_version)


def what_is_wrong(answer: Reply) -> str:
    """Grade the answer to a notification; empty if it is Antom's acknowledgement."""
    if answer.status != 200:
        return f"answered {answer.status} instead of 200"
    try:
        if json.loads(answer.body) == ACKNOWLEDGEMENT:
            return ""
    except ValueError:
        return "answered 200, but no JSON"
    return "answered 200, but not with the acknowledgement"

"""Money that is authorized: captured by the merchant or by itself, or let go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from ..domain.money import Money
from .attempts import Attempt, Capture
from .book import Book
from .checks import check, check_worth
from .clock import Clock
from .messages import AUTHORIZATION_PERIOD, capture_answer, capture_notification
from .postman import Postman
from .records import Payment
from .refusals import Refusal, no_order
from .tables import CAPTURE

#: Automatic capture follows the authorization by this (Antom: best practices, cards).
CAPTURE_DELAY = timedelta(seconds=2)

#: Codes of a capture after which only a new payment helps (Antom: notifyCapture).
AUTHORIZATION_LOST = frozenset(
    {"AUTH_CANCELLED", "AUTH_EXPIRED", "AUTH_NOT_FOUND", "ORDER_IS_CANCELED"}
)


class Captures:
    """The call ``capture``, and what happens without the merchant's doing."""

    def __init__(self, book: Book, clock: Clock, postman: Postman) -> None:
        self._book = book
        self._clock = clock
        self._postman = postman

    def capture(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Take authorized money; ``captureRequestId`` is the key of idempotency.

        A capture that was turned down is kept, so that its id stays used up.
        """
        check(request, CAPTURE)
        found = self._book.find_attempt(request["paymentId"])
        if found is None:
            raise no_order()
        payment, attempt = found
        amount = Money.from_antom(request["captureAmount"])
        check_worth("captureAmount", amount, attempt.method)
        request_id, is_final = request["captureRequestId"], _is_final(request)
        known = self._book.find_capture(request_id)
        if known is not None:
            asked = (attempt.payment_id, amount, is_final)
            if (known.payment_id, known.amount, known.is_final) != asked:
                raise Refusal("REPEAT_REQ_INCONSISTENT")
            return capture_answer(known)
        capture = self._new(attempt, amount, request_id, is_final)
        if code := _why_not(payment, attempt, amount):
            capture.status, capture.result_code = "FAIL", code
            attempt.captures.append(capture)
        else:
            self._settle(payment, attempt, capture)
        return capture_answer(capture)

    def fail(self, request_id: str, code: str) -> None:
        """Let a capture fail: the automatic one that is due, or else the next.

        :raises KeyError: for an unknown id.
        :raises ValueError: if nothing is left to be captured.
        """
        with self._book.change():
            payment = self._book.get(request_id)
            attempt = payment.current
            is_left = attempt is None or attempt.paid_at is None or attempt.uncaptured
            if not payment.can_authorize or payment.cancelled_at or not is_left:
                raise ValueError(f"{request_id!r} has nothing left to be captured.")
            payment.capture_failure = code
            if attempt is not None and attempt.capture_at is not None:
                self._capture_in_time(payment, attempt)

    def plan(self, payment: Payment, attempt: Attempt) -> None:
        """Plan what becomes of an authorization that nobody touches."""
        now = self._clock.now()
        attempt.lapses_at = now + AUTHORIZATION_PERIOD
        if payment.capture_mode == "AUTOMATIC":
            attempt.capture_at = now + CAPTURE_DELAY
        self.resume(payment, attempt)

    def resume(self, payment: Payment, attempt: Attempt) -> None:
        """Plan again what was to happen when the book was saved."""
        if attempt.capture_at is not None:
            work = partial(self._capture_in_time, payment, attempt)
            self._clock.at(attempt.capture_at, work)
        if attempt.lapses_at is not None:
            self._clock.at(attempt.lapses_at, partial(self._lapse, payment, attempt))

    def _capture_in_time(self, payment: Payment, attempt: Attempt) -> None:
        with self._book.change():
            if attempt.capture_at is None:
                return
            attempt.capture_at = None
            capture = self._new(attempt, attempt.uncaptured, "", is_final=True)
            capture.request_id = f"auto{capture.capture_id}"
            self._settle(payment, attempt, capture)

    def _lapse(self, payment: Payment, attempt: Attempt) -> None:
        """End an authorization after its period (Antom: capture, 7 days)."""
        with self._book.change():
            if attempt.lapses_at is not None:
                self._lose(payment, attempt, "AUTH_EXPIRED")

    def _new(
        self, attempt: Attempt, amount: Money, request_id: str, is_final: bool
    ) -> Capture:
        capture_id = f"C{attempt.payment_id}{len(attempt.captures) + 1:02d}"
        now = self._clock.now()
        return Capture(
            request_id, capture_id, attempt.payment_id, amount, is_final, now
        )

    def _settle(self, payment: Payment, attempt: Attempt, capture: Capture) -> None:
        """Take the money, or fail as it was wished; the merchant is told either way."""
        code, payment.capture_failure = payment.capture_failure, ""
        if code:
            capture.status, capture.result_code = "FAIL", code
        attempt.captures.append(capture)
        attempt.capture_at = None
        if code in AUTHORIZATION_LOST:
            self._lose(payment, attempt, code)
        elif not code and (capture.is_final or not attempt.uncaptured):
            attempt.release(self._clock.now(), "")
        self._postman.post(payment, capture_notification(capture), payment.notify_url)

    def _lose(self, payment: Payment, attempt: Attempt, code: str) -> None:
        """Release an authorization; without any capture, the payment is over."""
        now = self._clock.now()
        attempt.release(now, code)
        if not attempt.captured and payment.cancelled_at is None:
            payment.cancelled_at = attempt.cancelled_at = now
            attempt.result_code = code


def _why_not(payment: Payment, attempt: Attempt, amount: Money) -> str:
    """Give the code with which Antom would refuse a capture; empty if it would not."""
    is_cancelled = payment.cancelled_at is not None
    if attempt.status != "SUCCESS" and not is_cancelled:
        return "ORDER_STATUS_INVALID"
    if not attempt.authorizes:
        return "ORDER_IS_CANCELED" if is_cancelled else "AUTH_NOT_FOUND"
    if attempt.release_code:
        return attempt.release_code
    if is_cancelled:
        return "ORDER_IS_CANCELED"
    if amount.currency != attempt.amount.currency:
        return "CURRENCY_NOT_SUPPORT"
    if not attempt.uncaptured:
        return "ORDER_STATUS_INVALID"
    if amount > attempt.uncaptured:
        return "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT"
    return ""


def _is_final(request: Mapping[str, Any]) -> bool:
    """Tell whether it is the last capture; that is the default (Antom: capture).

    ``isLastCapture`` is the older name for it.
    """
    if kind := request.get("captureType"):
        return bool(kind == "FINAL")
    return str(request.get("isLastCapture", True)).lower() == "true"

"""Captures: by the merchant or automatic; and authorizations that lapse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from ..domain.money import Money
from .attempts import Attempt, Capture
from .checks import check, check_worth
from .clock import Clock
from .messages import AUTHORIZATION_PERIOD, capture_answer, capture_notification
from .notifier import Notifier
from .parameters import CAPTURE
from .records import Payment
from .refusals import Refusal, no_order
from .state import State

#: The delay of an automatic capture (Antom: best practices, cards).
CAPTURE_DELAY = timedelta(seconds=2)

#: Codes of a capture after which a new payment is needed (Antom: notifyCapture).
AUTHORIZATION_LOST = frozenset(
    {"AUTH_CANCELLED", "AUTH_EXPIRED", "AUTH_NOT_FOUND", "ORDER_IS_CANCELED"}
)


class CaptureActions:
    """The call ``capture``, automatic captures and lapsed authorizations."""

    def __init__(self, state: State, clock: Clock, notifier: Notifier) -> None:
        self._state = state
        self._clock = clock
        self._notifier = notifier

    def capture(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Capture authorized money; ``captureRequestId`` is the idempotency key.

        A declined capture is kept, so its id cannot be used again.
        """
        check(request, CAPTURE)
        found = self._state.find_attempt(request["paymentId"])
        if found is None:
            raise no_order()
        payment, attempt = found
        amount = Money.from_antom(request["captureAmount"])
        check_worth("captureAmount", amount, attempt.method)
        request_id, is_final = request["captureRequestId"], _is_final(request)
        known = self._state.find_capture(request_id)
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
        """Make a capture fail: the planned automatic one, or else the next.

        :raises KeyError: for an unknown id.
        :raises ValueError: if nothing is left to capture.
        """
        with self._state.change():
            payment = self._state.get(request_id)
            attempt = payment.current
            is_left = attempt is None or attempt.paid_at is None or attempt.uncaptured
            if not payment.can_authorize or payment.cancelled_at or not is_left:
                raise ValueError(f"{request_id!r} has nothing left to be captured.")
            payment.capture_failure = code
            if attempt is not None and attempt.capture_at is not None:
                self._capture_in_time(payment, attempt)

    def plan(self, payment: Payment, attempt: Attempt) -> None:
        """Plan the automatic capture and the lapse of an authorization."""
        now = self._clock.now()
        attempt.lapses_at = now + AUTHORIZATION_PERIOD
        if payment.capture_mode == "AUTOMATIC":
            attempt.capture_at = now + CAPTURE_DELAY
        self.resume(payment, attempt)

    def resume(self, payment: Payment, attempt: Attempt) -> None:
        """Plan again what was planned when the state was saved."""
        if attempt.capture_at is not None:
            work = partial(self._capture_in_time, payment, attempt)
            self._clock.at(attempt.capture_at, work)
        if attempt.lapses_at is not None:
            self._clock.at(attempt.lapses_at, partial(self._lapse, payment, attempt))

    def _capture_in_time(self, payment: Payment, attempt: Attempt) -> None:
        with self._state.change():
            if attempt.capture_at is None:
                return
            attempt.capture_at = None
            capture = self._new(attempt, attempt.uncaptured, "", is_final=True)
            capture.request_id = f"auto{capture.capture_id}"
            self._settle(payment, attempt, capture)

    def _lapse(self, payment: Payment, attempt: Attempt) -> None:
        """End an authorization after its period (Antom: capture, 7 days)."""
        with self._state.change():
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
        """Capture the money, or fail as requested; notify the merchant either way."""
        code, payment.capture_failure = payment.capture_failure, ""
        if code:
            capture.status, capture.result_code = "FAIL", code
        attempt.captures.append(capture)
        attempt.capture_at = None
        if code in AUTHORIZATION_LOST:
            self._lose(payment, attempt, code)
        elif not code and (capture.is_final or not attempt.uncaptured):
            attempt.release(self._clock.now(), "")
        self._notifier.queue(payment, capture_notification(capture), payment.notify_url)

    def _lose(self, payment: Payment, attempt: Attempt, code: str) -> None:
        """Release an authorization; without a capture, the payment is cancelled."""
        now = self._clock.now()
        attempt.release(now, code)
        if not attempt.captured and payment.cancelled_at is None:
            payment.cancelled_at = attempt.cancelled_at = now
            attempt.result_code = code


def _why_not(payment: Payment, attempt: Attempt, amount: Money) -> str:
    """Return the code with which Antom refuses a capture, or an empty string."""
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
    """Whether it is the last capture; that is the default (Antom: capture).

    ``isLastCapture`` is the older name for it.
    """
    if kind := request.get("captureType"):
        return bool(kind == "FINAL")
    return str(request.get("isLastCapture", True)).lower() == "true"

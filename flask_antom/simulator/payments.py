"""All changes of a payment: by the buyer, by time and by a cancel."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import partial

from .attempts import Attempt
from .captures import CaptureActions
from .clock import Clock
from .messages import payment_notification
from .notifier import Notifier
from .records import Payment
from .state import State

#: An order that the buyer does not finish is closed after this time (Antom:
#: notifyPayment, "usually defaulting to 14 minutes").
CLOSING_TIME = timedelta(minutes=14)


class PaymentActions:
    """The actions on a payment. Each takes the ``paymentRequestId``.

    ``method`` is the payment method where the buyer has a choice. The default is that
    of the open attempt, or else the first one offered.

    :raises KeyError: (all of them) for an unknown id.
    :raises ValueError: (all of them) if the payment's status does not allow it, or the
        method is not offered.
    """

    def __init__(
        self, state: State, clock: Clock, notifier: Notifier, captures: CaptureActions
    ) -> None:
        self._state = state
        self._clock = clock
        self._notifier = notifier
        self._captures = captures

    def process(self, request_id: str, method: str | None = None) -> Attempt:
        """Submit the payment without a result; after 14 minutes it is closed.

        If the buyer changes the method, the earlier attempt stays open too.
        """
        with self._state.change():
            payment = self._payable(request_id, method)
            open_attempt = payment.open_attempt(method)
            return open_attempt or self._begin(payment, method or payment.methods[0])

    def approve(self, request_id: str, method: str | None = None) -> Attempt:
        """Pay: the open attempt succeeds, or a new one.

        The buyer can still pay in the wallet after the merchant has cancelled (Antom:
        cancel). Then Antom returns the money. Attempts that succeeded before are
        refunded (Antom: payment retry).
        """
        with self._state.change():
            now = self._clock.now()
            payment = self._state.get(request_id)
            late = [
                attempt
                for attempt in payment.attempts
                if attempt.status == "CANCELLED" and method in (None, attempt.method)
            ]
            attempt = late[-1] if late else self.process(request_id, method)
            self._finish(attempt, "SUCCESS")
            attempt.paid_at = now
            if late:
                attempt.give_back(now)
            elif attempt.authorizes:
                self._captures.plan(payment, attempt)
            for other in payment.attempts:
                if other is not attempt:
                    other.give_back(now)
            self._notify(payment, attempt)
            return attempt

    def decline(self, request_id: str, code: str, method: str | None = None) -> Attempt:
        """Fail an attempt; the buyer can try again in the same session."""
        with self._state.change():
            attempt = self.process(request_id, method)
            self._fail(self._state.get(request_id), attempt, code)
            return attempt

    def pend(self, request_id: str, method: str | None = None) -> Attempt:
        """Mark an attempt as pending: the buyer is done, there is no result yet."""
        with self._state.change():
            attempt = self.process(request_id, method)
            self._finish(attempt, "PENDING")
            self._notify(self._state.get(request_id), attempt)
            return attempt

    def close(self, request_id: str) -> None:
        """Close the order: it fails and can no longer be paid."""
        with self._state.change():
            payment = self._state.get(request_id)
            self.process(request_id)
            for attempt in payment.open_attempts:
                self._close(payment, attempt)

    def expire(self, request_id: str) -> None:
        """End the session; an open attempt can still succeed."""
        with self._state.change():
            payment = self._state.get(request_id)
            now = self._clock.now()
            payment.session_expires_at = min(payment.session_expires_at, now)

    def cancel(self, payment: Payment) -> datetime:
        """Cancel for the merchant; the caller checks whether that is allowed.

        :returns: the time of the first cancel.
        """
        with self._state.change():
            if payment.cancelled_at is None:
                payment.cancelled_at = now = self._clock.now()
                for attempt in payment.attempts:
                    if attempt.refunded_at is None:
                        attempt.cancelled_at = now
                    if attempt.is_open:
                        self._finish(attempt, "CANCELLED", "ORDER_IS_CANCELED")
                    attempt.give_back(now)
            return payment.cancelled_at

    def resume(self) -> None:
        """Plan again what was planned when the state was saved."""
        for payment in self._state.payments():
            for attempt in payment.attempts:
                if attempt.closes_at is not None:
                    self._plan_closing(payment, attempt, attempt.closes_at)
                self._captures.resume(payment, attempt)

    def is_payable(self, payment: Payment, method: str | None = None) -> bool:
        """Whether a buyer can pay in this session now."""
        return self._why_not_payable(payment, method) is None

    def _payable(self, request_id: str, method: str | None) -> Payment:
        payment = self._state.get(request_id)
        if method not in (None, *payment.methods):
            raise ValueError(
                f"{request_id!r} does not offer {method!r}; it offers"
                f" {', '.join(payment.methods)}."
            )
        if why := self._why_not_payable(payment, method):
            raise ValueError(f"{request_id!r} cannot be paid: {why}.")
        return payment

    def _why_not_payable(self, payment: Payment, method: str | None) -> str | None:
        if payment.cancelled_at is not None:
            return "the merchant cancelled it"
        if payment.closed_at is not None:
            return "the order is closed"
        is_over = payment.session_expires_at <= self._clock.now()
        if is_over and payment.open_attempt(method) is None:
            return "the session is over"
        return None

    def _begin(self, payment: Payment, method: str) -> Attempt:
        now = self._clock.now()
        payment_id = f"{now:%Y%m%d}1140108001001888{secrets.randbelow(10**11):011d}"
        closes_at = now + CLOSING_TIME
        attempt = Attempt(
            payment_id=payment_id,
            method=method,
            amount=payment.amount,
            authorizes=payment.authorizes(method),
            created_at=now,
            closes_at=closes_at,
        )
        payment.attempts.append(attempt)
        self._plan_closing(payment, attempt, closes_at)
        return attempt

    def _finish(self, attempt: Attempt, status: str, code: str = "") -> None:
        attempt.status = status
        attempt.result_code = code
        attempt.closes_at = None

    def _fail(self, payment: Payment, attempt: Attempt, code: str) -> None:
        self._finish(attempt, "FAIL", code)
        self._notify(payment, attempt)

    def _notify(self, payment: Payment, attempt: Attempt) -> None:
        body = payment_notification(payment, attempt)
        self._notifier.queue(payment, body, payment.notify_url)

    def _plan_closing(self, payment: Payment, attempt: Attempt, time: datetime) -> None:
        self._clock.at(time, partial(self._close_in_time, payment, attempt))

    def _close_in_time(self, payment: Payment, attempt: Attempt) -> None:
        with self._state.change():
            if attempt.closes_at is not None:
                self._close(payment, attempt)

    def _close(self, payment: Payment, attempt: Attempt) -> None:
        self._fail(payment, attempt, "ORDER_IS_CLOSED")
        if payment.status == "FAIL":
            payment.closed_at = self._clock.now()

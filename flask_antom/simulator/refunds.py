"""Refunds: by the merchant or in the dashboard, at once or later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..domain.money import Money
from .attempts import Attempt, Refund
from .checks import (
    IllegalParameter,
    check,
    check_refund_ids,
    check_refund_minimum,
    check_worth,
)
from .clock import Clock
from .messages import refund_answer, refund_inquiry_answer, refund_notification
from .notifier import Notifier
from .parameters import REFUND
from .records import Payment
from .refusals import Refusal, no_order
from .state import State


class RefundActions:
    """The calls ``refund`` and ``inquiryRefund``, and what Antom does by itself.

    :ivar in_process: whether new refunds wait for :meth:`finish` or :meth:`fail`.
    :ivar window: how long a payment can be refunded.
    """

    def __init__(self, state: State, clock: Clock, notifier: Notifier) -> None:
        self.in_process = False
        self.window: timedelta = timedelta(days=365)
        self._state = state
        self._clock = clock
        self._notifier = notifier

    def refund(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Refund a payment; ``refundRequestId`` is the idempotency key.

        A refused refund is kept, so its id cannot be used again. The merchant is not
        notified of it (Antom: refund guide).
        """
        check(request, REFUND)
        found = self._state.find_attempt(request["paymentId"])
        if found is None:
            raise no_order()
        payment, attempt = found
        known = self._state.find_refund(request["refundRequestId"])
        if known is not None:
            if not _is_repeated(known, request):
                raise Refusal("REPEAT_REQ_INCONSISTENT")
            return refund_answer(known)
        refund = self._new_from(request, payment, attempt)
        code = self._why_not(payment, attempt, refund)
        attempt.refunds.append(refund)
        if code:
            self._end(refund, "FAIL", code)
        elif not self.in_process:
            self._finish(payment, refund)
        return refund_answer(refund)

    def inquire(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the state of a refund (Antom: inquiryRefund).

        ``refundId`` takes precedence.
        """
        check_refund_ids(request)
        if refund_id := request.get("refundId"):
            refund = self._state.find_refund_by_id(refund_id)
        else:
            refund = self._state.find_refund(request["refundRequestId"])
        if refund is None:
            raise Refusal("REFUND_NOT_EXIST", "No refund was made under this id.")
        return refund_inquiry_answer(refund)

    def finish(self, refund_request_id: str) -> None:
        """Complete a refund in process.

        :raises KeyError: for an unknown id.
        :raises ValueError: if it has ended.
        """
        with self._state.change():
            refund, payment = self._in_process(refund_request_id)
            self._finish(payment, refund)

    def fail(self, refund_request_id: str, code: str) -> None:
        """Fail a refund in process; its amount can be refunded again.

        :raises KeyError: for an unknown id.
        :raises ValueError: if it has ended.
        """
        with self._state.change():
            refund, payment = self._in_process(refund_request_id)
            self._end(refund, "FAIL", code)
            self._notify(payment, refund)

    def in_dashboard(self, request_id: str, amount: Money | None) -> str:
        """Refund a payment as in Antom's dashboard.

        :param amount: by default all that is left.
        :returns: the ``refundRequestId`` that Antom assigns.
        :raises KeyError: for an unknown id.
        :raises ValueError: if Antom would refuse it.
        """
        with self._state.change():
            payment = self._state.get(request_id)
            attempt = payment.current
            if attempt is None:
                raise ValueError(f"{request_id!r} is not paid.")
            refund = self._new(
                attempt,
                f"dashboard{attempt.payment_id}{len(attempt.refunds) + 1:02d}",
                attempt.refundable if amount is None else amount,
                payment.notify_url,
            )
            if code := self._why_not(payment, attempt, refund):
                raise ValueError(f"{request_id!r} cannot be refunded: {code}.")
            attempt.refunds.append(refund)
            self._finish(payment, refund)
            return refund.request_id

    def _new_from(
        self, request: Mapping[str, Any], payment: Payment, attempt: Attempt
    ) -> Refund:
        """Return the refund of a request.

        :raises IllegalParameter: if it does not fit the payment.
        """
        amount = Money.from_antom(request["refundAmount"])
        if amount.currency != payment.amount.currency:
            raise IllegalParameter(
                "refundAmount.currency", f"must be {payment.amount.currency}."
            )
        check_worth("refundAmount", amount, attempt.method)
        check_refund_minimum(amount, attempt.method)
        url = request.get("refundNotifyUrl")
        refund = self._new(attempt, request["refundRequestId"], amount, url)
        refund.capture_id = _capture_of(attempt, request.get("captureId"))
        return refund

    def _why_not(self, payment: Payment, attempt: Attempt, refund: Refund) -> str:
        """Return the code with which Antom refuses, or an empty string."""
        if payment.cancelled_at is not None:
            return "ORDER_IS_CANCELED"
        if attempt.paid_at is None or not attempt.taken:
            return "ORDER_STATUS_INVALID"
        if self._clock.now() > attempt.paid_at + self.window:
            return "REFUND_WINDOW_EXCEED"
        left = attempt.refundable
        if refund.capture_id is not None:
            left = min(left, attempt.refundable_of(refund.capture_id))
        return "" if refund.amount and refund.amount <= left else "REFUND_AMOUNT_EXCEED"

    def _new(
        self, attempt: Attempt, request_id: str, amount: Money, url: str | None
    ) -> Refund:
        refund_id = f"R{attempt.payment_id}{len(attempt.refunds) + 1:02d}"
        now = self._clock.now()
        return Refund(request_id, refund_id, attempt.payment_id, None, amount, url, now)

    def _in_process(self, refund_request_id: str) -> tuple[Refund, Payment]:
        refund = self._state.find_refund(refund_request_id)
        found = self._state.find_attempt(refund.payment_id) if refund else None
        if refund is None or found is None:
            raise KeyError(f"No refund {refund_request_id!r} was ever made here.")
        if refund.status != "PROCESSING":
            raise ValueError(f"The refund {refund_request_id!r} has ended already.")
        return refund, found[0]

    def _finish(self, payment: Payment, refund: Refund) -> None:
        self._end(refund, "SUCCESS", "")
        self._notify(payment, refund)

    def _end(self, refund: Refund, status: str, code: str) -> None:
        refund.status, refund.result_code = status, code
        refund.ended_at = self._clock.now()

    def _notify(self, payment: Payment, refund: Refund) -> None:
        self._notifier.queue(payment, refund_notification(refund), refund.notify_url)


def _is_repeated(known: Refund, request: Mapping[str, Any]) -> bool:
    """Whether a repeated request asks for the same refund."""
    amount = Money.from_antom(request["refundAmount"])
    capture_id = request.get("captureId") or known.capture_id
    asked = (request["paymentId"], amount, capture_id)
    return asked == (known.payment_id, known.amount, known.capture_id)


def _capture_of(attempt: Attempt, capture_id: str | None) -> str | None:
    """Return the capture of a refund (Antom: refund, "captureId").

    :raises IllegalParameter: if there are several and the request names none.
    """
    ids = [c.capture_id for c in attempt.captures if c.status == "SUCCESS"]
    if capture_id is None and len(ids) > 1:
        raise IllegalParameter("captureId", "is required: there are several captures.")
    if capture_id is not None and capture_id not in ids:
        raise IllegalParameter("captureId", "is not a capture of this payment.")
    return capture_id or (ids[0] if ids else None)

"""Refunds: asked for by the merchant or made in the dashboard, at once or later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..domain.money import Money
from .attempts import Attempt, Refund
from .book import Book
from .checks import (
    IllegalParameter,
    check,
    check_refund_ids,
    check_refund_minimum,
    check_worth,
)
from .clock import Clock
from .messages import refund_answer, refund_inquiry_answer, refund_notification
from .postman import Postman
from .records import Payment
from .refusals import Refusal, no_order
from .tables import REFUND


class Refunds:
    """The calls ``refund`` and ``inquiryRefund``, and Antom's own doings.

    :ivar in_process: whether new refunds wait for :meth:`finish` or :meth:`fail`.
    :ivar window: for how long a payment can be refunded.
    """

    def __init__(self, book: Book, clock: Clock, postman: Postman) -> None:
        self.in_process = False
        self.window = timedelta(days=365)
        self._book = book
        self._clock = clock
        self._postman = postman

    def refund(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Give money back; ``refundRequestId`` is the key of idempotency.

        A refund that was turned down is kept, so that its id stays used up; the
        merchant is not notified of it (Antom: refund guide).
        """
        check(request, REFUND)
        found = self._book.find_attempt(request["paymentId"])
        if found is None:
            raise no_order()
        payment, attempt = found
        known = self._book.find_refund(request["refundRequestId"])
        if known is not None:
            if not _is_repeated(known, request):
                raise Refusal("REPEAT_REQ_INCONSISTENT")
            return refund_answer(known)
        refund = self._asked_for(request, payment, attempt)
        code = self._why_not(payment, attempt, refund)
        attempt.refunds.append(refund)
        if code:
            self._end(refund, "FAIL", code)
        elif not self.in_process:
            self._finish(payment, refund)
        return refund_answer(refund)

    def inquire(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Tell what became of a refund; ``refundId`` wins (Antom: inquiryRefund)."""
        check_refund_ids(request)
        if refund_id := request.get("refundId"):
            refund = self._book.find_refund_by_id(refund_id)
        else:
            refund = self._book.find_refund(request["refundRequestId"])
        if refund is None:
            raise Refusal("REFUND_NOT_EXIST", "No refund was made under this id.")
        return refund_inquiry_answer(refund)

    def finish(self, refund_request_id: str) -> None:
        """A refund that is in process succeeds.

        :raises KeyError: for an unknown id.
        :raises ValueError: if it has ended.
        """
        with self._book.change():
            refund, payment = self._in_process(refund_request_id)
            self._finish(payment, refund)

    def fail(self, refund_request_id: str, code: str) -> None:
        """A refund that is in process fails; what it held can be refunded again.

        :raises KeyError: for an unknown id.
        :raises ValueError: if it has ended.
        """
        with self._book.change():
            refund, payment = self._in_process(refund_request_id)
            self._end(refund, "FAIL", code)
            self._tell(payment, refund)

    def in_dashboard(self, request_id: str, amount: Money | None) -> str:
        """Somebody refunds a payment in Antom's dashboard.

        :param amount: by default all that is left.
        :returns: the ``refundRequestId`` that Antom gives it.
        :raises KeyError: for an unknown id.
        :raises ValueError: if Antom would refuse it.
        """
        with self._book.change():
            payment = self._book.get(request_id)
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
                raise ValueError(f"{request_id!r} can not be refunded: {code}.")
            attempt.refunds.append(refund)
            self._finish(payment, refund)
            return refund.request_id

    def _asked_for(
        self, request: Mapping[str, Any], payment: Payment, attempt: Attempt
    ) -> Refund:
        """Read the request.

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
        """Give the code with which Antom would refuse; empty if it would not."""
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
        refund = self._book.find_refund(refund_request_id)
        found = self._book.find_attempt(refund.payment_id) if refund else None
        if refund is None or found is None:
            raise KeyError(f"No refund {refund_request_id!r} was ever made here.")
        if refund.status != "PROCESSING":
            raise ValueError(f"The refund {refund_request_id!r} has ended already.")
        return refund, found[0]

    def _finish(self, payment: Payment, refund: Refund) -> None:
        self._end(refund, "SUCCESS", "")
        self._tell(payment, refund)

    def _end(self, refund: Refund, status: str, code: str) -> None:
        refund.status, refund.result_code = status, code
        refund.ended_at = self._clock.now()

    def _tell(self, payment: Payment, refund: Refund) -> None:
        self._postman.post(payment, refund_notification(refund), refund.notify_url)


def _is_repeated(known: Refund, request: Mapping[str, Any]) -> bool:
    """Tell whether a request that comes again asks for the same."""
    amount = Money.from_antom(request["refundAmount"])
    capture_id = request.get("captureId") or known.capture_id
    asked = (request["paymentId"], amount, capture_id)
    return asked == (known.payment_id, known.amount, known.capture_id)


def _capture_of(attempt: Attempt, capture_id: str | None) -> str | None:
    """Find out which capture a refund undoes (Antom: refund, "captureId").

    :raises IllegalParameter: if there are several and none of them is named.
    """
    ids = [c.capture_id for c in attempt.captures if c.status == "SUCCESS"]
    if capture_id is None and len(ids) > 1:
        raise IllegalParameter("captureId", "is required: there are several captures.")
    if capture_id is not None and capture_id not in ids:
        raise IllegalParameter("captureId", "is none of this payment's captures.")
    return capture_id or (ids[0] if ids else None)

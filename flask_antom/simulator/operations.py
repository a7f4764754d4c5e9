"""The API calls of the simulated Antom, after their signature is verified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .attempts import Attempt
from .cancel_window import last_moment_to_cancel
from .captures import CaptureActions
from .checks import IllegalParameter, check_payment_ids, check_session
from .clock import Clock
from .messages import SUCCESS, inquiry_answer
from .messages import time as write_time
from .payments import PaymentActions
from .records import Payment
from .refunds import RefundActions
from .refusals import Refusal, no_order
from .sessions import is_same, new_session, session_answer
from .state import State

Json = dict[str, Any]


class Operations:
    """All calls by their names; those about sessions and payments are here."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        payments: PaymentActions,
        captures: CaptureActions,
        refunds: RefundActions,
        client_id: str,
    ) -> None:
        self._state = state
        self._clock = clock
        self._payments = payments
        self._client_id = client_id
        self._by_name: dict[str, Callable[[Json], Json]] = {
            "createPaymentSession": self._create_session,
            "inquiryPayment": self._inquire,
            "cancel": self._cancel,
            "capture": captures.capture,
            "refund": refunds.refund,
            "inquiryRefund": refunds.inquire,
        }

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def call(self, name: str, request: object) -> Json:
        """Execute a call.

        :param request: the JSON of its body.
        :returns: the answer, which may be a refusal.
        """
        try:
            if not isinstance(request, dict):
                raise IllegalParameter("The body", "must be a JSON object.")
            with self._state.change():
                return self._by_name[name](request)
        except IllegalParameter as error:
            return Refusal("PARAM_ILLEGAL", str(error)).answer
        except Refusal as refusal:
            return refusal.answer

    def _create_session(self, request: Json) -> Json:
        """Open a session, or return the open one with this id (idempotent)."""
        check_session(request, self._clock.now())
        asked = new_session(request, self._clock.now())
        payment = self._state.find(asked.request_id)
        if payment is None:
            self._state.add(asked)
            return session_answer(asked, self._client_id)
        if not is_same(payment, asked):
            raise Refusal("REPEAT_REQ_INCONSISTENT")
        if payment.cancelled_at is not None:
            raise Refusal("ORDER_IS_CANCELED")
        is_paid = payment.status == "SUCCESS"
        if not is_paid and not self._payments.is_payable(payment):
            raise Refusal("ORDER_IS_CLOSED")
        return session_answer(payment, self._client_id)

    def _inquire(self, request: Json) -> Json:
        payment, attempt = self._submitted(request)
        return inquiry_answer(payment, attempt)

    def _cancel(self, request: Json) -> Json:
        payment, attempt = self._submitted(request)
        if payment.cancelled_at is None:
            self._check_cancel(payment, attempt)
        return {
            "result": dict(SUCCESS),
            "paymentRequestId": payment.request_id,
            "paymentId": attempt.payment_id,
            "cancelTime": write_time(self._payments.cancel(payment)),
        }

    def _submitted(self, request: Json) -> tuple[Payment, Attempt]:
        """Return a submitted payment; ``paymentId`` takes precedence."""
        check_payment_ids(request)
        if payment_id := request.get("paymentId"):
            found = self._state.find_attempt(payment_id)
            if found is not None:
                return found
        else:
            payment = self._state.find(request["paymentRequestId"])
            if payment is not None and payment.current is not None:
                return payment, payment.current
        raise no_order()

    def _check_cancel(self, payment: Payment, attempt: Attempt) -> None:
        """Raise ``Refusal`` if Antom would refuse the cancel (Antom: cancel)."""
        if payment.closed_at is not None:
            raise Refusal("ORDER_STATUS_INVALID", "The order is closed.")
        if attempt.captured:
            raise Refusal("ORDER_STATUS_INVALID", "It is captured; refund instead.")
        if attempt.refunded_at or any(r.status != "FAIL" for r in attempt.refunds):
            raise Refusal("PROCESS_FAIL", "It is refunded, at least in part.")
        if attempt is not payment.current:
            raise Refusal("ORDER_STATUS_INVALID", "Another attempt counts.")
        if attempt.paid_at is not None:
            last = last_moment_to_cancel(attempt, attempt.paid_at)
            if self._clock.now() > last:
                raise Refusal("CANCEL_WINDOW_EXCEED", "Too late; refund instead.")

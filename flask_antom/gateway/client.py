"""Antom's API as methods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..domain.money import Money
from ..domain.payment_states import Fact, Observation
from ..domain.records import Session
from ..domain.refund_states import RefundObservation, RefundStatus
from ..errors import OutcomeUnknown, Refused
from ..log_lines import Log
from ..opaque import Opaque, conceal, reveal
from .responses import (
    read_payment,
    read_refund,
    read_refund_amount,
    read_text,
    read_time,
)
from .transport import IN_PROCESS, Account, Transport

log: Log = Log(__name__)

#: The life of a session whose end Antom does not say (Antom: createPaymentSession).
_SESSION_LIFE = timedelta(hours=1)

#: Codes for a refund that Antom does not know; the documentation names both.
_NO_REFUND = frozenset({"REFUND_NOT_EXIST", "ORDER_NOT_EXIST"})


class AntomClient:
    """Antom's API. The first argument of each method is the account that calls.

    Every method raises :class:`~flask_antom.errors.Refused` if Antom says no, and
    :class:`~flask_antom.errors.OutcomeUnknown` if there is no clear answer. No frame
    below a method can be reached from its errors: those frames hold headers and bodies.

    :ivar transport: makes the calls.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._has_told_of_end = False

    @conceal
    def create_payment_session(
        self, account: Account, payload: Mapping[str, Any] | Opaque[Mapping[str, Any]]
    ) -> Session:
        """Open a session. The same ``paymentRequestId`` may be sent again.

        :param payload: Antom's fields.
        """
        operation = "createPaymentSession"
        answer = self.transport.post(account, operation, reveal(payload))
        data = answer.get("paymentSessionData")
        if not isinstance(data, str) or not data:
            raise OutcomeUnknown(operation, "the answer holds no session data")
        normal_url = answer.get("normalUrl")
        if not isinstance(normal_url, str) or not normal_url.startswith("http"):
            normal_url = None
        return Session(data, self._read_end(answer), normal_url)

    def _read_end(self, answer: Mapping[str, Any]) -> datetime:
        """Return when a session ends. Without a good time, that is after an hour."""
        end = read_time(answer.get("paymentSessionExpiryTime"))
        if end is not None:
            return end
        if not self._has_told_of_end:
            self._has_told_of_end = True
            log.warning(
                "Antom's session has no paymentSessionExpiryTime that can be read, so"
                " it is used for an hour. This is logged once."
            )
        return self.transport.clock.now() + _SESSION_LIFE

    @conceal
    def inquire(
        self,
        account: Account,
        *,
        request_id: str | None = None,
        payment_id: str | None = None,
        repeat: bool = True,
    ) -> Observation:
        """Ask for the state of a payment, by our id or by Antom's.

        A signed ``ORDER_NOT_EXIST`` means that nobody has paid yet. It is returned as
        an observation of ``Fact.UNPAID``.

        :param repeat: whether to repeat the call until the answer is clear.
        """
        operation = "inquiryPayment"
        try:
            answer = self.transport.post(
                account, operation, _ids(request_id, payment_id), repeat=repeat
            )
        except Refused as refusal:
            if refusal.result_code == "ORDER_NOT_EXIST" and refusal.signed:
                return Observation(
                    Fact.UNPAID, "inquiry", request_id=request_id, payment_id=payment_id
                )
            raise
        _check_same(operation, answer, request_id, payment_id)
        return read_payment(operation, answer)

    @conceal
    def cancel(
        self,
        account: Account,
        *,
        request_id: str | None = None,
        payment_id: str | None = None,
    ) -> Observation:
        """Close or undo a payment. The call is idempotent (Antom: cancel)."""
        answer = self.transport.post(account, "cancel", _ids(request_id, payment_id))
        _check_same("cancel", answer, request_id, payment_id)
        return Observation(
            Fact.CANCELLED,
            "cancel",
            request_id=read_text(answer, "paymentRequestId") or request_id,
            payment_id=read_text(answer, "paymentId") or payment_id,
            at=read_time(answer.get("cancelTime")),
        )

    @conceal
    def capture(
        self,
        account: Account,
        *,
        payment_id: str,
        request_id: str,
        amount: Money,
        final: bool,
    ) -> Observation:
        """Capture authorized money (Antom: capture).

        :param request_id: our ``captureRequestId``, the key of idempotency.
        :param final: whether the rest of the authorization is released.
        """
        payload: dict[str, Any] = {
            "captureRequestId": request_id,
            "paymentId": payment_id,
            "captureAmount": amount.to_antom(),
        }
        if not final:
            payload["captureType"] = "NON_FINAL"
        answer = self.transport.post(account, "capture", payload)
        capture_id = read_text(answer, "captureId")
        if capture_id is None:
            raise OutcomeUnknown("capture", "the answer holds no captureId")
        return Observation(
            Fact.CAPTURED,
            "capture",
            payment_id=payment_id,
            amount=amount,
            captures={capture_id: amount},
            capture_requests=frozenset({request_id}),
            at=read_time(answer.get("captureTime")),
        )

    @conceal
    def refund(
        self,
        account: Account,
        *,
        payment_id: str,
        request_id: str,
        amount: Money,
        notify_url: str,
        reason: str | None = None,
        capture_id: str | None = None,
    ) -> RefundObservation:
        """Refund money (Antom: refund).

        After ``REFUND_IN_PROCESS`` the refund is pending.

        :param request_id: our ``refundRequestId``, the key of idempotency.
        :param capture_id: the capture to refund; needed if there are several.
        """
        payload: dict[str, Any] = {
            "refundRequestId": request_id,
            "paymentId": payment_id,
            "refundAmount": amount.to_antom(),
            "refundNotifyUrl": notify_url,
        }
        if reason is not None:
            payload["refundReason"] = reason
        if capture_id is not None:
            payload["captureId"] = capture_id
        try:
            answer = self.transport.post(account, "refund", payload)
        except OutcomeUnknown as unknown:
            if unknown.result_code in IN_PROCESS:
                return RefundObservation(
                    RefundStatus.PENDING, "refund", request_id=request_id
                )
            raise
        reported = read_refund_amount("refund", answer)
        is_named = answer.get("refundAmount") is not None
        return RefundObservation(
            RefundStatus.SUCCEEDED,
            "refund",
            request_id=request_id,
            refund_id=read_text(answer, "refundId"),
            payment_id=payment_id,
            amount=reported if is_named else amount,
            is_foreign=is_named and reported is None,
            at=read_time(answer.get("refundTime")),
        )

    @conceal
    def inquire_refund(
        self, account: Account, request_id: str
    ) -> RefundObservation | None:
        """Ask for the state of a refund; ``None`` if Antom does not know it."""
        operation = "inquiryRefund"
        try:
            answer = self.transport.post(
                account, operation, {"refundRequestId": request_id}
            )
        except Refused as refusal:
            if refusal.result_code in _NO_REFUND and refusal.signed:
                return None
            raise
        observation = read_refund(operation, answer)
        if observation.request_id not in (None, request_id):
            raise OutcomeUnknown(operation, "the answer is about another refund")
        return observation


def _ids(request_id: str | None, payment_id: str | None) -> dict[str, str]:
    """Return the field that names the payment. Of two ids, Antom uses its own."""
    if payment_id is not None:
        return {"paymentId": payment_id}
    if request_id is not None:
        return {"paymentRequestId": request_id}
    raise ValueError("Pass request_id or payment_id.")


def _check_same(
    operation: str,
    answer: Mapping[str, Any],
    request_id: str | None,
    payment_id: str | None,
) -> None:
    asked = {"paymentRequestId": request_id, "paymentId": payment_id}
    for field, value in asked.items():
        if value is not None and read_text(answer, field) not in (None, value):
            raise OutcomeUnknown(operation, "the answer is about another payment")

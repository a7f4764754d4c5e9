"""Captures that we ask for, committed before the call to Antom.

:mod:`.captured_money` records what has been captured, when Antom says so.
"""

from __future__ import annotations

from typing import NamedTuple

from ..domain.money import Money
from ..domain.payment_states import Status
from ..domain.schedule import FIRST_INQUIRY
from ..errors import NotPossible
from .payment_rows import PaymentRows
from .rows import PaymentRow
from .transactions import Store, Transactions, atomic


class OpenCapture(NamedTuple):
    """A capture that is under way.

    :ivar payment_id: Antom's ``paymentId``.
    :ivar request_id: our ``captureRequestId``.
    :ivar amount: the amount to capture.
    """

    payment_id: str
    request_id: str
    amount: Money


class CaptureStore(Store):
    """Opens and closes captures. A payment has at most one that is under way."""

    def __init__(self, transactions: Transactions, rows: PaymentRows) -> None:
        super().__init__(transactions)
        self._rows = rows

    @atomic
    def open_capture(
        self,
        payment_ref: int,
        amount: Money | None,
        *,
        final: bool,
        again: str | None = None,
    ) -> OpenCapture:
        """Commit that we are about to capture.

        If the outcome of a capture is unknown, the same capture is returned.

        :param amount: ``None`` stands for the rest of the authorization.
        :param final: whether Antom releases what is left after this capture.
        :param again: the ``captureRequestId``, for a capture that is under way.
        :raises NotPossible: if the payment does not allow this capture.
        """
        payment = self._rows.lock(payment_ref)
        if again is not None and payment.capture_request_id != again:
            raise NotPossible("This capture is over.")
        wanted = _check_amount(payment, amount, final=final)
        if payment.capture_request_id is None:
            payment.capture_request_id = self._rows.ours.ids.make()
            payment.capture_value = wanted.value
            payment.capture_final = final
            payment.inquire_at = self.now() + FIRST_INQUIRY
        self._rows.write(payment)
        return OpenCapture(payment.payment_id or "", payment.capture_request_id, wanted)

    @atomic
    def drop_capture(self, payment_ref: int, request_id: str | None) -> None:
        """Remove a capture that is no longer possible, if it is still under way."""
        payment = self._rows.lock(payment_ref)
        if payment.capture_request_id == request_id:
            payment.capture_request_id = payment.capture_value = None
            self._rows.write(payment)


def _check_amount(payment: PaymentRow, amount: Money | None, *, final: bool) -> Money:
    """Return the amount to capture; by default all that is left.

    :raises NotPossible: with the reason.
    """
    if payment.payment_id is None or not payment.authorizes:
        raise NotPossible("Only an authorized payment can be captured.")
    if payment.status not in (Status.AUTHORIZED, Status.SUCCEEDED):
        raise NotPossible(f"A payment that is {payment.status} cannot be captured.")
    left = max(payment.amount, payment.captured) - payment.captured
    wanted = left if amount is None else amount
    if not wanted or wanted > left:
        raise NotPossible(f"Only {left} of the payment is left to capture.")
    if payment.capture_request_id is not None:
        if payment.capture_value != wanted.value:
            raise NotPossible("A capture of another amount is still under way.")
        if payment.capture_final != final:
            raise NotPossible("A capture with another `final` is still under way.")
    return wanted

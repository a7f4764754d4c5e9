"""Captures that we ask for, committed before the call to Antom.

:mod:`.captured_money` records what has been captured, when Antom says so.
:mod:`.capture_requests` keeps what was asked for.
"""

from __future__ import annotations

from typing import NamedTuple

from ..domain.money import Money
from ..domain.payment_states import Status
from ..domain.schedule import FIRST_INQUIRY
from ..errors import NotPossible
from . import capture_requests
from .payment_rows import PaymentRows
from .rows import PaymentRow
from .transactions import Store, Transactions, atomic


class OpenCapture(NamedTuple):
    """A capture that is under way.

    :ivar payment_id: Antom's ``paymentId``.
    :ivar request_id: our ``captureRequestId``.
    :ivar amount: the amount to capture.
    :ivar final: whether Antom releases what is left after this capture.
    """

    payment_id: str
    request_id: str
    amount: Money
    final: bool


class CaptureStore(Store):
    """Opens and closes captures. A payment has at most one that is under way."""

    def __init__(self, transactions: Transactions, rows: PaymentRows) -> None:
        super().__init__(transactions)
        self._rows = rows

    def open_capture(
        self,
        payment: PaymentRow,
        amount: Money | None,
        *,
        final: bool,
        key: str | None = None,
        again: bool = False,
    ) -> OpenCapture | None:
        """Commit that we are about to capture.

        If the outcome of a capture is unknown, the same capture is returned.

        :param amount: ``None`` stands for the rest of the authorization.
        :param final: whether Antom releases what is left after this capture.
        :returns: the capture; ``None`` if the one with this key is done.
        :raises NotPossible: if the payment does not allow this capture, or the key was
            used for another one, or for one that failed.
        :raises RepeatedCall: with the id of the payment's row.
        """
        wish = capture_requests.Wish(amount, final, key, again)
        return self._open_capture(
            payment.id, payment.order_reference, wish, self._rows.ours.ids.make()
        )

    @atomic
    def _open_capture(
        self,
        payment_ref: int,
        order_reference: str,
        wish: capture_requests.Wish,
        request_id: str,
    ) -> OpenCapture | None:
        attempts = (
            [self._rows.lock(payment_ref)]
            if wish.key is None
            else self._rows.lock_order(order_reference)
        )
        (payment,) = (row for row in attempts if row.id == payment_ref)
        meant: str | None = request_id  # if the answer to our first COMMIT was lost
        if request_id not in capture_requests.asked(payment):
            meant = capture_requests.find(attempts, payment, wish)
        if meant is None:
            self._add(payment, wish, request_id)
            self._rows.mark_locked([row for row in attempts if row is not payment])
        elif meant != payment.capture_request_id:
            return None
        return _opened(payment)

    def _add(
        self, payment: PaymentRow, wish: capture_requests.Wish, request_id: str
    ) -> None:
        moment = self.now()
        capture_requests.refuse_second_click(payment, wish, moment)
        wanted = _check_amount(payment, wish.amount)
        payment.capture_request_id = request_id
        payment.capture_value = wanted.value
        payment.capture_final = wish.final
        payment.inquire_at = moment + FIRST_INQUIRY
        capture_requests.add(payment, wish, moment)
        self._rows.write(payment)

    @atomic
    def reopen_capture(self, payment_ref: int, request_id: str | None) -> OpenCapture:
        """Return a capture that is still under way, to send it again.

        :raises NotPossible: if it is over, or no longer possible.
        """
        payment = self._rows.lock(payment_ref)
        if payment.capture_request_id != request_id:
            raise NotPossible("This capture is over.")
        return _opened(payment)

    @atomic
    def drop_capture(self, payment_ref: int, request_id: str | None) -> None:
        """Remove a capture that is no longer possible, if it is still under way."""
        payment = self._rows.lock(payment_ref)
        if payment.capture_request_id == request_id:
            capture_requests.note(payment, dropped=True)
            payment.capture_request_id = payment.capture_value = None
            self._rows.write(payment)


def _opened(payment: PaymentRow) -> OpenCapture:
    """Return the capture that is under way.

    :raises NotPossible: if it is no longer possible.
    """
    amount = Money(payment.capture_value or 0, payment.currency)
    return OpenCapture(
        payment.payment_id or "",
        payment.capture_request_id or "",
        _check_amount(payment, amount),
        payment.capture_final,
    )


def _check_amount(payment: PaymentRow, amount: Money | None) -> Money:
    """Return the amount to capture; by default all that is left.

    :raises NotPossible: with the reason.
    """
    if payment.payment_id is None or not payment.authorizes:
        raise NotPossible("Only an authorized payment can be captured.")
    if payment.under_review:
        raise NotPossible(
            "Antom's risk review of the payment is still running. Capture it when the"
            " review has accepted it."
        )
    if payment.status not in (Status.AUTHORIZED, Status.SUCCEEDED):
        raise NotPossible(f"A payment that is {payment.status} cannot be captured.")
    left = capture_requests.left_of(payment)
    wanted = left if amount is None else amount
    if not wanted or wanted > left:
        raise NotPossible(f"Only {left} of the payment is left to capture.")
    return wanted

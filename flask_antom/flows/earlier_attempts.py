"""The earlier attempts to pay an order, when a buyer starts to pay it once more.

A paid order is refused, and nothing is offered while it is unknown what became of an
attempt. What the buyer has begun is cancelled only if they say so. Sessions that nobody
has begun stay open and are used again, but an order has only a few of them, so that a
click costs only a few calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from ..app_state import AppState
from ..domain.payment_states import BEGUN, Observation, Status
from ..domain.records import Attempt
from ..errors import (
    CheckoutUnavailable,
    DeliveryFailed,
    GatewayError,
    NotPossible,
    OrderAlreadyPaid,
    OrderClosed,
    OutcomeUnknown,
    Refused,
)
from ..gateway.shared_timeout import count_once
from ..log_lines import Log, about
from ..store.live import is_settled, is_usable, live_attempts
from ..store.rows import PaymentRow
from .inquiries import ask_together
from .payments import cancel, settle, sync
from .result_links import result_url_of

log: Log = Log(__name__)

_STILL_OPEN = "An earlier attempt is still open."

#: The pause between two inquiries whether an open session has been paid.
_ASK_PAUSE = timedelta(seconds=2)


def settle_others(
    state: AppState,
    wanted: Attempt,
    spent: str | None,
    instead_of: str | None = None,
) -> list[PaymentRow]:
    """Refuse a paid or closed order, and one that is being paid in another session.

    Attempts of another environment are left alone. One of another account does not pay
    the order, but as long as it may yet be paid, nothing is opened.

    Antom is asked once about each live attempt, also about closed and failed ones. The
    buyer may have paid one, and the notification may be lost. Or the buyer may be about
    to pay it.

    :param instead_of: the ``paymentRequestId`` of an attempt that the buyer gives up.
        It is cancelled, unless they have done their part already.
    :returns: the live attempts, oldest first.
    """
    attempts = state.rows.of_order(wanted.order_reference)
    for payment in filter(state.ours.may_pay, attempts):
        refuse_if_paid(state, payment)
    if any(payment.order_closed_at for payment in attempts):
        raise OrderClosed("The shop has closed this order.")
    if any(payment.amount != wanted.amount for payment in attempts):
        attempts = state.closings.change(wanted.order_reference, wanted.amount)
    moment = state.clock.now()
    live = live_attempts(attempts, moment)
    for payment in live:
        _refuse_if_foreign(state, payment)
    others = [row for row in live if not _is_wanted(row, wanted, spent, moment)]
    unknown = _ask(state, [row for row in live if _may_ask(state, row, row in others)])
    for payment in live:
        refuse_if_paid(state, payment)
    unclear = [payment for payment in unknown if payment in others]
    if unclear:
        message = "It is not known yet whether the order is paid."
        raise _unavailable(state, _likeliest(unclear), message)
    for payment in others:
        if payment.status in BEGUN:
            _end(state, payment, spare_begun=payment.request_id != instead_of)
        elif payment.amount != wanted.amount or payment.open_key == wanted.open_key:
            _retire(state, payment)
    return live


def _is_wanted(
    payment: PaymentRow, wanted: Attempt, spent: str | None, moment: datetime
) -> bool:
    """Whether an attempt is open for the same choice, and of use to the buyer."""
    is_same = payment.open_key == wanted.open_key and not payment.outdated
    if not is_same or payment.request_id == spent:
        return False
    return payment.session_data is None or is_usable(payment, moment)


def make_room(state: AppState, live: Sequence[PaymentRow]) -> None:
    """Cancel the live attempts that failed: a buyer may still pay in their sessions.

    Antom does not cancel what nobody has begun. Such sessions stay live until their
    end.

    :raises CheckoutUnavailable: if none is cancelled.
    """
    failed = [row for row in live if row.status in (Status.FAILED, Status.CANCELLED)]
    if not any(_is_cancelled(state, payment) for payment in failed):
        raise too_many(state, live)


def _is_cancelled(state: AppState, payment: PaymentRow) -> bool:
    try:
        with suppress(DeliveryFailed):
            cancel(state, payment, undo=False)
    except GatewayError as error:
        log.of(**payment.names).warning("Payment %s: %s", payment.request_id, error)
    refuse_if_paid(state, payment)
    return is_settled(payment)


def too_many(state: AppState, live: Sequence[PaymentRow]) -> CheckoutUnavailable:
    """Return the error for an order with as many live attempts as it may have.

    It has the result page of the attempt that is paid most likely.
    """
    message = "The order has several open sessions."
    if not live:  # all were opened meanwhile
        return CheckoutUnavailable(message)
    return _unavailable(state, _likeliest(live), message)


def _likeliest(payments: Sequence[PaymentRow]) -> PaymentRow:
    """Return the attempt that is paid most likely."""
    return max(
        payments,
        key=lambda row: (row.status in BEGUN, row.payment_id is not None, row.id),
    )


def close(state: AppState, payment: PaymentRow) -> None:
    """Ask Antom about an attempt, and cancel it unless the buyer has begun to pay.

    Antom does not know a session that nobody has begun to pay, and cannot cancel it.
    Such a session is not used again, but Antom is still asked about it.
    """
    try:
        with suppress(DeliveryFailed):  # the answer is stored all the same
            sync(state, payment)
    except GatewayError:
        raise CheckoutUnavailable(_STILL_OPEN) from None
    refuse_if_paid(state, payment)
    _end(state, payment, spare_begun=True)


def _end(state: AppState, payment: PaymentRow, *, spare_begun: bool) -> None:
    """Cancel an attempt, or retire it if Antom does not know it.

    :param spare_begun: whether to leave a payment alone that the buyer has begun. One
        in which they have done their part is always left alone.
    """
    refuse_if_pending(state, payment)
    if spare_begun and payment.status in BEGUN:
        raise _unavailable(state, payment, "A payment is under way.")
    try:
        if not payment.is_final:
            with suppress(DeliveryFailed):
                cancel(state, payment, undo=False)
    except Refused as refusal:
        if not refusal.signed or refusal.result_code != "ORDER_NOT_EXIST":
            raise _unavailable(state, payment, _STILL_OPEN) from None
        _retire(state, payment)
    except OutcomeUnknown:
        raise _unavailable(state, payment, _STILL_OPEN) from None
    refuse_if_paid(state, payment)
    refuse_if_pending(state, payment)


def _retire(state: AppState, payment: PaymentRow) -> None:
    """Do not use a session again. Antom is still asked about it."""
    if payment.open_key is not None:
        state.attempts.retire(payment.id)
        payment.open_key = payment.session_data = payment.normal_url = None


def refuse_if_paid(state: AppState, payment: PaymentRow) -> None:
    if payment.is_taken:
        raise OrderAlreadyPaid(
            "A payment for this order has been received.",
            result_url=result_url_of(state, payment),
        )


def _refuse_if_foreign(state: AppState, payment: PaymentRow) -> None:
    """Raise an error if Antom cannot be asked whether a live attempt is paid."""
    try:
        state.account_of(payment)
    except NotPossible as error:
        log.of(**payment.names).warning("Payment %s: %s", payment.request_id, error)
        raise CheckoutUnavailable(_STILL_OPEN) from None


def refuse_if_pending(state: AppState, payment: PaymentRow) -> None:
    """Raise an error if the buyer has done their part (Antom: inquiryPayment)."""
    if payment.status == Status.PENDING or payment.under_review:
        raise _unavailable(state, payment, "A payment is under way.")


def _unavailable(
    state: AppState, payment: PaymentRow, message: str
) -> CheckoutUnavailable:
    """Return an error with the status of a payment and its result page."""
    status = Status.PENDING if payment.under_review else payment.status
    return CheckoutUnavailable(
        message,
        result_url=result_url_of(state, payment),
        payment_status=status if status in BEGUN else None,
        request_id=payment.request_id if status == Status.PROCESSING else None,
    )


def _may_ask(state: AppState, payment: PaymentRow, is_other: bool) -> bool:
    """Whether to ask Antom about a live attempt now.

    :param is_other: whether another session is to be offered. Then Antom is asked each
        time: who asked a moment ago may have died, or may not have an answer yet. To
        use the attempt's own session again is safe even without an answer.
    """
    if is_other or payment.session_data is None:
        return is_other
    return state.attempts.may_inquire(payment, _ASK_PAUSE)


def _ask(state: AppState, payments: list[PaymentRow]) -> list[PaymentRow]:
    """Ask Antom about several attempts at once, and return those without an answer."""

    def ask(payment: PaymentRow) -> Observation:
        account, request_id = state.account_of(payment), payment.request_id
        with about(**payment.names):
            return state.client.inquire(account, request_id=request_id, repeat=False)

    unknown = []
    with count_once(state.clock):
        answers = list(ask_together(payments, ask))
    for payment, answer in answers:
        try:
            settle(state, payment, answer())
        except DeliveryFailed as error:
            log.of(**payment.names).warning("Payment %s: %s", payment.request_id, error)
        except GatewayError as error:
            log.of(**payment.names).warning("Payment %s: %s", payment.request_id, error)
            state.attempts.forget_inquiry(payment.id)
            unknown.append(payment)
    return unknown

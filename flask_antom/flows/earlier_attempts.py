"""The earlier attempts to pay an order, when a buyer starts to pay it once more.

A paid order is refused. An open attempt of another amount or method is closed, and
nothing is opened while it is unknown what became of one.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta

from ..app_state import AppState
from ..domain.payment_states import BEGUN, Status
from ..domain.records import Attempt
from ..errors import (
    CheckoutUnavailable,
    DeliveryFailed,
    GatewayError,
    NotPossible,
    OrderAlreadyPaid,
    OutcomeUnknown,
    Refused,
)
from ..store.rows import PaymentRow
from .payments import cancel, may_yet_be_paid, sync
from .result_links import make_token

logger: logging.Logger = logging.getLogger(__name__)

#: Modes that open the session with the page, without a click. To show a page must not
#: cancel a payment that the buyer has begun elsewhere.
_OPENED_WITH_PAGE = ("element", "page")

#: The pause between two inquiries whether an open session has been paid.
_ASK_PAUSE = timedelta(seconds=2)


def close_others(state: AppState, wanted: Attempt, spent: str | None) -> None:
    """Refuse a paid order, and close its open attempts of another amount or method.

    Attempts of another environment are left alone. One of another account does not pay
    the order, but as long as it may yet be paid, nothing is opened.

    Antom is also asked about closed and failed attempts as long as their session lasts.
    The buyer may have paid one, and the notification may be lost. Or the buyer may be
    about to pay it.
    """
    attempts = state.rows.of_order(wanted.order_reference)
    for payment in filter(state.ours.may_pay, attempts):
        refuse_if_paid(payment)
    if any(payment.amount != wanted.amount for payment in attempts):
        state.attempts.outdate(wanted.order_reference, wanted.amount)
    for payment in attempts:
        if payment.is_taken:  # by another account
            continue
        _refuse_if_foreign(state, payment)
        if payment.open_key is None and may_yet_be_paid(payment, state.clock.now()):
            ask_if_paid(state, payment, must_know=True)
            refuse_if_paid(payment)
        if payment.open_key == wanted.open_key and payment.request_id != spent:
            continue
        if payment.open_key is not None or payment.status in BEGUN:
            close(state, payment, spare_begun=wanted.mode in _OPENED_WITH_PAGE)


def close(state: AppState, payment: PaymentRow, *, spare_begun: bool = False) -> None:
    """Ask Antom whether an attempt has been paid, and cancel it if not.

    Antom does not know a session that nobody has begun to pay, and cannot cancel it.
    Such a session is not used again, but Antom is still asked about it.

    :param spare_begun: whether to leave a payment alone that the buyer has begun.
    """
    try:
        with suppress(DeliveryFailed):  # the answer is stored all the same
            sync(state, payment)
        refuse_if_paid(payment)
        if spare_begun and payment.status in BEGUN:
            raise _under_way(state, payment)
        if not payment.is_final:
            with suppress(DeliveryFailed):
                cancel(state, payment, undo=False)
    except Refused as refusal:
        if not refusal.signed or refusal.result_code != "ORDER_NOT_EXIST":
            raise CheckoutUnavailable("An earlier attempt is still open.") from None
        state.attempts.retire(payment.id)
        payment.open_key = payment.session_data = payment.normal_url = None
    except OutcomeUnknown:
        raise CheckoutUnavailable("An earlier attempt is still open.") from None
    refuse_if_paid(payment)


def refuse_if_paid(payment: PaymentRow) -> None:
    if payment.is_taken:
        raise OrderAlreadyPaid("A payment for this order has been received.")


def _refuse_if_foreign(state: AppState, payment: PaymentRow) -> None:
    """Raise an error if Antom cannot be asked whether an open attempt is paid."""
    is_open = payment.open_key is not None or payment.status in BEGUN
    if not is_open and not may_yet_be_paid(payment, state.clock.now()):
        return
    try:
        state.account_of(payment)
    except NotPossible as error:
        logger.warning("Payment %s: %s", payment.request_id, error)
        raise CheckoutUnavailable("An earlier attempt is still open.") from None


def refuse_if_pending(state: AppState, payment: PaymentRow) -> None:
    """Raise an error if the buyer has done their part (Antom: inquiryPayment)."""
    if payment.status == Status.PENDING:
        raise _under_way(state, payment)


def _under_way(state: AppState, payment: PaymentRow) -> CheckoutUnavailable:
    """Return the error for a payment that is under way, with its result page."""
    token = make_token(state.app, payment)
    result_url = state.config.public(f"/result/{token}")
    return CheckoutUnavailable("A payment is under way.", result_url=result_url)


def ask_if_paid(
    state: AppState, payment: PaymentRow, *, must_know: bool = False
) -> None:
    """Ask Antom whether the session has been paid meanwhile.

    :param must_know: whether a missing answer is an error. It is if another session is
        about to be opened. To use the same session again is safe.
    """
    if not state.attempts.may_inquire(payment, _ASK_PAUSE):
        return
    try:
        sync(state, payment, repeat=False)
    except DeliveryFailed as error:
        logger.warning("Payment %s: %s", payment.request_id, error)
    except GatewayError as error:
        logger.warning("Payment %s: %s", payment.request_id, error)
        if must_know:
            raise CheckoutUnavailable(
                "The outcome of an earlier attempt is not known yet."
            ) from None

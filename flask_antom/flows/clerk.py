"""A person acts on a payment, and gets a sentence about what came of it.

The command line and the page of the support team call nothing else. Each function is
one public method of :class:`.FlaskAntom`, with its locks and its refusals. Money is
always moved with a key, so that a repeat moves none again.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from ..app_state import AppState
from ..domain.money import Money
from ..domain.payment_states import Status
from ..domain.refund_states import RefundStatus
from ..errors import NotPossible
from ..store.capture_requests import asked, left_of
from ..store.rows import PaymentRow
from . import closing, payments, refunds
from .dossiers import STATUS
from .host_calls import call_of_host


class Left(NamedTuple):
    """The amounts that are left of a payment.

    :ivar capture: the amount that can be captured.
    :ivar refund: the amount that can be refunded; refunds under way are taken off.
    """

    capture: Money
    refund: Money


def new_key() -> str:
    """Return a new key, for one capture or one refund."""
    return f"clerk-{secrets.token_hex(8)}"


def payment_of(state: AppState, request_id: str) -> PaymentRow:
    """Return a payment.

    :raises NotPossible: if there is none with this ``paymentRequestId``.
    """
    payment = state.rows.find(request_id)
    if payment is None:
        raise NotPossible(f"There is no payment {request_id}.")
    return payment


def left(state: AppState, request_id: str) -> Left:
    """Return what is left of a payment to capture and to refund."""
    payment = payment_of(state, request_id)
    nothing = Money(0, payment.currency)
    is_held = payment.authorizes and payment.status in (
        Status.AUTHORIZED,
        Status.SUCCEEDED,
    )
    is_paid = payment.status in (Status.SUCCEEDED, Status.REVIEW)
    held = state.refunds.held(payment)
    rest = payment.captured - held if held < payment.captured else nothing
    return Left(left_of(payment) if is_held else nothing, rest if is_paid else nothing)


def check_unchanged(state: AppState, seen: PaymentRow, left_then: Left) -> None:
    """Raise an error if a payment is not as it was when a person was asked about it.

    Somebody else may have acted on it, or the buyer has paid.

    :raises NotPossible: if its status or what is left has changed.
    """
    request_id = seen.request_id
    status = payment_of(state, request_id).status
    if (status, left(state, request_id)) != (seen.status, left_then):
        raise NotPossible(
            f"Payment {request_id} has changed since you were asked; it is {status}."
            " Nothing was done: look at it, and begin again if it is still right."
        )


def refunded_with(
    state: AppState, payment: PaymentRow, key: str | None
) -> Money | None:
    """Return the amount that was refunded with a key; ``None`` if it is a new one."""
    for row in state.dossiers.of_payment(payment.id).refunds if key else ():
        if row["key"] == key:
            return Money(row["amount_value"], row["currency"])
    return None


def captured_with(payment: PaymentRow, key: str | None) -> Money | None:
    """Return the amount that was captured with a key; ``None`` if it is a new one."""
    for capture in asked(payment).values() if key else ():
        if capture.get("key") == key:
            return Money(capture["amount"], payment.currency)
    return None


def sync(state: AppState, request_id: str) -> str:
    """Ask Antom for the state of a payment, and apply the answer."""
    with call_of_host(state.hooks, "sync", money=False):
        payment = payment_of(state, request_id)
        before = payment.status
        payments.sync(state, payment)
        words = _status(payment)
        same = "is still" if payment.status == before else f"was {before}, and is now"
        return f"Antom has answered: payment {request_id} {same} {words}."


def capture(
    state: AppState,
    request_id: str,
    amount: Money | None,
    *,
    final: bool,
    key: str,
    again: bool = False,
) -> str:
    """Capture money of an authorized payment.

    :param amount: ``None`` stands for all that is left.
    :param final: whether the rest of the authorization is released.
    :param again: whether to capture although an equal capture with another key was
        made less than a minute ago.
    :raises RepeatedCall: if there is such a capture.
    """
    with call_of_host(state.hooks, "capture"):
        payment = payment_of(state, request_id)
        payments.capture(state, payment, amount, final=final, key=key, again=again)
        payment = payment_of(state, request_id)
    if payment.capture_request_id is not None:
        return (
            "Antom has taken the capture, and has not said yet what came of it: a"
            " notification follows."
        )
    rest = left_of(payment)
    is_held = payment.authorized_until is not None
    last = f"{rest} can still be captured" if is_held and rest else "nothing is left"
    return f"Captured {payment.captured} of {payment.amount} by now; {last}."


def cancel(state: AppState, request_id: str) -> str:
    """Close a payment, or undo a paid one."""
    with call_of_host(state.hooks, "cancel"):
        payment = payment_of(state, request_id)
        payments.cancel(state, payment)
        return f"Payment {request_id} is {_status(payment)}."


def refund(
    state: AppState,
    request_id: str,
    amount: Money | None,
    *,
    reason: str | None = None,
    key: str,
    again: bool = False,
) -> str:
    """Refund a payment in full or in part.

    :param amount: ``None`` stands for all that is left.
    :param again: whether to refund although an equal refund with another key was made
        less than a minute ago.
    :raises NotPossible: also if the refund with this key has failed.
    :raises RepeatedCall: if there is an equal refund of the last minute.
    """
    with call_of_host(state.hooks, "refund"):
        payment = payment_of(state, request_id)
        ref = refunds.refund(
            state, payment.id, amount, reason=reason, key=key, again=again
        )
        refund = state.refunds.get(ref)
    what = f"The refund of {refund.amount}, {refund.request_id},"
    if refund.status == RefundStatus.FAILED:
        code = refund.result_code or "no code"
        raise NotPossible(
            f"{what} had failed before ({code}). Nothing was sent: use a new key."
        )
    if refund.status == RefundStatus.PENDING:
        return (
            f"{what} is pending: Antom has not said yet what came of it. Sweeps ask"
            " until it does; do not refund again with another key."
        )
    rest = left(state, request_id).refund
    return f"{what} has succeeded. {rest} of the payment is left."


def close(state: AppState, reference: str) -> str:
    """Close an order: nobody can begin to pay it any more.

    :raises NotPossible: if nothing is known of the order.
    """
    with call_of_host(state.hooks, "close"):
        closing.close(state, reference)
        attempts = state.rows.of_order(reference)
    if not attempts:
        raise NotPossible(
            f"There is no payment for the order {reference}, and the order loader does"
            " not return it. Nothing is closed."
        )
    begun = [one for one in attempts if one.is_done_by_buyer]
    words = "".join(f" Payment {one.request_id} is {_status(one)}." for one in begun)
    left_alone = " What a buyer has begun stays as it is." if begun else ""
    return f"Order {reference} is closed.{left_alone}{words}"


def _status(payment: PaymentRow) -> str:
    text = STATUS.get(payment.status, "")
    return f"{payment.status} ({text})" if text else payment.status

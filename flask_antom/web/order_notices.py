"""Notices about an order, which the macro draws above the form or in its place."""

from __future__ import annotations

from typing import NamedTuple

from flask import request

from ..app_state import AppState
from ..domain.order_states import OrderState
from ..domain.orders import Order
from ..domain.payment_states import TAKEN, Status
from ..errors import CheckoutError, UnusableOrder
from ..flows.order_status import OrderStatus, read_status
from ..flows.orders import for_visitor
from ..i18n.failure_texts import text_for
from ..log_lines import Log
from ..opaque import HiddenText
from ..store.models import PaymentMixin
from . import fault_codes
from .blueprint import current_state

log: Log = Log(__name__)

#: What a developer may have overlooked, by the name of the text that the buyer reads.
_HINTS = {
    "missing": "the order loader found no such order, or the function given to"
    " @antom.visitor_may_pay returned False",
    "nothing": "the order's amount is zero. Fulfil it without a payment, and do not"
    " draw the form",
}


class Notice(NamedTuple):
    """A notice about an order.

    :ivar outcome: the name of a text of :data:`.english.RESULT`; ``None`` if there is
        no payment to speak of.
    :ivar text: else the name of a text of :data:`.english.CHECKOUT`.
    :ivar result_url: the link to the payment's result page.
    :ivar fault_code: what the shop finds in its log, if the buyer cannot mend it.
    :ivar instead_of: the request id of a payment that another one may replace.
    """

    outcome: str | None = None
    text: str | None = None
    result_url: HiddenText | None = None
    fault_code: str | None = None
    instead_of: str | None = None


class Look(NamedTuple):
    """An order as the macro finds it.

    :ivar order: the order to pay; ``None`` if no form is drawn.
    """

    order: Order | None
    notice: Notice | None


def look_at(state: AppState, reference: str, *, again: bool) -> Look:
    """Return what to draw for an order.

    :param again: whether a refunded order can be paid again.
    """
    try:
        order = for_visitor(state, reference)
    except UnusableOrder as problem:
        fault_codes.note_order(reference)
        code = fault_codes.code_for(problem)
        return Look(None, Notice(text="broken", fault_code=code))
    except CheckoutError as problem:
        return _say(state, reference, text_for(problem.code) or "fault")
    status = read_status(state, reference)
    if status.state is OrderState.CLOSED:
        return _say(state, reference, "order_closed")
    if status.payment is None:
        return Look(order, None) if order.amount else _say(state, reference, "nothing")
    is_payable = bool(order.amount) and _is_payable(status, status.payment, again)
    notice = Notice(
        _outcome(status, status.payment),
        result_url=HiddenText(status.result_url or ""),
        instead_of=status.payment.request_id if _is_open(status.payment) else None,
    )
    return Look(order if is_payable else None, notice)


def _is_payable(
    status: OrderStatus[PaymentMixin], payment: PaymentMixin, again: bool
) -> bool:
    """Whether the buyer may start to pay although there is a payment."""
    if payment.order_closed_at is not None:
        return False
    if status.state is OrderState.REFUNDED:
        return again
    return _is_open(payment)


def _is_open(payment: PaymentMixin) -> bool:
    """Whether the buyer may give a begun payment up for another one."""
    return payment.status == Status.PROCESSING and not payment.under_review


def _outcome(status: OrderStatus[PaymentMixin], payment: PaymentMixin) -> str:
    if status.state in (OrderState.REFUNDING, OrderState.REFUNDED):
        return str(status.state)
    return payment.status


def _say(state: AppState, reference: str, text: str) -> Look:
    """Draw a text in place of the form; the log says what was overlooked, if so."""
    hint = _HINTS.get(text)
    if hint is not None and state.hint_limit.allows():
        log.warning(
            "antom_checkout(%r) draws no form: %s.", reference, hint, order=reference
        )
    return Look(None, Notice(text=text))


def outcome_of(payment: PaymentMixin) -> str:
    """Return the name of the text of :data:`.english.RESULT` about a payment."""
    if payment.status == Status.CANCELLED and payment.paid_at is not None:
        return "refunded"
    if payment.status not in TAKEN:
        return payment.status
    if payment.is_given_back:
        return "refunded"
    return "refunding" if _is_being_refunded(payment) else payment.status


def _is_being_refunded(payment: PaymentMixin) -> bool:
    """Whether a refund is pending; a page asks several times, the database once."""
    known: dict[int, bool] = request.environ.setdefault("flask_antom.refunding", {})
    if payment.id not in known:
        standings = current_state().standings
        known[payment.id] = standings.is_being_refunded(payment.id)
    return known[payment.id]

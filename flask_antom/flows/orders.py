"""The host's order: found for a buyer, or asked for once more when money has come.

The host's loader only finds. Whether a visitor may pay is a question of its own, which
is asked in buyers' requests and never when money has come: nobody visits then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.exc import DataError, DBAPIError, StatementError

from ..app_state import AppState
from ..domain.orders import Order, can_be_reference
from ..domain.payment_states import Fact
from ..errors import (
    AntomError,
    CheckoutError,
    InvalidMoney,
    InvalidOrder,
    NothingToPay,
    OrderAlreadyPaid,
    OrderClosed,
    OrderNotFound,
    UnusableOrder,
)
from ..log_lines import Log
from ..store.models import PaymentMixin

log: Log = Log(__name__)

#: What a loader raises for a reference that is no key of its table, such as ``abc``
#: where the key is a number.
NONSENSE = (ValueError, OverflowError, DataError, StatementError)

#: What a loader may raise to say something about its order.
_SAYS: Mapping[type[CheckoutError], Fact] = {
    OrderAlreadyPaid: Fact.ORDER_PAID,
    OrderNotFound: Fact.ORDER_GONE,
    OrderClosed: Fact.ORDER_CLOSED,
    NothingToPay: Fact.ORDER_CHANGED,
}

#: What is wrong with an order whose money has come.
WRONG: Mapping[str, str] = {
    Fact.ORDER_CHANGED: "the order has another amount now",
    Fact.ORDER_GONE: "the order loader does not find the order, without a visitor",
    Fact.ORDER_CLOSED: "the shop has closed the order",
    Fact.ORDER_PAID: "the shop has the money for the order from elsewhere",
}


def find(state: AppState, reference: str) -> Order | None:
    """Return the host's order; ``None`` if it has no order with this reference.

    :raises ConfigError: if the host has no loader, or it returns something else.
    """
    if not can_be_reference(reference):  # some databases compare it with an error
        return None
    order = state.hooks.load_order(reference)
    if order is not None and order.reference != reference:
        if state.hint_limit.allows():
            log.warning(
                "The order loader returned the order %r for the reference %r, so there"
                " is no such order. The database may compare without case or blanks.",
                order.reference,
                reference,
                order=reference,
            )
        return None
    return order


def for_visitor(state: AppState, reference: str) -> Order:
    """Return the order that a buyer asks for.

    :raises OrderNotFound: if there is none, or this visitor may not pay it.
    :raises OrderAlreadyPaid: if the host's loader says so.
    :raises UnusableOrder: if Antom would refuse the order, and we cannot change that.
    """
    try:
        order = find(state, reference)
    except (InvalidOrder, InvalidMoney) as error:
        raise UnusableOrder(str(error)) from error
    except NONSENSE as error:
        if isinstance(error, AntomError) or _is_fault(error):
            raise
        if isinstance(error, DBAPIError):  # the transaction may have ended
            state.host.current.rollback()
        if state.hint_limit.allows():
            log.warning(
                "The order loader raised %s for the reference %r. It is taken for an"
                " unknown order: let the loader return None for it.",
                type(error).__name__,
                reference,
                error=error,
                order=reference,
            )
        order = None
    if order is None or not state.hooks.may_pay(order):
        raise OrderNotFound("The shop knows no such order.")
    return order


def to_pay(state: AppState, reference: str) -> Order:
    """Return the order that a buyer wants to pay.

    :raises NothingToPay: if its amount is zero.
    :raises CheckoutError: as :func:`for_visitor`.
    """
    order = for_visitor(state, reference)
    if not order.amount:
        raise NothingToPay("The order's amount is zero, so nothing has to be paid.")
    return order


def _is_fault(error: Exception) -> bool:
    """Whether the database is at fault, and not the reference."""
    return isinstance(error, DBAPIError) and not isinstance(error, DataError)


def recheck(
    state: AppState, payment: PaymentMixin, expected: Collection[Fact]
) -> Fact | None:
    """Return what is wrong with the order of a payment; ``None`` if nothing is.

    :param payment: a paid one, whose receivers are about to be called.
    :param expected: facts that are right, because the host knows of the payment.
    :raises Exception: if the host's loader raises.
    """
    fact = Fact.ORDER_CLOSED if payment.order_closed_at is not None else None
    if fact is None and state.hooks.rechecks:
        fact = _compare(state, payment, Fact.ORDER_PAID in expected)
    return None if fact in expected else fact


def _compare(state: AppState, payment: PaymentMixin, may_be_paid: bool) -> Fact | None:
    """Return what is wrong with the order.

    :param may_be_paid: whether nothing may be left to pay, as some loaders return what
        is due.
    """
    try:
        order = find(state, payment.order_reference)
    except CheckoutError as error:
        if may_be_paid and isinstance(error, NothingToPay):
            return None
        said = (fact for kind, fact in _SAYS.items() if isinstance(error, kind))
        fact = next(said, None)
        if fact is None:
            raise
        return fact
    if order is None:
        return Fact.ORDER_GONE
    if may_be_paid and not order.amount:
        return None
    return None if order.amount == payment.amount else Fact.ORDER_CHANGED

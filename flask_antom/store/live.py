"""Which attempts of an order are live: Antom has to be asked about them.

A buyer may pay as long as a session lasts, whatever became of the attempt here. So a
click costs an inquiry for each live attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..domain.payment_states import BEGUN, SETTLED, Status
from ..domain.schedule import session_end
from .rows import PaymentRow

#: How many attempts of an order, as it is now, may be live at the same time.
MOST_LIVE = 4

#: So many attempts of an order before it has changed are asked about, at once.
MOST_LEFT_BEHIND = 12

#: A session is used again only if it lasts at least this long.
_MIN_LIFE = timedelta(seconds=60)


def live_attempts(attempts: Sequence[PaymentRow], moment: datetime) -> list[PaymentRow]:
    """Return the attempts of an order that Antom has to be asked about, in order.

    Of those that are left behind, only the newest: nobody had begun to pay the others
    when Antom was asked last, and what comes in one needs a review in any case.
    """
    live = [row for row in attempts if not row.is_taken and is_live(row, moment)]
    skipped = [row for row in live if is_left_behind(row)][:-MOST_LEFT_BEHIND]
    return [row for row in live if row not in skipped]


def is_left_behind(payment: PaymentRow) -> bool:
    """Whether the order has changed before anybody has begun to pay."""
    return payment.outdated and payment.status == Status.CREATED


def is_live(payment: PaymentRow, moment: datetime) -> bool:
    """Whether an attempt is open, begun, or may yet be paid."""
    is_open = payment.open_key is not None or payment.status in BEGUN
    return is_open or may_yet_be_paid(payment, moment)


def is_usable(payment: PaymentRow, moment: datetime) -> bool:
    """Whether a buyer can be given the attempt's session."""
    expires_at = payment.session_expires_at
    if payment.session_data is None or expires_at is None:
        return False
    return expires_at >= moment + _MIN_LIFE


def may_yet_be_paid(payment: PaymentRow, moment: datetime) -> bool:
    """Whether the buyer may have paid in the session, or may still pay.

    They may have paid at its end, so it is also true after the end until Antom has been
    asked. They may have paid again after a refund.
    """
    if payment.session_expires_at is None:
        return False
    if is_settled(payment) and not payment.is_given_back:
        return False
    return payment.inquire_at is not None or not is_over(payment, moment)


def is_settled(payment: PaymentRow) -> bool:
    """Whether the buyer can no longer change the payment.

    In the session of an order that Antom closed by itself, they may still pay.
    """
    if payment.status == Status.CANCELLED:
        return payment.cancel_asked_at is not None
    return payment.status in SETTLED


def is_over(payment: PaymentRow, moment: datetime) -> bool:
    """Whether neither the buyer nor Antom changes the payment any more."""
    return moment > session_end(payment.session_expires_at, payment.created_at)

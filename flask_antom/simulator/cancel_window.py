"""The window in which a paid payment can be cancelled."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

from .attempts import Attempt
from .records import CARD_LIKE

#: How long a card payment can be cancelled (Antom: cancel, "Cards").
CARD_CANCEL_PERIOD = timedelta(days=7)

_CANCEL_ZONE = timezone(timedelta(hours=8))


def last_moment_to_cancel(attempt: Attempt, paid_at: datetime) -> datetime:
    """Return the end of the cancel window (Antom: cancel, table of payment methods).

    If a method cannot be cancelled after its success, this is the success itself.
    """
    method, currency = attempt.method, attempt.amount.currency
    if method in CARD_LIKE or method.startswith("MERCADOPAGO"):
        return paid_at + CARD_CANCEL_PERIOD
    is_thai_bank = currency == "THB" and method.startswith(
        ("ONLINEBANKING_", "MOBILEBANKING_")
    )
    if is_thai_bank or currency == "IDR" or method == "JKOPAY":
        return paid_at
    if method.startswith("BANKTRANSFER_"):
        return paid_at
    next_day = paid_at.astimezone(_CANCEL_ZONE).date() + timedelta(days=1)
    return datetime.combine(next_day, time(0, 15), _CANCEL_ZONE)

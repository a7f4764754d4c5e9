"""When to look again: pauses that suit Antom's clocks. Pure."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from .payment_states import FINAL, TAKEN, Status

#: How long a session may be paid (Antom: createPaymentSession, default 1 hour).
SESSION_LIFE = timedelta(hours=1)

#: How long Antom takes to close an order that was begun (the guide: 14 minutes).
CLOSING_TIME = timedelta(minutes=14)

#: How long an authorization lasts (Antom: capture), where Antom does not say.
AUTHORIZATION_LIFE = timedelta(days=7)

#: How long Antom may take to let an authorization go.
_LAPSING_TIME = timedelta(hours=1)

#: In the same session the buyer may pay all the same.
_TRIED = frozenset({Status.FAILED, Status.CANCELLED})

#: When what we asked of Antom is asked about for the first time.
FIRST_INQUIRY = timedelta(minutes=1)
_LONGEST_INQUIRY = {
    Status.CREATED: timedelta(minutes=15),
    Status.PROCESSING: timedelta(minutes=15),
    Status.PENDING: timedelta(hours=2),  # over the counter: days
    Status.AUTHORIZED: timedelta(hours=6),  # an authorization lasts 7 days
}
_LONGEST_UNCLEAR = timedelta(minutes=15)
_SHORTEST_TRY, _LONGEST_TRY = timedelta(minutes=2), timedelta(hours=1)
_FIRST_DELIVERY = timedelta(seconds=30)
_LONGEST_DELIVERY = timedelta(hours=1)

#: After so many failures in so long a time a receiver needs a person.
_MOST_DELIVERIES, _DELIVERY_PATIENCE = 30, timedelta(days=1)


def session_end(expires_at: datetime | None, created_at: datetime) -> datetime:
    """When neither the buyer nor Antom's closing can change anything more."""
    return (expires_at or created_at + SESSION_LIFE) + CLOSING_TIME


def authorization_end(authorized_until: datetime) -> datetime:
    """When what was authorized and is not captured is lost."""
    return authorized_until + _LAPSING_TIME


def next_inquiry(
    status: Status,
    moment: datetime,
    *,
    created_at: datetime,
    expires_at: datetime | None,
    unclear_since: datetime | None = None,
    authorized_until: datetime | None = None,
) -> datetime | None:
    """When to ask Antom about a payment the next time; ``None``: never.

    The pause grows with the payment's age. A session is looked at again when it is
    over, and so is one that failed or that Antom closed: the buyer may have tried once
    more within the session, and the news of that may be lost. What is authorized and
    not captured is looked at when it has lapsed.

    :param unclear_since: when something was asked of Antom, or heard, of which nobody
        knows yet what became of it: then the status does not matter.
    """
    if unclear_since is not None:
        return moment + _pause(moment - unclear_since, _LONGEST_UNCLEAR)
    end, lapse = session_end(expires_at, created_at), None
    if authorized_until is not None and status in TAKEN:
        lapse = authorization_end(authorized_until)
    if status in _TRIED and expires_at is not None and end > moment:
        return end
    if status in FINAL:
        return lapse if lapse is not None and lapse > moment else None
    at = moment + _pause(moment - created_at, _LONGEST_INQUIRY[status])
    return min([at, *(mark for mark in (end, lapse) if mark and mark > moment)])


def _pause(age: timedelta, longest: timedelta) -> timedelta:
    return min(max(age, FIRST_INQUIRY), longest)


def next_try(since: datetime, moment: datetime) -> datetime:
    """When to ask again what is still open; the pause grows with its age.

    :param since: when it came about.
    """
    pause = min(max(moment - since, _SHORTEST_TRY), _LONGEST_TRY)
    return moment + pause


def next_delivery(
    attempts: int, first_failure_at: datetime, moment: datetime
) -> datetime | None:
    """When to call a receiver again that has raised, with jitter; ``None``: never.

    The pause grows with the time for which it has raised, not with the attempts: copies
    of a notification may make dozens of them in a second.
    """
    age = moment - first_failure_at
    if attempts >= _MOST_DELIVERIES and age >= _DELIVERY_PATIENCE:
        return None
    pause = min(max(age, _FIRST_DELIVERY), _LONGEST_DELIVERY)
    return moment + pause * random.uniform(0.8, 1.2)  # noqa: S311

"""Times of the next inquiry and the next delivery, by Antom's deadlines. Pure."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from .payment_states import FINAL, TAKEN, Status

#: How long a session can be paid (Antom: createPaymentSession, default 1 hour).
SESSION_LIFE = timedelta(hours=1)

#: How long Antom takes to close an order that a buyer began to pay (the guide: 14
#: minutes).
CLOSING_TIME = timedelta(minutes=14)

#: How long an authorization lasts (Antom: capture), if Antom does not say.
AUTHORIZATION_LIFE = timedelta(days=7)

#: How long Antom may take to release an authorization.
_LAPSING_TIME = timedelta(hours=1)

#: The buyer may still pay in the same session.
_TRIED = frozenset({Status.FAILED, Status.CANCELLED})

#: How long after a call Antom is first asked for its outcome.
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

#: After so many failed deliveries in so long a time, a person has to look.
_MOST_DELIVERIES, _DELIVERY_PATIENCE = 30, timedelta(days=1)


#: The due time of an event that is given up: never, but an index finds it.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

#: How long the claim of an event lasts at least. Receivers should need less.
LEASE = timedelta(minutes=2)


def session_end(expires_at: datetime | None, created_at: datetime) -> datetime:
    """Return the time after which neither the buyer nor Antom changes a payment.

    :param expires_at: the session's end; ``None`` stands for :data:`SESSION_LIFE`
        after ``created_at``.
    """
    return (expires_at or created_at + SESSION_LIFE) + CLOSING_TIME


def authorization_end(authorized_until: datetime) -> datetime:
    """Return the time after which the uncaptured rest of an authorization is lost."""
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
    """Return when to ask Antom about a payment again; ``None`` for never.

    The pause grows with the payment's age. Antom is asked again at the end of a
    session. This also holds for an attempt that failed or that Antom closed: the buyer
    may have tried again within the session, and the notification may be lost. Antom is
    asked about an authorization when it has lapsed.

    :param unclear_since: when something was asked or observed whose outcome is not
        known yet. If it is given, the status does not matter.
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
    """Return when to try an open task again. The pause grows with its age.

    :param since: when the task arose.
    """
    pause = min(max(moment - since, _SHORTEST_TRY), _LONGEST_TRY)
    return moment + pause


def next_delivery(
    attempts: int, first_failure_at: datetime, moment: datetime
) -> datetime | None:
    """Return when to deliver an event again, with jitter; ``None`` for never.

    The pause grows with the time since the first failure, not with the number of
    deliveries: copies of a notification may cause dozens of them in a second.

    :param attempts: how often the event was delivered.
    :param first_failure_at: when a receiver raised first.
    """
    age = moment - first_failure_at
    if attempts >= _MOST_DELIVERIES and age >= _DELIVERY_PATIENCE:
        return None
    pause = min(max(age, _FIRST_DELIVERY), _LONGEST_DELIVERY)
    return moment + pause * random.uniform(0.8, 1.2)  # noqa: S311


def longest_lease(age: timedelta) -> timedelta:
    """Return the lease of an event whose deliveries have ended their processes.

    :param age: the time since the first of them.
    """
    return min(max(LEASE, age), _LONGEST_DELIVERY)

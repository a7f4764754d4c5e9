"""Notifications that Flask-Antom does not act on: kept, and told to the host once."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from ..domain.events import UNHANDLED
from ..domain.records import Notification
from ..domain.whose import Ours
from .applied import Applied
from .inbox import Inbox
from .outbox import Outbox
from .transactions import Store, Transactions, atomic


class UnhandledStore(Store):
    """Keeps such a notification, with an event for the host's receivers."""

    def __init__(
        self, transactions: Transactions, inbox: Inbox, outbox: Outbox
    ) -> None:
        super().__init__(transactions)
        self._inbox = inbox
        self._outbox = outbox

    def take(self, notification: Notification, client_id: str) -> Applied:
        """Store a notification and its event, and commit both. A copy is counted.

        :param client_id: the account that it is for.
        """
        return self._take_unhandled(notification, client_id, uuid.uuid4().hex)

    @atomic
    def _take_unhandled(
        self, notification: Notification, client_id: str, claim: str
    ) -> Applied:
        stored = self._inbox.find(notification)
        if stored is not None:
            self._inbox.count_copy(stored._replace(is_copy=True), "repeated")
            told = self._outbox.find_unhandled(stored.ref, claim)
            return Applied("repeated", told.ids, told.claims)
        ref = self._inbox.add_unhandled(notification, client_id)
        told = self._outbox.add_unhandled(ref, claim)
        return Applied("unhandled", told.ids, told.claims)


def is_told_here(event: Any, notification: Any, ours: Ours) -> Any:
    """Return the condition that an event tells of nothing of another environment.

    It concerns events about a notification. Their rows name no payment.

    :param event: the columns of the events.
    :param notification: the table of the notifications.
    """
    told = notification.alias()
    # PostgreSQL would fail to read what other events are about as a number.
    about = sa.case((event.name == UNHANDLED, event.about))
    return ~sa.exists().where(
        told.c.id == sa.cast(about, sa.BigInteger),
        told.c.environment.not_in(ours.environments),
    )

"""The outbox: the events for the receivers, each stored once.

An event is stored in the transaction of the fact that it tells. If nothing has to be
delivered before it, it is stored as claimed by whoever stores it, which saves a commit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.events import UNHANDLED, must_wait
from ..domain.records import Claim, StoredEvent, Undelivered
from ..domain.schedule import LEASE
from .host_models import Models
from .rows import PaymentRow, in_utc
from .transactions import Store, Transactions


class Outbox(Store):
    """Stores events, and finds those of a payment.

    :param is_heard: whether an event of this name has somebody to tell.
    :param at_once: whether new events are delivered by whoever stores them.
    """

    def __init__(
        self,
        transactions: Transactions,
        models: Models,
        *,
        is_heard: Callable[[str], bool] = lambda name: True,
        at_once: bool = True,
    ) -> None:
        super().__init__(transactions)
        self._table: Any = models.event.__table__
        self._payment: Any = models.payment.__table__
        self._is_heard = is_heard
        self._at_once = at_once

    def add(
        self,
        name: str | None,
        claim: str,
        *,
        payment: PaymentRow,
        refund_ref: int | None = None,
        about: str = "",
    ) -> Undelivered:
        """Add an event within the caller's transaction, unless it exists.

        :param name: the signal; ``None`` adds nothing.
        :param claim: the id under which the caller delivers a new event, if it need not
            wait.
        :param payment: its payment, locked.
        :param about: the text by which several events of the same name differ.
        :returns: the events of the payment that are to be delivered, in order.
        """
        events = [
            stored_event(row) for row in self.execute(self._of_payment, ref=payment.id)
        ]
        waiting = [event for event in events if not event.is_delivered]
        known = any((event.name, event.about) == (name, about) for event in events)
        if name is not None and not known:
            may_claim = self._at_once and self._is_heard(name)
            if may_claim:
                may_claim = not must_wait(name, waiting, payment, self._is_heard)
            waiting.append(
                self._insert_event(
                    name,
                    claim if may_claim else None,
                    payment=payment,
                    refund_ref=refund_ref,
                    about=about,
                )
            )
        return Undelivered(
            [event.id for event in waiting if not event.is_given_up],
            [Claim(event.id, claim) for event in waiting if event.claim == claim],
            is_new=name is not None and not known,
        )

    def _insert_event(
        self,
        name: str,
        claim: str | None,
        *,
        payment: PaymentRow,
        refund_ref: int | None,
        about: str,
    ) -> StoredEvent:
        values = self.values(
            name, claim, payment=payment, refund_ref=refund_ref, about=about
        )
        added = self.execute(self._insert, **values)
        ref: int = added.inserted_primary_key[0]
        return StoredEvent(
            ref, name, about, claim, values["next_attempt_at"], is_delivered=False
        )

    def first(
        self, name: str, claim: str, *, payment: PaymentRow, about: str
    ) -> dict[str, Any]:
        """Return the columns of the first event of a payment."""
        may_claim = self._at_once and self._is_heard(name)
        return self.values(
            name, claim if may_claim else None, payment=payment, about=about
        )

    def values(
        self,
        name: str,
        claim: str | None,
        *,
        payment: PaymentRow | None,
        refund_ref: int | None = None,
        about: str = "",
    ) -> dict[str, Any]:
        """Return the columns of a new event.

        :param claim: the id under which the caller delivers it at once, if it does.
        """
        moment = self.now()
        return {
            "name": name,
            "about": about,
            "payment_ref": None if payment is None else payment.id,
            "refund_ref": refund_ref,
            "position": 0 if payment is None else payment.version,
            "created_at": moment,
            "claim": claim,
            "attempts": 0 if claim is None else 1,
            "next_attempt_at": moment if claim is None else moment + LEASE,
        }

    def find_undelivered(self, name: str, value: str | None, claim: str) -> Undelivered:
        """Return a payment's events that are not delivered, in order.

        :param name: the column that identifies the payment.
        :param value: the value of that column.
        :param claim: the id under which the caller may have claimed one before.
        """
        rows = self.execute(self._undelivered_of[name], value=value).all()
        return Undelivered(
            [row.id for row in rows],
            [Claim(row.id, claim) for row in rows if row.claim == claim],
        )

    def add_unhandled(self, notification_ref: int, claim: str) -> Undelivered:
        """Add the event of a notification that we do not act on."""
        claim_id = claim if self._at_once else None
        about = str(notification_ref)
        values = self.values(UNHANDLED, claim_id, payment=None, about=about)
        ref = self.execute(self._insert, **values).inserted_primary_key[0]
        return Undelivered([ref], [Claim(ref, claim)] if self._at_once else [])

    def find_unhandled(self, notification_ref: int, claim: str) -> Undelivered:
        """Return that event, if it is not delivered yet.

        :param claim: the id under which the caller may have claimed it before.
        """
        rows = self.execute(self._unhandled, about=str(notification_ref)).all()
        return Undelivered(
            [row.id for row in rows],
            [Claim(row.id, claim) for row in rows if row.claim == claim],
        )

    @cached_property
    def _unhandled(self) -> Any:
        c = self._table.c
        return sa.select(c.id, c.claim).where(
            c.payment_ref.is_(None),
            c.name == UNHANDLED,
            c.about == sa.bindparam("about"),
            c.delivered_at.is_(None),
        )

    @cached_property
    def _of_payment(self) -> Any:
        c = self._table.c
        columns = (c[name] for name in EVENT_COLUMNS)
        is_meant = c.payment_ref == sa.bindparam("ref")
        return sa.select(*columns).where(is_meant).order_by(c.position, c.id)

    @cached_property
    def _insert(self) -> Any:
        return sa.insert(self._table)

    @cached_property
    def _undelivered_of(self) -> dict[str, Any]:
        event, payment = self._table, self._payment
        query = (
            sa.select(event.c.id, event.c.claim)
            .join(payment, event.c.payment_ref == payment.c.id)
            .where(event.c.delivered_at.is_(None))
            .order_by(event.c.position, event.c.id)
        )
        return {
            name: query.where(payment.c[name] == sa.bindparam("value"))
            for name in ("request_id", "payment_id")
        }


#: The columns of :func:`stored_event`.
EVENT_COLUMNS = ("id", "name", "about", "claim", "next_attempt_at", "delivered_at")


def stored_event(row: Any) -> StoredEvent:
    """Return an event as the rules of the domain take it."""
    return StoredEvent(
        row.id,
        row.name,
        row.about,
        row.claim,
        in_utc(row.next_attempt_at),
        row.delivered_at is not None,
    )

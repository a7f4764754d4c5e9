"""The outbox: the events for the receivers, each stored once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.records import AddedEvent
from ..domain.schedule import next_delivery
from .due_queue import DueQueue
from .host_models import Models
from .models import EventMixin, PaymentMixin
from .transactions import Store, Transactions, atomic

#: The due time of an event that is given up: never, but an index finds it.
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Outbox(Store):
    """Stores events, and marks them as delivered.

    :ivar queue: the events that have to be delivered.
    """

    def __init__(self, transactions: Transactions, models: Models) -> None:
        super().__init__(transactions)
        self.queue: DueQueue = DueQueue(
            transactions, models.event, due_at="next_attempt_at", since="created_at"
        )
        self._model: Any = models.event
        self._payment: Any = models.payment

    def add(
        self,
        name: str | None,
        *,
        payment_ref: int | None,
        refund_ref: int | None = None,
        about: str = "",
    ) -> AddedEvent:
        """Add an event within the caller's transaction, unless it exists.

        :param name: the signal; ``None`` adds nothing.
        :param about: the text by which several events of the same name differ.
        """
        of = {"payment_ref": payment_ref, "refund_ref": refund_ref}
        by = "payment_ref" if refund_ref is None else "refund_ref"
        identity = {"name": name, "about": about}
        events = self._execute(self._events_of[by], ref=of[by], **identity).all()
        undelivered = [event.id for event in events if event.is_undelivered]
        if name is None or any(event.is_same for event in events):
            return AddedEvent(False, undelivered)
        moment = self.now()
        times = {"created_at": moment, "next_attempt_at": moment}
        added = self._execute(self._insert, **times, **of, **identity)
        return AddedEvent(True, [*undelivered, added.inserted_primary_key[0]])

    def find_undelivered(self, name: str, value: str | None) -> Sequence[int]:
        """Return the ids of a payment's events that are not delivered.

        :param name: the column that identifies the payment.
        :param value: the value of that column.
        """
        found: Sequence[int] = (
            self._execute(self._undelivered_of[name], value=value).scalars().all()
        )
        return found

    @cached_property
    def _events_of(self) -> Any:
        event = self._model.__table__.c
        same = sa.and_(
            event.name == sa.bindparam("name"), event.about == sa.bindparam("about")
        )
        query = sa.select(
            event.id,
            event.delivered_at.is_(None).label("is_undelivered"),
            same.label("is_same"),
        ).order_by(event.id)
        return {
            name: query.where(event[name] == sa.bindparam("ref"))
            for name in ("payment_ref", "refund_ref")
        }

    @cached_property
    def _undelivered_of(self) -> Any:
        event, payment = self._model.__table__, self._payment.__table__
        query = (
            sa.select(event.c.id)
            .join(payment, event.c.payment_ref == payment.c.id)
            .where(event.c.delivered_at.is_(None))
            .order_by(event.c.id)
        )
        return {
            name: query.where(payment.c[name] == sa.bindparam("value"))
            for name in ("request_id", "payment_id")
        }

    @cached_property
    def _insert(self) -> Any:
        return sa.insert(self._model.__table__)

    def _execute(self, statement: Any, **values: Any) -> Any:
        return self.transactions.execute(self._model, statement, **values)

    def claim(self, event_id: int) -> tuple[EventMixin, PaymentMixin | None] | None:
        """Claim an event: mark it as delivered, without a commit.

        Everybody else who claims the event waits until this transaction ends.

        :returns: the event and its payment; ``None`` if it is delivered already.
        """
        claim = uuid.uuid4().hex

        def work() -> tuple[EventMixin, PaymentMixin | None] | None:
            marked = self._execute(
                self._mark_delivered, ref=event_id, moment=self.now(), mark=claim
            )
            if not marked.rowcount:
                return None
            event, payment = self.session.execute(
                self._event_with_payment, {"ref": event_id}
            ).one()
            return event, payment

        return self.transactions.begin(work)

    @cached_property
    def _mark_delivered(self) -> Any:
        table = self._model.__table__
        return (
            sa.update(table)
            .where(table.c.id == sa.bindparam("ref"), table.c.delivered_at.is_(None))
            .values(
                delivered_at=sa.bindparam("moment"),
                next_attempt_at=None,
                attempts=table.c.attempts + 1,
                claim=sa.bindparam("mark"),
                last_error=None,
            )
        )

    @cached_property
    def _event_with_payment(self) -> sa.Executable:
        event, payment = self._model, self._payment
        return (
            sa.select(event, payment)
            .outerjoin(payment, event.payment_ref == payment.id)
            .where(event.id == sa.bindparam("ref"))
            .execution_options(populate_existing=True)
        )

    def is_delivered(self, name: str, payment_ref: int) -> bool:
        """Whether a payment's event of this name has been delivered."""
        event = self._model
        query = sa.select(event.id).where(
            event.payment_ref == payment_ref,
            event.name == name,
            event._delivered_at.is_not(None),
        )
        return self.session.scalar(query) is not None

    def is_marked(self, event: EventMixin, event_id: int) -> bool:
        """Whether the event is still marked as delivered, after the receivers.

        A receiver may have rolled back. If a receiver has closed the session, the event
        is read again: the receiver may have committed before.
        """
        if event not in self.session:
            event = self.session.get_one(self._model, event_id)
        return event.delivered_at is not None

    def commit_delivery(self) -> None:
        """Commit the mark together with the writes of the receivers."""
        self.transactions.commit("delivery")

    @atomic
    def record_failure(self, event_id: int, claim: str, error: str) -> bool:
        """Record that a receiver raised, and when to deliver the event again.

        If a receiver has committed the mark of this claim, it is removed. If somebody
        else has delivered the event since, it stays delivered.

        :param claim: the ``claim`` of the event during this delivery.
        :param error: a description of the error.
        :returns: whether the event is given up, so that a person has to look.
        """
        event, moment = self._lock(event_id), self.now()
        if event.claim == claim:
            event.delivered_at = None
        else:
            event.attempts += 1
        if event.delivered_at is not None:
            return False
        event.last_error = error
        event.first_failure_at = event.first_failure_at or moment
        at = next_delivery(event.attempts, event.first_failure_at, moment)
        event.next_attempt_at = at or _NEVER
        return at is None

    def count_given_up(self) -> int:
        """Return the number of events that are given up."""
        event = self._model
        query = sa.select(sa.func.count()).where(event._next_attempt_at >= _NEVER)
        return self.session.scalars(query).one()

    def _lock(self, event_id: int) -> Any:
        return self.session.get_one(
            self._model, event_id, with_for_update=True, populate_existing=True
        )

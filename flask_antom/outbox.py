"""The outbox: events that the receivers must have, each once. Its part of the SQL."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from .columns import now
from .models import EventMixin, Models
from .schedule import next_delivery
from .transactions import Transactions

#: The next attempt of an event that is given up: never, yet found by its index.
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Outbox:
    """Stored events."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        self._transactions = transactions
        self._model: Any = models.event

    @property
    def session(self) -> Any:
        return self._transactions.session

    def add(
        self,
        name: str,
        *,
        payment_ref: int | None,
        refund_ref: int | None = None,
        about: str = "",
    ) -> bool:
        """Add an event within the caller's transaction, unless it is there already."""
        event = self._model
        told = sa.select(event.id).where(
            event.payment_ref == payment_ref,
            event.refund_ref == refund_ref,
            event.name == name,
            event.about == about,
        )
        if self.session.scalar(told) is not None:
            return False
        self.session.add(
            event(
                name=name,
                payment_ref=payment_ref,
                refund_ref=refund_ref,
                about=about,
                next_attempt_at=now(),
            )
        )
        return True

    def of_payment(self, payment_ref: int) -> Sequence[int]:
        """Give the ids of a payment's events that the receivers have not had."""
        return self._undelivered(self._model.payment_ref == payment_ref)

    def of_refund(self, refund_ref: int) -> Sequence[int]:
        """Give the ids of a refund's events that the receivers have not had."""
        return self._undelivered(self._model.refund_ref == refund_ref)

    def _undelivered(self, condition: Any) -> Sequence[int]:
        event = self._model
        found: Sequence[int] = self.session.scalars(
            sa.select(event.id)
            .where(condition, event._delivered_at.is_(None))
            .order_by(event.id)
        ).all()
        return found

    def count_due(self) -> int:
        """Count the events whose time has come."""
        event: Any = self._model
        query = sa.select(sa.func.count()).where(event._next_attempt_at <= now())
        return int(self.session.scalar(query))

    def claim_due(self, most: int, lease: timedelta, due_by: datetime) -> Sequence[int]:
        """Take events whose time has come; nobody else gets them during the lease."""
        event = self._model

        def work() -> Sequence[int]:
            due: Sequence[int] = self.session.scalars(
                sa.select(event.id)
                .where(event._next_attempt_at <= due_by)
                .order_by(event._next_attempt_at)
                .limit(most)
                .with_for_update(skip_locked=True)
            ).all()
            self._postpone(due, lease)
            return due

        return self._transactions.run(work)

    def _postpone(self, event_ids: Sequence[int], lease: timedelta) -> None:
        self.session.execute(
            sa.update(self._model)
            .where(self._model.id.in_(event_ids))
            .values(_next_attempt_at=now() + lease)
            .execution_options(synchronize_session=False)
        )

    def claim(self, event_id: int) -> EventMixin | None:
        """Lock an event and mark it delivered, uncommitted; ``None`` if it was."""

        def work() -> EventMixin | None:
            event = self._lock(event_id)
            if event.delivered_at is not None:
                return None
            event.delivered_at, event.next_attempt_at = now(), None
            event.attempts += 1
            event.claim = uuid.uuid4().hex
            event.last_error = None
            self.session.flush()
            claimed: EventMixin = event
            return claimed

        return self._transactions.begin(work)

    def is_marked(self, event: EventMixin, event_id: int) -> bool:
        """Tell whether the mark stands after the receivers: one may have rolled back.

        Where one has closed the session, the database tells whether it had committed.
        """
        if event not in self.session:
            event = self.session.get_one(self._model, event_id)
        return event.delivered_at is not None

    def commit_delivery(self) -> None:
        """Commit the mark and what the receivers wrote: they stand or fall together."""
        self._transactions.commit("delivery")

    def record_failure(self, event_id: int, claim: str, error: str) -> bool:
        """Note that a receiver raised, and when to try again.

        The mark of this claim is taken back, should a receiver have committed it.
        Somebody else may have delivered the event since; that stands.

        :returns: whether the event is given up: it needs a person then.
        """

        def work() -> bool:
            event, moment = self._lock(event_id), now()
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

        return self._transactions.run(work)

    def count_given_up(self) -> int:
        """Count the events that nobody tries any more."""
        event = self._model
        query = sa.select(sa.func.count()).where(event._next_attempt_at >= _NEVER)
        return int(self.session.scalar(query))

    def _lock(self, event_id: int) -> Any:
        return self.session.get_one(
            self._model, event_id, with_for_update=True, populate_existing=True
        )

"""Events that a person asks to deliver once more."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from .host_models import Models
from .rows import in_utc
from .transactions import Store, Transactions, atomic


class Renewed(Enum):
    """The result of a wish to deliver an event once more."""

    DUE = auto()
    DELIVERED = auto()  # it is delivered, and nobody said that this is meant
    IN_FLIGHT = auto()  # somebody delivers it now
    GONE = auto()  # there is no such event


class Redeliveries(Store):
    """Makes events due again."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        super().__init__(transactions)
        self._table: Any = models.event.__table__

    def renew(self, event_id: int, *, even_delivered: bool = False) -> Renewed:
        """Make an event due now, with all the patience of a new one.

        If it was delivered, ``redelivered_at`` says so: its receivers know the payment
        already. If it never was, they do not, and the order is compared as ever.

        :param even_delivered: whether the receivers may be called once more.
        """
        return self._renew_event(event_id, self.now(), even_delivered=even_delivered)

    @atomic
    def _renew_event(
        self, event_id: int, moment: datetime, *, even_delivered: bool
    ) -> Renewed:
        row = self.execute(self._lock, ref=event_id).first()
        if row is None:
            is_there = self.execute(self._exists, ref=event_id).first() is not None
            return Renewed.IN_FLIGHT if is_there else Renewed.GONE
        if in_utc(row.redelivered_at) == moment:  # the answer to our COMMIT was lost
            return Renewed.DUE
        due_at = in_utc(row.next_attempt_at)
        if row.delivered_at is not None and not even_delivered:
            return Renewed.DELIVERED
        if row.claim is not None and due_at is not None and due_at > moment:
            return Renewed.IN_FLIGHT
        values: dict[str, Any] = {
            "delivered_at": None,
            "claim": None,
            "attempts": 0,
            "first_failure_at": None,
            "next_attempt_at": moment,
        }
        if row.delivered_at is not None:
            values["redelivered_at"] = moment
        is_meant = self._table.c.id == event_id
        self.execute(sa.update(self._table).where(is_meant).values(values))
        return Renewed.DUE

    @cached_property
    def _lock(self) -> Any:
        c = self._table.c
        return (
            sa.select(c.claim, c.next_attempt_at, c.delivered_at, c.redelivered_at)
            .where(c.id == sa.bindparam("ref"))
            .with_for_update(skip_locked=True)
        )

    @cached_property
    def _exists(self) -> Any:
        c = self._table.c
        return sa.select(c.id).where(c.id == sa.bindparam("ref"))

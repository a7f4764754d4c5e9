"""Since when something waits, for those who watch: bounded, and each by an index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa

from ..domain.payment_states import BEGUN
from ..domain.schedule import NEVER
from .host_models import Models
from .payment_rows import PaymentRows
from .rows import in_utc
from .transactions import Store, Transactions, reading

#: So many rows that wait are looked at. Those that are due first come first.
_MOST: Final = 1000


class Ages(Store):
    """Reads since when the oldest of the rows wait that are not done.

    :ivar by_name: the reading methods, by the names of :data:`.measures.GAUGES`.
    """

    def __init__(
        self, transactions: Transactions, models: Models, rows: PaymentRows
    ) -> None:
        super().__init__(transactions)
        self._rows = rows
        self._payment: Any = models.payment.__table__
        self._refund: Any = models.refund.__table__
        self._event: Any = models.event.__table__
        self.by_name: Mapping[str, Callable[[], datetime | None]] = {
            "oldest_event": self.of_events,
            "oldest_payment": self.of_payments,
            "oldest_overdue": self.of_overdue,
        }

    @reading
    def of_events(self) -> datetime | None:
        """Return when the oldest event was stored that is not delivered.

        One that is given up waits for a person, and does not count.
        """
        return in_utc(self.execute(self._oldest_event, never=NEVER).scalar())

    @reading
    def of_payments(self) -> datetime | None:
        """Return when the oldest payment was opened that has no result yet.

        One that no buyer has begun does not count.
        """
        return in_utc(self.execute(self._oldest_payment).scalar())

    @reading
    def of_overdue(self) -> datetime | None:
        """Return when a sweep should have asked Antom, and has not yet."""
        moment = self.now()
        found = [
            in_utc(self.execute(query, moment=moment).scalar())
            for query in (self._overdue_payment, self._overdue_refund)
        ]
        return min((since for since in found if since is not None), default=None)

    @cached_property
    def _oldest_event(self) -> Any:
        c = self._event.c
        waiting = (
            sa.select(c.created_at)
            .where(
                c.next_attempt_at < sa.bindparam("never"),
                self._rows.is_of_none_elsewhere(c.payment_ref),
            )
            .order_by(c.next_attempt_at)
            .limit(_MOST)
            .subquery()
        )
        return sa.select(sa.func.min(waiting.c.created_at))

    @cached_property
    def _oldest_payment(self) -> Any:
        c = self._payment.c
        is_begun = c.status.in_(sorted(BEGUN))
        waiting = (
            sa.select(c.created_at)
            .where(c.inquire_at.is_not(None), is_begun, self._rows.are_here)
            .order_by(c.inquire_at)
            .limit(_MOST)
            .subquery()
        )
        return sa.select(sa.func.min(waiting.c.created_at))

    @cached_property
    def _overdue_payment(self) -> Any:
        c = self._payment.c
        is_overdue = sa.and_(
            c.inquire_at <= sa.bindparam("moment"), self._rows.are_here
        )
        return sa.select(c.inquire_at).where(is_overdue).order_by(c.inquire_at).limit(1)

    @cached_property
    def _overdue_refund(self) -> Any:
        c = self._refund.c
        is_overdue = sa.and_(
            c.inquire_at <= sa.bindparam("moment"),
            self._rows.is_of_none_elsewhere(c.payment_ref),
        )
        return sa.select(c.inquire_at).where(is_overdue).order_by(c.inquire_at).limit(1)

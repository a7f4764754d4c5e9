"""Whether notifications have come for the payments that were paid lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..domain.payment_states import TAKEN
from ..domain.whose import Ours
from .host_models import Models
from .rows import in_utc
from .transactions import Store, Transactions, reading

#: How many of the newest payments are looked at.
_MOST = 50


class Paid(NamedTuple):
    """A payment that was paid.

    :ivar paid_at: when, by Antom's clock.
    :ivar is_told: whether a notification of it has come.
    """

    order_reference: str
    paid_at: datetime
    is_told: bool


@dataclass(slots=True, eq=False)
class Silence:
    """The knowledge of this process about notifications that do not come.

    :ivar is_told: whether the log has told of them, and none has come since.
    :ivar looked_at: when a sweep looked last, by the monotonic clock.
    """

    is_told: bool = False
    looked_at: float | None = None


class Arrivals(Store):
    """Finds the latest payment, and whether it was told of.

    The newest rows are read by their ids, and one notification by an index: the cost
    does not grow with the tables.
    """

    def __init__(self, transactions: Transactions, models: Models, ours: Ours) -> None:
        super().__init__(transactions)
        self._payment: Any = models.payment.__table__
        self._notification: Any = models.notification.__table__
        self._ours = ours

    @reading
    def latest_paid(self, since: datetime, until: datetime) -> Paid | None:
        """Return the payment that was paid last between two moments."""
        rows: Sequence[Any] = self.execute(self._newest, most=_MOST).all()
        paid = [
            (moment, row)
            for row in rows
            if row.status in TAKEN and self._ours.may_pay(row)
            if (moment := in_utc(row.paid_at)) and since <= moment <= until
        ]
        if not paid:
            return None
        moment, row = max(paid, key=lambda one: one[0])
        ids = {"request_id": row.request_id, "payment_id": row.payment_id}
        is_told = self.execute(self._told, **ids).first() is not None
        return Paid(row.order_reference, moment, is_told)

    @cached_property
    def _newest(self) -> Any:
        c = self._payment.c
        names = ("request_id", "payment_id", "order_reference", "paid_at", "status")
        query = sa.select(*(c[name] for name in (*names, "environment", "client_id")))
        most = sa.bindparam("most", type_=sa.Integer)
        return query.order_by(c.id.desc()).limit(most)

    @cached_property
    def _told(self) -> Any:
        c = self._notification.c
        by_request = sa.select(c.id).where(c.request_id == sa.bindparam("request_id"))
        by_payment = sa.select(c.id).where(c.payment_id == sa.bindparam("payment_id"))
        return sa.union_all(by_request, by_payment)

"""Claims of events: who delivers an event, and what became of the delivery.

A claim is committed before the receivers are called, and counts the attempt. It is a
lease: if the process ends, the event is due again afterwards. The events of one payment
are claimed in their order, one at a time.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.events import ABOUT_MONEY, About, must_wait
from ..domain.records import Claim, Refusal
from ..domain.refund_states import HOLDING
from ..domain.schedule import LEASE, NEVER, longest_lease, next_delivery
from .host_models import Models
from .outbox import EVENT_COLUMNS, stored_event
from .payment_rows import PaymentRows
from .refund_rows import RefundRows
from .rows import PaymentRow, in_utc
from .transactions import Store, Transactions, atomic, reading
from .unhandled import is_told_here

_DIED = "The process ended during the delivery."


class Claims(Store):
    """Claims events, and records failed deliveries.

    :param is_heard: whether an event of this name has somebody to tell.
    """

    def __init__(
        self,
        transactions: Transactions,
        models: Models,
        rows: PaymentRows,
        refunds: RefundRows,
        *,
        is_heard: Callable[[str], bool] = lambda name: True,
    ) -> None:
        super().__init__(transactions)
        self._table: Any = models.event.__table__
        self._payment: Any = models.payment.__table__
        self._notification: Any = models.notification.__table__
        self._rows = rows
        self._refunds = refunds
        self._is_heard = is_heard

    def claim(self, event_id: int, due_by: datetime | None = None) -> Claim | Refusal:
        """Commit that the caller delivers an event now.

        :param due_by: the time by which it has to be due; by default any event may be
            claimed that nobody delivers at present.
        """
        return self._claim_event(event_id, due_by, uuid.uuid4().hex)

    @atomic
    def _claim_event(
        self, event_id: int, due_by: datetime | None, claim: str
    ) -> Claim | Refusal:
        row = self.execute(self._lock, ref=event_id).first()
        if row is None:
            is_there = self.execute(self._exists, ref=event_id).first() is not None
            return Refusal.IN_FLIGHT if is_there else Refusal.DELIVERED
        moment, due_at = self.now(), in_utc(row.next_attempt_at)
        if row.claim == claim:  # the answer to our first COMMIT was lost
            return Claim(event_id, claim)
        if row.delivered_at is not None or due_at is None:
            return Refusal.DELIVERED
        if row.claim is not None and due_at > moment:
            return Refusal.IN_FLIGHT
        if due_by is not None and due_at > due_by:
            return Refusal.NOT_DUE
        if not self._is_heard(row.name):
            return Refusal.UNHEARD
        if row.payment_ref is None and not self._count(self._table.c.id == event_id):
            return Refusal.ELSEWHERE
        if row.payment_ref is not None:
            payment = self._rows.get(row.payment_ref)
            if not self._rows.ours.is_here(payment):
                return Refusal.ELSEWHERE
            if self._waits(row, payment):
                return Refusal.WAITS
            is_about_money = row.name in ABOUT_MONEY
            if is_about_money and (payment.under_review or self._may_end(payment)):
                return Refusal.NOT_DUE
        return self._claim_row(row, claim, moment)

    def _claim_row(self, row: Any, claim: str, moment: datetime) -> Claim | Refusal:
        first_failure_at = in_utc(row.first_failure_at)
        values: dict[str, Any] = {"claim": claim, "attempts": row.attempts + 1}
        lease = LEASE
        if row.claim is not None:
            first_failure_at = first_failure_at or in_utc(row.created_at) or moment
            values |= {"last_error": _DIED, "first_failure_at": first_failure_at}
            lease = longest_lease(moment - first_failure_at)
            if next_delivery(row.attempts, first_failure_at, moment) is None:
                values |= {"claim": None, "next_attempt_at": NEVER}
                values["attempts"] = row.attempts
                self._set(row.id, values)
                return Refusal.GIVEN_UP
        values["next_attempt_at"] = moment + lease
        self._set(row.id, values)
        return Claim(row.id, claim)

    def _waits(self, row: Any, payment: PaymentRow) -> bool:
        """Whether an earlier event of the same payment has to be delivered before."""
        earlier = self.execute(
            self._earlier, payment=payment.id, position=row.position, ref=row.id
        ).all()
        return must_wait(row.name, map(stored_event, earlier), payment, self._is_heard)

    def _may_end(self, payment: PaymentRow) -> bool:
        """Whether all of the money is being given back, with an unknown outcome."""
        if payment.is_given_back:
            return False
        held = self._refunds.total(payment, HOLDING)
        return bool(payment.captured) and payment.captured <= held

    @reading
    def describe(self, event_id: int) -> About:
        """Return an event, its order and its payment, for a log."""
        row = self.execute(self._described, ref=event_id).first()
        return About(event_id) if row is None else About(*row)

    @atomic
    def look(self, event_id: int, claim: str) -> bool:
        """Whether a delivery has been committed whose answer to COMMIT was an error.

        It waits until that transaction has ended.
        """
        row = self.execute(self._locked, ref=event_id).first()
        return row is not None and row.claim == claim and row.delivered_at is not None

    @atomic
    def record_failure(self, event_id: int, claim: str, error: str) -> bool:
        """Record that a receiver raised, and when to deliver the event again.

        If a receiver has committed the mark of this claim, it is removed. If somebody
        else has claimed the event since, nothing changes.

        :param error: a description of the error.
        :returns: whether the event is given up, so that a person has to look.
        """
        row = self.execute(self._locked, ref=event_id).first()
        if row is None or row.claim != claim:
            return False
        moment = self.now()
        first_failure_at = in_utc(row.first_failure_at) or moment
        at = next_delivery(row.attempts, first_failure_at, moment)
        self._set(
            event_id,
            {
                "claim": None,
                "delivered_at": None,
                "last_error": error,
                "first_failure_at": first_failure_at,
                "next_attempt_at": at or NEVER,
            },
        )
        return at is None

    def due(self, due_by: datetime, page: int = 50) -> Iterator[int]:
        """Yield the ids of events that are due, page by page, in the order of time."""
        at, ref = datetime.min.replace(tzinfo=due_by.tzinfo), 0
        while rows := self._due_page(due_by, at, ref, page):
            for row in rows:
                yield row.id
            at, ref = in_utc(rows[-1].next_attempt_at) or at, rows[-1].id

    @reading
    def _due_page(self, due_by: datetime, at: datetime, ref: int, page: int) -> Any:
        return self.execute(self._due, due_by=due_by, at=at, ref=ref, most=page).all()

    @reading
    def count_due(self) -> int:
        """Return the number of events that are due."""
        is_due = self._table.c.next_attempt_at <= self.now()
        return self._count(is_due)

    @reading
    def count_given_up(self) -> int:
        """Return the number of events that are given up."""
        return self._count(self._table.c.next_attempt_at >= NEVER)

    @reading
    def count_waiting(self, names: Sequence[str], before: datetime) -> int:
        """Return the number of undelivered events with a name that are older."""
        c = self._table.c
        is_meant = sa.and_(c.name.in_(names), c.created_at < before)
        return self._count(is_meant, c.next_attempt_at < NEVER)

    def _count(self, *conditions: Any) -> int:
        counted: int = self.execute(
            sa.select(sa.func.count())
            .select_from(self._table)
            .where(*conditions, self._are_here)
        ).scalar_one()
        return counted

    @cached_property
    def _are_here(self) -> Any:
        c, ours = self._table.c, self._rows.ours
        is_here = self._rows.is_of_none_elsewhere(c.payment_ref)
        return sa.and_(is_here, is_told_here(c, self._notification, ours))

    def _set(self, ref: int, values: Mapping[str, Any]) -> None:
        is_meant = self._table.c.id == ref
        self.execute(sa.update(self._table).where(is_meant).values(values))

    @cached_property
    def _locked(self) -> Any:
        is_meant = self._table.c.id == sa.bindparam("ref")
        return sa.select(*self._columns).where(is_meant).with_for_update()

    @cached_property
    def _lock(self) -> Any:
        is_meant = self._table.c.id == sa.bindparam("ref")
        query = sa.select(*self._columns).where(is_meant)
        return query.with_for_update(skip_locked=True)

    @property
    def _columns(self) -> Sequence[Any]:
        names = (*EVENT_COLUMNS, "attempts", "position", "payment_ref", "created_at")
        return [self._table.c[name] for name in (*names, "first_failure_at")]

    @cached_property
    def _exists(self) -> Any:
        c = self._table.c
        return sa.select(c.id).where(
            c.id == sa.bindparam("ref"), c.delivered_at.is_(None)
        )

    @cached_property
    def _described(self) -> Any:
        event, payment = self._table, self._payment
        joined = event.outerjoin(payment, payment.c.id == event.c.payment_ref)
        names = (event.c.id, event.c.name, payment.c.order_reference)
        return (
            sa.select(*names, payment.c.request_id)
            .select_from(joined)
            .where(event.c.id == sa.bindparam("ref"))
        )

    @cached_property
    def _earlier(self) -> Any:
        c = self._table.c
        position: Any = sa.bindparam("position")
        ref: Any = sa.bindparam("ref")
        return sa.select(*(c[name] for name in EVENT_COLUMNS)).where(
            c.payment_ref == sa.bindparam("payment"),
            c.delivered_at.is_(None),
            sa.or_(c.position < position, sa.and_(c.position == position, c.id < ref)),
        )

    @cached_property
    def _due(self) -> Any:
        c = self._table.c
        at: Any = sa.bindparam("at")
        ref: Any = sa.bindparam("ref")
        is_later = sa.or_(
            c.next_attempt_at > at, sa.and_(c.next_attempt_at == at, c.id > ref)
        )
        return (
            sa.select(c.id, c.next_attempt_at)
            .where(
                c.next_attempt_at <= sa.bindparam("due_by"), is_later, self._are_here
            )
            .order_by(c.next_attempt_at, c.id)
            .limit(sa.bindparam("most", type_=sa.Integer))
        )

"""Lists of payments, refunds, events and notifications, newest first, page by page.

A page costs the same in a small and in a large shop. What is rare is found by an index.
Anything else is looked for among the latest rows; a page says how far it has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from ..domain.payment_states import FINAL, Status
from ..domain.refund_states import RefundStatus
from ..domain.schedule import NEVER
from .by_time import SLACK, ByTime
from .dossiers import EVENT, NOTIFICATION, PAYMENT, REFUND, Values
from .host_models import Models
from .rows import in_utc
from .transactions import Store, Transactions, reading

EventState = Literal["undelivered", "given_up", "delivered"]

#: Among how many rows a page looks for what no index finds.
WINDOW = 1_000

#: Statuses of payments that Antom is asked about.
_OPEN = frozenset(Status) - FINAL

#: Before any time that is stored: a condition that an index answers.
_DAWN = datetime(1970, 1, 1, tzinfo=UTC)


class Page(list[Values]):
    """Rows, newest first, by the columns' names; times are in UTC.

    :ivar more: the ``before`` of the next page; ``None`` if this is the last one.
    :ivar back_to: if the page is not full, but older rows may match: the time back to
        which it has looked.
    """

    more: int | None = None
    back_to: datetime | None = None


class _Kind(NamedTuple):
    """A table, and what is listed of it."""

    table: Any
    query: Any
    at: Any
    by_time: ByTime


class _Wish(NamedTuple):
    """The rows that a page has.

    :ivar conditions: what is true of them.
    :ivar is_indexed: whether an index finds these few rows.
    """

    conditions: Sequence[Any]
    is_indexed: bool
    since: datetime | None
    until: datetime | None
    before: int | None
    limit: int


class Listings(Store):
    """Reads pages of rows.

    ``before`` is the id of the last row that was seen. Payments and refunds can be
    asked for from a time on (``since``), and up to one (``until``, which is not a part
    of it).
    """

    def __init__(self, transactions: Transactions, models: Models) -> None:
        super().__init__(transactions)
        payment: Any = models.payment.__table__
        self._payments = self._kind(payment, PAYMENT, "created_at")
        self._refunds = self._kind(
            models.refund.__table__, REFUND, "created_at", payment
        )
        self._events = self._kind(models.event.__table__, EVENT, "created_at", payment)
        told = models.notification.__table__
        self._notifications = self._kind(told, NOTIFICATION, "received_at")

    @reading
    def payments(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        status: str | None = None,
        order: str | None = None,
        buyer: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Page:
        """Return payments.

        :param order: the reference of an order.
        :param buyer: the buyer's reference.
        """
        c, conditions, is_indexed = self._payments.table.c, [], False
        if order is not None:
            conditions.append(c.order_reference == order)
            is_indexed = True
        if buyer is not None:
            conditions.append(c.buyer_reference == buyer)
            is_indexed = True
        if status == Status.REVIEW:
            conditions.append(c.status == sa.literal_column("'review'"))
            is_indexed = True  # the index is partial
        elif status is not None:
            conditions.append(c.status == status)
            if status in _OPEN:  # Antom is asked about it
                conditions.append(c.inquire_at > _DAWN)
                is_indexed = True
        wish = _Wish(conditions, is_indexed, since, until, before, limit)
        return self._page(self._payments, wish)

    @reading
    def refunds(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        status: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Page:
        """Return refunds, with the ``order_reference`` of their payments.

        ``payment_request_id`` is the payment's ``request_id``.
        """
        c, conditions = self._refunds.table.c, []
        if status is not None:
            conditions.append(c.status == status)
        is_pending = status == RefundStatus.PENDING
        if is_pending:
            conditions.append(c.inquire_at > _DAWN)
        wish = _Wish(conditions, is_pending, since, until, before, limit)
        return self._page(self._refunds, wish)

    @reading
    def events(
        self,
        *,
        state: EventState | None = None,
        name: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Page:
        """Return events, with the order and payment as for :meth:`refunds`.

        :param state: ``undelivered`` has those that are given up too.
        """
        c, conditions = self._events.table.c, []
        if name is not None:
            conditions.append(c.name == name)
        if state == "delivered":
            conditions.append(c.delivered_at.is_not(None))
        elif state is not None:
            is_given_up = c.next_attempt_at >= NEVER
            is_open = c.next_attempt_at > _DAWN
            conditions.append(is_given_up if state == "given_up" else is_open)
        is_indexed = state in ("undelivered", "given_up")
        wish = _Wish(conditions, is_indexed, None, None, before, limit)
        return self._page(self._events, wish)

    @reading
    def notifications(
        self,
        *,
        outcome: str | None = None,
        notify_type: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Page:
        """Return notifications."""
        c, conditions = self._notifications.table.c, []
        if outcome is not None:
            conditions.append(c.outcome == outcome)
        if notify_type is not None:
            conditions.append(c.notify_type == notify_type)
        wish = _Wish(conditions, outcome == "orphan", None, None, before, limit)
        return self._page(self._notifications, wish)

    @reading
    def soonest(self, limit: int = 20) -> list[Values]:
        """Return the undelivered events that are due first; none that is given up."""
        c = self._events.table.c
        query = self._events.query.where(c.next_attempt_at < NEVER)
        return self._read(query.order_by(c.next_attempt_at, c.id).limit(limit))

    @reading
    def with_capture(self, capture_id: str) -> int | None:
        """Return the id of the payment that has a capture, by our id or Antom's.

        No index has these ids: it is looked for among the latest payments.
        """
        c, floor = self._payments.table.c, self._payments.by_time.below(None, WINDOW)
        query = sa.select(c.id, c.captures, c.capture_requests).where(
            c.authorizes, c.id >= (floor.ref if floor else 0)
        )
        for ref, captures, requests in self.execute(query):
            if capture_id in (captures or ()) or capture_id in (requests or ()):
                return int(ref)
        return None

    def _page(self, kind: _Kind, wish: _Wish) -> Page:
        ref, is_end = kind.table.c.id, True
        end, floor, conditions = wish.before, None, [*wish.conditions]
        if wish.until is not None:
            conditions.append(kind.at < wish.until)
            found = kind.by_time.end(wish.until) if not wish.is_indexed else None
            end = min((one for one in (end, found) if one is not None), default=None)
        if wish.since is not None:
            conditions.append(kind.at >= wish.since)
        if end is not None:
            conditions.append(ref < end)
        if len(conditions) > (end is not None) and not wish.is_indexed:
            floor = kind.by_time.below(end, WINDOW)
        if floor is not None:
            conditions.append(ref >= floor.ref)
            is_end = wish.since is not None and floor.at < wish.since - SLACK
        # An index that finds few rows is not left for one that gives their order.
        order = ref + 0 if wish.is_indexed else ref
        query = kind.query.where(*conditions).order_by(order.desc())
        page = self._read(query.limit(wish.limit + 1))
        if len(page) > wish.limit:
            del page[wish.limit :]
            page.more = page[-1]["id"]
        elif floor is not None and not is_end:
            page.more, page.back_to = floor.ref, floor.at
        return page

    def _read(self, query: Any) -> Page:
        return Page(
            {name: _in_utc(value) for name, value in row.items()}
            for row in self.execute(query).mappings()
        )

    def _kind(
        self, table: Any, names: Iterable[str], at: str, payment: Any = None
    ) -> _Kind:
        query = sa.select(*(table.c[name] for name in names))
        if payment is not None:
            whose = payment.alias()
            query = query.add_columns(
                whose.c.order_reference,
                whose.c.request_id.label("payment_request_id"),
            ).select_from(table.outerjoin(whose, whose.c.id == table.c.payment_ref))
        return _Kind(table, query, table.c[at], ByTime(self.execute, table, at))


def _in_utc(value: Any) -> Any:
    return in_utc(value) if isinstance(value, datetime) else value

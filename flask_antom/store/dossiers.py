"""Everything that is stored about an order or a payment, for a person who looks.

Session data, pages of Antom's and the bodies of notifications are not read: whoever has
a dossier can neither pay nor see a card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..domain.events import notification_of
from .host_models import Models
from .rows import in_utc
from .transactions import Store, Transactions, reading

#: The values of a row, by the columns' names; times are in UTC.
Values = Mapping[str, Any]

#: The columns that a dossier has, by table.
PAYMENT = (
    *("id", "order_reference", "request_id", "payment_id", "environment", "client_id"),
    *("status", "result_code", "currency", "amount_value", "captured_value"),
    *("refunded_value", "method", "chooses_method", "mode", "authorizes", "outdated"),
    "under_review",
    *("captures", "capture_request_id", "capture_value", "capture_final"),
    *("capture_requests", "cancel_undoes", "inquiries", "version"),
    *("created_at", "session_expires_at", "paid_at", "authorized_until"),
    *("cancel_asked_at", "order_closed_at", "asked_at", "inquire_at", "updated_at"),
)
REFUND = (
    *("id", "request_id", "refund_id", "key", "payment_ref", "payment_id"),
    *("capture_id", "status", "result_code", "currency", "amount_value"),
    *("reported_value", "reason", "inquiries", "version"),
    *("created_at", "updated_at", "inquire_at"),
)
EVENT = (
    *("id", "payment_ref", "refund_ref", "name", "about", "position", "attempts"),
    *("last_error", "claim", "created_at", "delivered_at", "first_failure_at"),
    *("redelivered_at", "next_attempt_at"),
)
NOTIFICATION = (
    *("id", "environment", "client_id", "notify_type", "request_id", "payment_id"),
    *("outcome", "copies", "received_at", "next_attempt_at"),
)

#: The most order references that :meth:`Dossiers.similar` returns.
_MOST_SIMILAR = 5


class Dossier(NamedTuple):
    """Rows that belong together, each kind in the order in which they were stored.

    Without a payment, notifications and refunds are those that name the id which was
    looked for.
    """

    payments: Sequence[Values]
    refunds: Sequence[Values]
    events: Sequence[Values]
    notifications: Sequence[Values]


class Dossiers(Store):
    """Reads what is stored about an order or a payment."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        super().__init__(transactions)
        self._payment: Any = models.payment.__table__
        self._refund: Any = models.refund.__table__
        self._event: Any = models.event.__table__
        self._notification: Any = models.notification.__table__

    @reading
    def find(self, text: str) -> Dossier:
        """Return the dossier of an order, or of a payment or a refund of it.

        :param text: the order's reference, or an id of ours or of Antom's.
        """
        found = self.execute(self._payment_ids, text=text).scalars().all()
        refs = [ref for ref in found if ref is not None]
        payments = self._read(self._payments, refs=refs) if refs else []
        if not payments:
            stray = {"ids": [text], "payment_ids": [text]}
            return Dossier(
                [],
                self._read(self._stray_refunds, text=text),
                [],
                self._read(self._notifications, **stray),
            )
        return self._of(payments)

    def _of(self, payments: Sequence[Values]) -> Dossier:
        refs = [row["id"] for row in payments]
        refunds = self._read(self._refunds, refs=refs)
        named = [row["request_id"] for row in (*payments, *refunds)]
        paid = [row["payment_id"] for row in (*payments, *refunds)]
        return Dossier(
            payments,
            refunds,
            self._read(self._events, refs=refs),
            self._read(
                self._notifications,
                ids=named,
                payment_ids=[one for one in paid if one is not None],
            ),
        )

    @reading
    def event(self, event_id: int) -> Values | None:
        """Return an event."""
        rows = self._read(self._one_event, ref=event_id)
        return rows[0] if rows else None

    @reading
    def of_event(self, event_id: int) -> Dossier:
        """Return the dossier of the payment that an event is about.

        If it is about none, the dossier has the event, and its notification if it is
        about one.
        """
        events = self._read(self._one_event, ref=event_id)
        refs = [row["payment_ref"] for row in events if row["payment_ref"] is not None]
        if not refs:
            told = [notification_of(row["name"], row["about"]) for row in events]
            return Dossier([], [], events, self._read(self._told, refs=told))
        return self._of(self._read(self._payments, refs=refs))

    @reading
    def of_payment(self, payment_ref: int) -> Dossier:
        """Return the dossier of a payment."""
        return self._of(self._read(self._payments, refs=[payment_ref]))

    @reading
    def of_notification(self, notification_ref: int) -> Dossier:
        """Return the dossier of the payment that a notification is about."""
        told = self._read(self._told, refs=[notification_ref])
        texts = [row[name] for row in told for name in ("request_id", "payment_id")]
        for text in filter(None, texts):
            refs = self.execute(self._payment_ids, text=text).scalars().all()
            if found := [ref for ref in refs if ref is not None]:
                return self._of(self._read(self._payments, refs=found))
        return Dossier([], [], [], told)

    @reading
    def similar(self, text: str) -> list[str]:
        """Return order references that begin with a text, or nearly so.

        They are those of the latest payments.
        """
        found = self.execute(self._similar, start=_escaped(text)).scalars()
        return list(dict.fromkeys(found))[:_MOST_SIMILAR]

    @reading
    def latest_order(self) -> str | None:
        """Return the order of the latest payment.

        All that a dossier needs is read, so this fails if a column is missing.
        """
        for query in (self._refunds, self._events, self._payments):
            self._read(query, refs=[0])
        self._read(self._notifications, ids=[""], payment_ids=[""])
        reference: str | None = self.execute(self._latest).scalar()
        return reference

    def _read(self, query: Any, **values: Any) -> list[Values]:
        return [
            {name: _in_utc(value) for name, value in row.items()}
            for row in self.execute(query, **values).mappings()
        ]

    @cached_property
    def _payment_ids(self) -> Any:
        """The ids of payments; each part finds its rows by an index."""
        payment, refund, told = self._payment.c, self._refund.c, self._notification.c
        text: Any = sa.bindparam("text")
        return sa.union(
            sa.select(payment.id).where(payment.order_reference == text),
            sa.select(payment.id).where(payment.request_id == text),
            sa.select(payment.id).where(payment.payment_id == text),
            # An earlier try of the same session has another paymentId.
            sa.select(payment.id)
            .join_from(
                self._notification,
                self._payment,
                payment.request_id == told.request_id,
            )
            .where(told.payment_id == text),
            sa.select(refund.payment_ref).where(refund.request_id == text),
            sa.select(refund.payment_ref).where(refund.refund_id == text),
        )

    @cached_property
    def _payments(self) -> Any:
        return _select(self._payment, PAYMENT).where(_among(self._payment.c.id))

    @cached_property
    def _refunds(self) -> Any:
        return _select(self._refund, REFUND).where(_among(self._refund.c.payment_ref))

    @cached_property
    def _stray_refunds(self) -> Any:
        c, text = self._refund.c, sa.bindparam("text", type_=sa.String)
        return _select(self._refund, REFUND).where(
            sa.or_(c.request_id == text, c.refund_id == text)
        )

    @cached_property
    def _events(self) -> Any:
        c = self._event.c
        query = _select(self._event, EVENT).where(_among(c.payment_ref))
        return query.order_by(None).order_by(c.payment_ref, c.position, c.id)

    @cached_property
    def _notifications(self) -> Any:
        c = self._notification.c
        return _select(self._notification, NOTIFICATION).where(
            sa.or_(
                c.request_id.in_(sa.bindparam("ids", expanding=True)),
                c.payment_id.in_(sa.bindparam("payment_ids", expanding=True)),
            )
        )

    @cached_property
    def _told(self) -> Any:
        table = self._notification
        return _select(table, NOTIFICATION).where(_among(table.c.id))

    @cached_property
    def _one_event(self) -> Any:
        c = self._event.c
        return _select(self._event, EVENT).where(c.id == sa.bindparam("ref"))

    @cached_property
    def _similar(self) -> Any:
        c = self._payment.c
        start: Any = sa.bindparam("start", type_=sa.String)
        latest = sa.select(c.id, c.order_reference).order_by(c.id.desc()).limit(1000)
        recent = latest.subquery().c
        return (
            sa.select(recent.order_reference)
            .where(sa.func.lower(recent.order_reference).like(start, escape="/"))
            .order_by(recent.id.desc())
            .limit(50)
        )

    @cached_property
    def _latest(self) -> Any:
        c = self._payment.c
        return sa.select(c.order_reference).order_by(c.id.desc()).limit(1)


def _select(table: Any, names: Sequence[str]) -> Any:
    return sa.select(*(table.c[name] for name in names)).order_by(table.c.id)


def _among(column: Any) -> Any:
    return column.in_(sa.bindparam("refs", expanding=True))


def _in_utc(value: Any) -> Any:
    return in_utc(value) if isinstance(value, datetime) else value


def _escaped(text: str) -> str:
    """Return a pattern for LIKE: what begins with the text, in small letters."""
    small = text.strip().lower()
    for sign in "/%_":
        small = small.replace(sign, f"/{sign}")
    return f"{small}%"

"""The transaction in which receivers run (T2), in the host's session.

The mark of the event and the writes of the receivers stand or fall together. So both
are in ``db.session``, at the host's own isolation level. A receiver may end this
transaction or break it, and some databases then commit nothing without an error. So the
mark is looked at once more before the commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.engine.interfaces import ExceptionContext

from ..domain.events import ABOUT_MONEY, notification_of
from ..domain.records import Claim
from ..errors import DeliveryFailed
from ..opaque import Opaque
from .database_errors import is_conflict
from .host_models import Models
from .host_session import HostSession
from .loading import Loader
from .models import NotificationMixin, PaymentMixin, RefundMixin
from .rows import PaymentRow
from .transactions import Store, Transactions

#: ``psycopg`` and ``psycopg2``: in a transaction, and not aborted.
_IN_TRANSACTION = 2


@dataclass(slots=True, eq=False)
class Delivery:
    """An event in the transaction that marks it as delivered.

    :ivar is_redelivered: whether a person asked to deliver it once more.
    :ivar payment: the host's row; ``None`` if the event is about a notification.
    :ivar errors: the errors of the database that receivers saw.
    """

    claim: Claim
    session: orm.Session
    connection: sa.Connection
    name: str
    about: str
    is_redelivered: bool
    payment: PaymentMixin | None
    refund: RefundMixin | None
    notification: NotificationMixin | None
    errors: list[BaseException] = field(default_factory=list)


_running: ContextVar[Delivery | None] = ContextVar("flask_antom_delivery", default=None)


def is_running() -> bool:
    """Whether the caller is a receiver, in a delivery."""
    return _running.get() is not None


class DeliveryStore(Store):
    """Marks events as delivered, in the host's session."""

    def __init__(
        self, transactions: Transactions, host: HostSession, models: Models
    ) -> None:
        super().__init__(transactions)
        self._host = host
        self._event: Any = models.event.__table__
        self._payments = Loader(models.payment)
        self._refunds = Loader(models.refund)
        self._notifications = Loader(models.notification)

    def alone(self) -> AbstractContextManager[object]:
        """Return a context that keeps others from a connection of the whole pool."""
        return self.transactions.connections.exclusive()

    def mark(self, claim: Claim, known: PaymentRow | None = None) -> Delivery | None:
        """Mark an event as delivered, without a commit, and load its rows.

        :param known: the payment as it was just written, which need not be read again
            if nobody has changed it since.
        :returns: ``None`` if somebody else has claimed the event since.
        """
        session = self._host.current
        connection = self._host.writer()
        watch_errors(connection.engine)
        values = {"ref": claim.event_id, "claim_id": claim.id, "moment": self.now()}
        row = None
        if connection.dialect.name == "postgresql":
            row = connection.execute(self._mark_and_read, values).first()
        elif connection.execute(self._mark, values).rowcount:
            row = connection.execute(self._read, values).first()
        if row is None:
            return None
        if known is not None and self._is_known(known, row):
            payment = self._payments.load_known(session, known.values())
        else:
            payment = self._load(connection, self._payments, row.payment_ref)
        notification_ref = notification_of(row.name, row.about)
        return Delivery(
            claim=claim,
            session=session,
            connection=connection,
            name=row.name,
            about=row.about,
            is_redelivered=row.redelivered_at is not None,
            payment=payment,
            refund=self._load(connection, self._refunds, row.refund_ref),
            notification=self._load(connection, self._notifications, notification_ref),
        )

    def is_first(self, delivery: Delivery) -> bool:
        """Whether nobody has been told yet that the payment's money has come.

        Only a payment that authorizes has two such events. What was told before the
        payment was cancelled does not count.
        """
        payment = delivery.payment
        if payment is None or delivery.name not in ABOUT_MONEY:
            return False
        if not payment.authorizes or delivery.name == "payment_authorized":
            return True
        told = {"payment": payment.id, "ref": delivery.claim.event_id}
        return delivery.connection.execute(self._told, told).first() is None

    @cached_property
    def _told(self) -> Any:
        c, earlier = self._event.c, self._event.alias("earlier").c
        payment: Any = sa.bindparam("payment")
        last_cancel = sa.select(sa.func.max(earlier.id)).where(
            earlier.payment_ref == payment, earlier.name == "payment_cancelled"
        )
        return sa.select(c.id).where(
            c.payment_ref == payment,
            c.id != sa.bindparam("ref"),
            c.id > sa.func.coalesce(last_cancel.scalar_subquery(), 0),
            c.name.in_(sorted(ABOUT_MONEY)),
            c.delivered_at.is_not(None),
        )

    def _is_known(self, known: PaymentRow, row: Any) -> bool:
        is_present = (known.id, known.version) == (row.payment_ref, row.version)
        return is_present and self._payments.knows(known.values())

    def _load(self, connection: sa.Connection, loader: Loader, ref: int | None) -> Any:
        if ref is None:
            return None
        row = Opaque(connection.execute(loader.by_id, {"ref": ref}).first())
        return loader.load(self._host.current, row) if row.reveal() else None

    @contextmanager
    def telling(self, delivery: Delivery) -> Iterator[None]:
        """Mark the calls of receivers, and note the database's errors that they see."""
        token = _running.set(delivery)
        try:
            yield
        finally:
            _running.reset(token)

    def prove(self, delivery: Delivery) -> None:
        """Raise an error unless a commit now commits mark and writes.

        :raises DeliveryFailed: if a receiver swallowed an error of the database, rolled
            back, or closed the session.
        """
        session = delivery.session
        session.flush()
        conflict = next(filter(is_conflict, delivery.errors), None)
        if conflict is not None:
            raise conflict
        if delivery.errors:
            raise DeliveryFailed(
                "A receiver went on after an error of the database, so some of its"
                " writes are lost. Use `with db.session.begin_nested():` around a"
                " statement that may fail."
            )
        if not self._stands(delivery):
            raise DeliveryFailed(
                "A receiver rolled back or closed the session. Remove that call: a"
                " receiver that fails raises. The event is sent again."
            )
        for row in (delivery.payment, delivery.refund, delivery.notification):
            if row is not None and row in session:
                session.expunge(row)

    def _stands(self, delivery: Delivery) -> bool:
        """Whether the mark is still there, or a receiver has committed it."""
        connection = delivery.connection
        same = not connection.closed and connection.in_transaction()
        if same and delivery.session.in_transaction():
            info = getattr(connection.connection.dbapi_connection, "info", None)
            if getattr(info, "transaction_status", None) == _IN_TRANSACTION:
                return True
        present = self._host.writer()
        marked = {"ref": delivery.claim.event_id, "claim_id": delivery.claim.id}
        return present.execute(self._is_marked, marked).first() is not None

    @cached_property
    def _mark(self) -> Any:
        c = self._event.c
        return (
            sa.update(self._event)
            .where(
                c.id == sa.bindparam("ref"),
                c.claim == sa.bindparam("claim_id"),
                c.delivered_at.is_(None),
            )
            .values(
                delivered_at=sa.bindparam("moment"),
                next_attempt_at=None,
                last_error=None,
            )
        )

    @cached_property
    def _mark_and_read(self) -> Any:
        """The mark, and what :attr:`_read` reads, in one statement (PostgreSQL)."""
        c = self._event.c
        names = ("name", "about", "redelivered_at", "payment_ref", "refund_ref")
        marked = self._mark.returning(*(c[name] for name in names))
        return self._with_payment(marked.cte("marked"))

    @cached_property
    def _read(self) -> Any:
        return self._with_payment(self._event).where(
            self._event.c.id == sa.bindparam("ref")
        )

    def _with_payment(self, event: Any) -> Any:
        payment = self._payments.table
        return sa.select(
            event.c.name,
            event.c.about,
            event.c.redelivered_at,
            event.c.payment_ref,
            event.c.refund_ref,
            payment.c.version,
        ).select_from(event.outerjoin(payment, payment.c.id == event.c.payment_ref))

    @cached_property
    def _is_marked(self) -> Any:
        c = self._event.c
        return sa.select(c.id).where(
            c.id == sa.bindparam("ref"),
            c.claim == sa.bindparam("claim_id"),
            c.delivered_at.is_not(None),
        )


def watch_errors(engine: sa.Engine) -> None:
    """Note the errors that receivers see on this engine."""
    if not event.contains(engine, "handle_error", _note_error):
        event.listen(engine, "handle_error", _note_error)


def _note_error(context: ExceptionContext) -> None:
    """Note an error outside of a SAVEPOINT, which would undo its statement alone.

    An error on another connection than the delivery's is the receiver's own business.
    MariaDB undoes all of the transaction after a deadlock, SAVEPOINT or not.
    """
    delivery, error = _running.get(), context.original_exception
    connection = context.connection
    if delivery is None or connection is None:
        return
    if connection is not delivery.connection and not delivery.connection.closed:
        return
    if is_conflict(error) or not connection.in_nested_transaction():
        delivery.errors.append(error)

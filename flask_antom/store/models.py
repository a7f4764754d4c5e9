"""The four tables, as mixins for the host's own declarative base.

``FlaskAntom(db=db)`` makes plain models of them on ``db.Model``. A host that needs more
columns makes subclasses and passes them to ``FlaskAntom``::

    class Payment(PaymentMixin, db.Model):
        customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))

The mixins do not work with a ``MappedAsDataclass`` base. What goes over several columns
or tables is not here: ``host_models.complete`` adds it.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..domain.payment_states import FINAL, TAKEN, is_given_back
from .columns import ID, LONG_TEXT, TIME, Amount, Row, Utc, now, show


class PaymentMixin(Row):
    """One attempt to pay an order: one ``paymentRequestId``.

    All times are aware and in UTC.

    :ivar request_id: our ``paymentRequestId``, the key of idempotency.
    :ivar payment_id: Antom's ``paymentId``; after several tries, of the last success.
    :ivar version: grows with each change and each lock: what is locked is changed.
    :ivar environment: ``sandbox`` or ``prod``, as when it was opened.
    :ivar client_id: the client id of the account that it was opened with.
    :ivar order_reference: the host's order; several attempts may share it.
    :ivar buyer_reference: an opaque id of the buyer, by the host.
    :ivar amount: the amount to pay; minor units in the database.
    :ivar method: Antom's payment method type; empty until paid, if chosen at Antom.
    :ivar chooses_method: whether the buyer chooses among several methods at Antom.
    :ivar mode: ``cashier``, ``element``, ``page`` or ``hosted``.
    :ivar authorizes: whether the method may authorize first and capture later.
    :ivar status: one of :class:`~flask_antom.models.Status`, as plain text.
    :ivar result_code: Antom's last ``resultCode`` about this payment.
    :ivar captured: the amount that has been captured; in review, the amount received.
    :ivar refunded: the amount that has been refunded.
    :ivar captures: minor units of each capture, by Antom's ``captureId``.
    :ivar capture_request_id: the ``captureRequestId`` of our capture under way, if any.
    :ivar capture_requests: our captures, by ``captureRequestId``: ``amount``,
        ``final``, ``at``, and if any ``key``, ``failed`` (Antom's code) or ``dropped``.
    :ivar capture_final: whether that capture releases the rest of the authorization.
    :ivar authorized_until: when the rest of the authorization lapses, by Antom's clock.
    :ivar paid_at: when the buyer paid, by Antom's clock.
    :ivar session_data: for the browser SDK; erased once the payment is final.
    :ivar normal_url: Antom's hosted page; erased once the payment is final.
    :ivar open_key: unique while this attempt is open, so that two clicks open one.
    :ivar outdated: whether the order has changed since this attempt was opened.
    :ivar order_closed_at: when the host closed the order; ``None`` once it is reopened.
    :ivar cancel_asked_at: when we asked Antom to cancel it.
    :ivar cancel_undoes: whether it was paid then, or Antom did not know it then.
    :ivar under_review: whether Antom's risk review of it is running.
    :ivar inquire_at: when to ask Antom again; ``None`` once final.
    :ivar asked_at: when Antom was last asked.
    :ivar inquiries: how often Antom was asked.
    """

    __tablename__ = "antom_payment"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    payment_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    version: Mapped[int] = mapped_column(default=1)
    environment: Mapped[str] = mapped_column(sa.String(16), default="")
    client_id: Mapped[str] = mapped_column(sa.String(64), default="")
    order_reference: Mapped[str] = mapped_column(sa.String(64), index=True)
    buyer_reference: Mapped[str | None] = mapped_column(sa.String(64))
    amount_value: Mapped[int] = mapped_column(sa.BigInteger)
    captured_value: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    refunded_value: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    currency: Mapped[str] = mapped_column(sa.String(3))
    captures: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    capture_request_id: Mapped[str | None] = mapped_column(sa.String(64))
    capture_requests: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    capture_value: Mapped[int | None] = mapped_column(sa.BigInteger)
    capture_final: Mapped[bool] = mapped_column(default=True)
    method: Mapped[str] = mapped_column(sa.String(64))
    chooses_method: Mapped[bool] = mapped_column(default=False)
    mode: Mapped[str] = mapped_column(sa.String(16))
    authorizes: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(sa.String(16))
    result_code: Mapped[str | None] = mapped_column(sa.String(64))
    session_data: Mapped[str | None] = mapped_column(sa.Text)
    normal_url: Mapped[str | None] = mapped_column(sa.Text)
    open_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    outdated: Mapped[bool] = mapped_column(default=False)
    cancel_undoes: Mapped[bool] = mapped_column(default=False)
    under_review: Mapped[bool] = mapped_column(default=False)
    inquiries: Mapped[int] = mapped_column(default=0)
    _session_expires_at: Mapped[datetime | None] = mapped_column(
        "session_expires_at", TIME
    )
    _cancel_asked_at: Mapped[datetime | None] = mapped_column("cancel_asked_at", TIME)
    _order_closed_at: Mapped[datetime | None] = mapped_column("order_closed_at", TIME)
    _inquire_at: Mapped[datetime | None] = mapped_column("inquire_at", TIME, index=True)
    _asked_at: Mapped[datetime | None] = mapped_column("asked_at", TIME)
    _created_at: Mapped[datetime] = mapped_column("created_at", TIME, default=now)
    _updated_at: Mapped[datetime] = mapped_column(
        "updated_at", TIME, default=now, onupdate=now
    )
    _paid_at: Mapped[datetime | None] = mapped_column("paid_at", TIME)
    _authorized_until: Mapped[datetime | None] = mapped_column("authorized_until", TIME)

    amount: Amount = Amount("amount_value")
    captured: Amount = Amount("captured_value")
    refunded: Amount = Amount("refunded_value")
    session_expires_at: Utc[datetime | None] = Utc("_session_expires_at")
    cancel_asked_at: Utc[datetime | None] = Utc("_cancel_asked_at")
    order_closed_at: Utc[datetime | None] = Utc("_order_closed_at")
    inquire_at: Utc[datetime | None] = Utc("_inquire_at")
    asked_at: Utc[datetime | None] = Utc("_asked_at")
    created_at: Utc[datetime] = Utc("_created_at")
    updated_at: Utc[datetime] = Utc("_updated_at")
    paid_at: Utc[datetime | None] = Utc("_paid_at")
    authorized_until: Utc[datetime | None] = Utc("_authorized_until")

    @property
    def is_final(self) -> bool:
        """Whether no change is expected. A success may still follow a failure."""
        return self.status in FINAL

    @property
    def is_taken(self) -> bool:
        """Whether the order counts as paid by it. A refunded payment does not count."""
        return self.status in TAKEN and not self.is_given_back

    @property
    def is_given_back(self) -> bool:
        """Whether everything that was captured has been refunded."""
        return is_given_back(self.captured_value, self.refunded_value)

    def __repr__(self) -> str:
        return show(self, "id", "request_id", "order_reference", "status")


class RefundMixin(Row):
    """One refund: one ``refundRequestId``, committed before the call to Antom.

    :ivar request_id: our ``refundRequestId``, the key of idempotency.
    :ivar refund_id: Antom's ``refundId``.
    :ivar version: grows with each change and each lock: what is locked is changed.
    :ivar key: the host's key of idempotency; unique.
    :ivar payment_id: the ``paymentId`` of the try that is refunded.
    :ivar payment_ref: the payment's row.
    :ivar status: ``pending``, ``succeeded`` or ``failed``. A pending refund reserves
        its amount, so that it cannot be refunded twice.
    :ivar reported_value: minor units that Antom reported, if they differ from what was
        asked.
    :ivar reason: the text for the buyer.
    :ivar capture_id: the ``captureId`` of the capture that is refunded, if any.
    :ivar inquire_at: when to ask Antom again; ``None`` once final.
    :ivar inquiries: how often a sweep has claimed it.
    """

    __tablename__ = "antom_refund"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    refund_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    version: Mapped[int] = mapped_column(default=1)
    key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    payment_ref: Mapped[int | None] = mapped_column(ID)
    payment_id: Mapped[str | None] = mapped_column(sa.String(64))
    amount_value: Mapped[int] = mapped_column(sa.BigInteger)
    reported_value: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    status: Mapped[str] = mapped_column(sa.String(16))
    result_code: Mapped[str | None] = mapped_column(sa.String(64))
    reason: Mapped[str | None] = mapped_column(sa.String(256))
    capture_id: Mapped[str | None] = mapped_column(sa.String(64))
    inquiries: Mapped[int] = mapped_column(default=0)
    _inquire_at: Mapped[datetime | None] = mapped_column("inquire_at", TIME, index=True)
    _created_at: Mapped[datetime] = mapped_column("created_at", TIME, default=now)
    _updated_at: Mapped[datetime] = mapped_column(
        "updated_at", TIME, default=now, onupdate=now
    )

    amount: Amount = Amount("amount_value")
    inquire_at: Utc[datetime | None] = Utc("_inquire_at")
    created_at: Utc[datetime] = Utc("_created_at")
    updated_at: Utc[datetime] = Utc("_updated_at")

    def __repr__(self) -> str:
        return show(self, "id", "request_id", "payment_ref", "status")


class NotificationMixin(Row):
    """The inbox: one row for each notification, however often Antom sent it.

    :ivar key: hash over type, ids and status; unique.
    :ivar environment: ``sandbox`` or ``prod``, as when it came first.
    :ivar client_id: the client id of the account that it came for.
    :ivar body: the JSON with personal and card data masked.
    :ivar body_hash: SHA-256 of the bytes as they came, in hexadecimal.
    :ivar outcome: what became of it, such as ``applied`` or ``orphan``.
    :ivar copies: how often it has come.
    :ivar received_at: when it came first.
    :ivar next_attempt_at: of an orphan: when to look for its payment again.
    """

    __tablename__ = "antom_notification"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    environment: Mapped[str] = mapped_column(sa.String(16), default="")
    client_id: Mapped[str] = mapped_column(sa.String(64), default="")
    notify_type: Mapped[str] = mapped_column(sa.String(64))
    request_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    payment_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    body: Mapped[str] = mapped_column(LONG_TEXT)
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    outcome: Mapped[str] = mapped_column(sa.String(16), index=True)
    copies: Mapped[int] = mapped_column(default=1)
    _received_at: Mapped[datetime] = mapped_column("received_at", TIME, default=now)
    _next_attempt_at: Mapped[datetime | None] = mapped_column("next_attempt_at", TIME)

    received_at: Utc[datetime] = Utc("_received_at")
    next_attempt_at: Utc[datetime | None] = Utc("_next_attempt_at")

    def __repr__(self) -> str:
        return show(self, "id", "notify_type", "request_id", "payment_id", "outcome")


class EventMixin(Row):
    """The outbox: one row for each event.

    ``claim`` and ``next_attempt_at`` are the lease. A claim writes both, so that nobody
    else delivers the event until ``next_attempt_at``. Then it is due again.

    :ivar name: the signal, such as ``payment_succeeded``.
    :ivar about: the text by which several reviews of a payment differ, such as a second
        ``paymentId``.
    :ivar position: the payment's version when the event was added. It orders the events
        of one payment.
    :ivar delivered_at: when every receiver took it, or it was no longer true.
    :ivar attempts: how often it was delivered or tried, since a person asked last.
    :ivar last_error: the error that a receiver raised last.
    :ivar claim: the id of the latest claim. Only this claim ends the lease early.
    :ivar first_failure_at: when a receiver raised first; ``None`` if none has.
    :ivar redelivered_at: when a person asked to deliver it once more, after it was.
    :ivar next_attempt_at: when it is due, or due again; ``None`` once delivered.
    """

    __tablename__ = "antom_event"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    payment_ref: Mapped[int | None] = mapped_column(ID)
    refund_ref: Mapped[int | None] = mapped_column(ID)
    name: Mapped[str] = mapped_column(sa.String(64))
    about: Mapped[str] = mapped_column(sa.String(128), default="")
    position: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    claim: Mapped[str | None] = mapped_column(sa.String(32))
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    _created_at: Mapped[datetime] = mapped_column("created_at", TIME, default=now)
    _delivered_at: Mapped[datetime | None] = mapped_column("delivered_at", TIME)
    _first_failure_at: Mapped[datetime | None] = mapped_column("first_failure_at", TIME)
    _redelivered_at: Mapped[datetime | None] = mapped_column("redelivered_at", TIME)
    _next_attempt_at: Mapped[datetime | None] = mapped_column(
        "next_attempt_at", TIME, index=True
    )

    created_at: Utc[datetime] = Utc("_created_at")
    delivered_at: Utc[datetime | None] = Utc("_delivered_at")
    first_failure_at: Utc[datetime | None] = Utc("_first_failure_at")
    redelivered_at: Utc[datetime | None] = Utc("_redelivered_at")
    next_attempt_at: Utc[datetime | None] = Utc("_next_attempt_at")

    def __repr__(self) -> str:
        return show(self, "id", "name", "payment_ref", "refund_ref")

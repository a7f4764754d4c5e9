"""The four tables, as mixins for the host's own declarative base.

``FlaskAntom(db=db)`` makes plain models of them on ``db.Model``. A host that wants
columns of its own subclasses them and hands the classes over::

    class Payment(PaymentMixin, db.Model):
        customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))

Plain mixins do not go together with a ``MappedAsDataclass`` base.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from ..domain.payment_states import FINAL, TAKEN
from .columns import ID, LONG_TEXT, TIME, Amount, Utc, now


class PaymentMixin:
    """One attempt to pay an order: one ``paymentRequestId``.

    :ivar request_id: our ``paymentRequestId``, the key of idempotency.
    :ivar payment_id: Antom's id; of the latest success where there are several.
    :ivar order_reference: the host's order; several attempts may share it.
    :ivar amount: what was asked; minor units in the database.
    :ivar method: Antom's payment method type. Empty as long as the buyer has not paid,
        if it is chosen at Antom.
    :ivar chooses_method: whether the buyer chooses among several there.
    :ivar mode: ``cashier``, ``element``, ``page`` or ``hosted``.
    :ivar status: one of :class:`~flask_antom.models.Status`, as plain text.
    :ivar result_code: Antom's last ``resultCode`` about this payment.
    :ivar captured: what has been taken, in review what came; :ivar refunded: what has
        been given back.
    :ivar captures: minor units of each capture, by Antom's ``captureId``.
    :ivar capture_request_id: of our capture that is under way, if there is one.
    :ivar capture_final: whether that one releases the rest of the authorization.
    :ivar authorized_until: when what is authorized and not captured lapses, by Antom's
        clock; ``None`` where nothing is.
    :ivar paid_at: when the buyer paid, by Antom's clock; aware, UTC, as all times are.
    :ivar session_data: for the browser SDK; erased once the payment is final.
    :ivar open_key: held while this attempt may be handed out again; unique, so that
        two clicks open one session.
    :ivar outdated: the order's amount changed after this attempt was opened.
    :ivar cancel_asked_at: when we asked Antom to cancel it.
    :ivar cancel_undoes: whether it was paid by then: a sweep asks again, as long as it
        is not known what came of it.
    :ivar inquire_at: when to ask Antom the next time; ``None`` once final.
    :ivar asked_at: when Antom was asked last; :ivar inquiries: how often.
    """

    __tablename__ = "antom_payment"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    payment_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    order_reference: Mapped[str] = mapped_column(sa.String(64), index=True)
    amount_value: Mapped[int] = mapped_column(sa.BigInteger)
    captured_value: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    refunded_value: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    currency: Mapped[str] = mapped_column(sa.String(3))
    captures: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    capture_request_id: Mapped[str | None] = mapped_column(sa.String(64))
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
    inquiries: Mapped[int] = mapped_column(default=0)
    _session_expires_at: Mapped[datetime | None] = mapped_column(
        "session_expires_at", TIME
    )
    _cancel_asked_at: Mapped[datetime | None] = mapped_column("cancel_asked_at", TIME)
    _inquire_at: Mapped[datetime | None] = mapped_column("inquire_at", TIME, index=True)
    _asked_at: Mapped[datetime | None] = mapped_column("asked_at", TIME)
    _created_at: Mapped[datetime] = mapped_column("created_at", TIME, default=now)
    _updated_at: Mapped[datetime] = mapped_column(
        "updated_at", TIME, default=now, onupdate=now
    )
    _paid_at: Mapped[datetime | None] = mapped_column("paid_at", TIME)
    _authorized_until: Mapped[datetime | None] = mapped_column("authorized_until", TIME)

    amount = Amount("amount_value")
    captured = Amount("captured_value")
    refunded = Amount("refunded_value")
    session_expires_at = Utc("_session_expires_at")
    cancel_asked_at = Utc("_cancel_asked_at")
    inquire_at = Utc("_inquire_at")
    asked_at = Utc("_asked_at")
    created_at = Utc("_created_at")
    updated_at = Utc("_updated_at")
    paid_at = Utc("_paid_at")
    authorized_until = Utc("_authorized_until")

    @orm.declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        few = sa.text("status = 'review'")  # all that is looked for by status
        return (sa.Index(None, "status", postgresql_where=few, sqlite_where=few),)

    @property
    def is_final(self) -> bool:
        """Whether no more news is expected (a success may still follow a failure)."""
        return self.status in FINAL

    @property
    def is_taken(self) -> bool:
        """Whether it pays its order; one that is given back does not."""
        return self.status in TAKEN and not self.is_given_back

    @property
    def is_given_back(self) -> bool:
        """Whether all that was taken has been refunded."""
        return bool(self.captured) and self.refunded >= self.captured

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.request_id} {self.status}>"


class RefundMixin:
    """One refund: one ``refundRequestId``, committed before Antom hears of it.

    :ivar refund_id: Antom's id.
    :ivar payment_id: Antom's id of what it gives back; a payment has another one once
        a later try of the buyer's has taken its place.
    :ivar payment_ref: the payment's row; ``None`` for a refund that Antom reports but
        we never made, whose payment its notification does not name.
    :ivar status: ``pending``, ``succeeded`` or ``failed``. A pending refund holds its
        amount: it can not be refunded twice.
    :ivar capture_id: of which capture, where the payment was captured.
    :ivar inquire_at: when to ask Antom the next time; ``None`` once it is final.
    """

    __tablename__ = "antom_refund"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    refund_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    payment_id: Mapped[str | None] = mapped_column(sa.String(64))
    amount_value: Mapped[int] = mapped_column(sa.BigInteger)
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

    amount = Amount("amount_value")
    inquire_at = Utc("_inquire_at")
    created_at = Utc("_created_at")
    updated_at = Utc("_updated_at")

    @orm.declared_attr
    def payment_ref(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("antom_payment.id"), index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.request_id} {self.status}>"


class NotificationMixin:
    """The inbox: what Antom sent, once however often it was sent.

    :ivar key: hash over type, ids and status; unique.
    :ivar body: the JSON with personal and card data masked.
    :ivar body_hash: SHA-256 of the bytes as they came, in hexadecimal.
    :ivar outcome: ``applied``, ``repeated``, ``ignored``, ``review`` or ``orphan``.
    :ivar copies: how often it has come.
    :ivar next_attempt_at: of an orphan: when to look for its payment the next time.
    """

    __tablename__ = "antom_notification"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    notify_type: Mapped[str] = mapped_column(sa.String(64))
    request_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    payment_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    body: Mapped[str] = mapped_column(LONG_TEXT)
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    outcome: Mapped[str] = mapped_column(sa.String(16), index=True)
    copies: Mapped[int] = mapped_column(default=1)
    _received_at: Mapped[datetime] = mapped_column("received_at", TIME, default=now)
    _next_attempt_at: Mapped[datetime | None] = mapped_column("next_attempt_at", TIME)

    received_at = Utc("_received_at")
    next_attempt_at = Utc("_next_attempt_at")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.notify_type} {self.outcome}>"


class EventMixin:
    """The outbox: what the receivers must be told.

    :ivar name: the signal, such as ``payment_succeeded``.
    :ivar about: what makes it a fact of its own, such as a second payment id.
    :ivar delivered_at: when every receiver had it, or it was true no more; ``None``
        until then.
    :ivar attempts: how often it was tried; :ivar last_error: what a receiver raised.
    :ivar claim: names the attempt that marked it, so that only this one takes the mark
        back.
    :ivar first_failure_at: when a receiver raised first; ``None`` if none has.
    :ivar next_attempt_at: when to try again; ``None`` once delivered.
    """

    __tablename__ = "antom_event"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    about: Mapped[str] = mapped_column(sa.String(128), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    claim: Mapped[str | None] = mapped_column(sa.String(32))
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    _created_at: Mapped[datetime] = mapped_column("created_at", TIME, default=now)
    _delivered_at: Mapped[datetime | None] = mapped_column("delivered_at", TIME)
    _first_failure_at: Mapped[datetime | None] = mapped_column("first_failure_at", TIME)
    _next_attempt_at: Mapped[datetime | None] = mapped_column(
        "next_attempt_at", TIME, index=True
    )

    created_at = Utc("_created_at")
    delivered_at = Utc("_delivered_at")
    first_failure_at = Utc("_first_failure_at")
    next_attempt_at = Utc("_next_attempt_at")

    @orm.declared_attr
    def payment_ref(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("antom_payment.id"), index=True)

    @orm.declared_attr
    def refund_ref(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("antom_refund.id"), index=True)

    @orm.declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (sa.UniqueConstraint("payment_ref", "name", "about"),)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

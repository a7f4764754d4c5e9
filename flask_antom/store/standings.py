"""Reads where an order stands: one query, in the host's own transaction.

A connection of our own would end the host's transaction first, and so expire what the
host is about to show.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..domain.order_states import Standing
from ..domain.payment_states import BEGUN, Status
from ..domain.refund_states import RefundStatus
from ..domain.whose import Ours
from ..opaque import Opaque
from .host_models import Models
from .host_session import HostSession
from .models import PaymentMixin


class OrderAttempt(NamedTuple):
    """One attempt to pay an order, as it is stored.

    :ivar reference: the order's.
    :ivar is_closed: whether the host has closed the order.
    :ivar values: those of the columns that the host's class maps.
    """

    standing: Standing
    reference: str
    is_closed: bool
    values: Opaque[Sequence[Any]]


class Standings:
    """Reads the attempts of an order for :func:`.order_states.decide_order`.

    :param ours: rows of another environment are not read: play money pays no order.
        One of another account counts only as long as its buyer pays.
    """

    def __init__(self, host: HostSession, models: Models, ours: Ours) -> None:
        self._host = host
        self._loader = host.payment_loader()
        self._refund: Any = models.refund.__table__
        self._ours = ours

    def of_order(self, order_reference: str) -> list[OrderAttempt]:
        """Return the attempts to pay an order, oldest first."""
        rows = self._host.execute(self._by_order, value=order_reference)
        attempts = [self._read(row) for row in rows]
        # A database may take "a-1" and "A-1" for the same.
        return [one for one in attempts if one.reference == order_reference]

    def is_being_refunded(self, payment_ref: int) -> bool:
        """Whether a refund of a payment is pending."""
        return bool(self._host.execute(self._being_refunded, ref=payment_ref).scalar())

    def load(self, attempt: OrderAttempt) -> PaymentMixin:
        """Return the host's object of an attempt."""
        payment: PaymentMixin = self._loader.load(self._host.current, attempt.values)
        return payment

    def _read(self, row: Any) -> OrderAttempt:
        *values, is_being_refunded = row
        of = dict(zip(self._names, values, strict=True))
        standing = Standing(
            status=Status(of["status"]),
            captured=of["captured_value"],
            refunded=of["refunded_value"],
            is_being_refunded=is_being_refunded,
            was_paid=of["paid_at"] is not None,
        )
        if standing.status not in BEGUN and not self._ours.is_account(of["client_id"]):
            standing = Standing(Status.EXPIRED)
        is_closed = of["order_closed_at"] is not None
        reference = of["order_reference"]
        return OrderAttempt(standing, reference, is_closed, Opaque(values))

    @cached_property
    def _names(self) -> Sequence[str]:
        return [column.name for column in self._loader.columns]

    @property
    def _payment(self) -> Any:
        return self._loader.table

    @cached_property
    def _being_refunded(self) -> Any:
        return sa.select(self._has_refund_under_way(sa.bindparam("ref")))

    def _has_refund_under_way(self, payment_ref: Any) -> Any:
        refund = self._refund
        return sa.exists().where(
            refund.c.payment_ref == payment_ref,
            refund.c.status == str(RefundStatus.PENDING),
        )

    @cached_property
    def _by_order(self) -> Any:
        payment = self._payment
        return (
            sa.select(*self._loader.columns, self._has_refund_under_way(payment.c.id))
            .where(
                payment.c.order_reference == sa.bindparam("value"),
                payment.c.environment.in_(self._ours.environments),
            )
            .order_by(payment.c.id)
        )

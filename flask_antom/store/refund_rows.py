"""Reads, locks and writes the rows of refunds."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.money import MAX_VALUE, Money
from ..domain.refund_states import (
    HOLDING,
    Refunded,
    RefundObservation,
    RefundStatus,
)
from .host_models import Models
from .rows import PaymentRow, RefundRow
from .tables import Table
from .transactions import Store, Transactions, reading


class RefundRows(Store):
    """The rows of refunds. The payment's lock is taken before."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        super().__init__(transactions)
        payment: Any = models.payment.__table__
        its_payment = payment.c.id == models.refund.__table__.c.payment_ref
        its_own = {
            name: sa.select(payment.c[name]).where(its_payment).scalar_subquery()
            for name in ("client_id", "environment")
        }
        self.refunds: Table[RefundRow] = Table(
            models.refund,
            RefundRow,
            **{name: sa.func.coalesce(value, "") for name, value in its_own.items()},
        )

    @reading
    def get(self, refund_ref: int) -> RefundRow:
        """Return a refund by its row's id."""
        return self.refunds.read(self.execute(self.refunds.by_id, ref=refund_ref).one())

    def find(self, observation: RefundObservation) -> RefundRow | None:
        """Lock and return the refund, by our id or else by Antom's."""
        ids = {
            "request_id": observation.request_id,
            "refund_id": observation.refund_id,
        }
        found = (
            self.lock(name, value) for name, value in ids.items() if value is not None
        )
        return next(filter(None, found), None)

    def lock(self, name: str, value: str) -> RefundRow | None:
        """Lock and return the refund with this value in a column of ids or keys."""
        row = self.execute(self._by[name], value=value).first()
        return None if row is None else self.refunds.read(row)

    def add(self, **values: Any) -> RefundRow:
        """Add a pending refund."""
        moment = self.now()
        added = self.execute(
            self.refunds.insert,
            status=str(RefundStatus.PENDING),
            created_at=moment,
            updated_at=moment,
            **values,
        )
        return self.get(added.inserted_primary_key[0])

    def write(self, refund: RefundRow) -> None:
        """Write what has changed, and the time."""
        self.refunds.write(self.execute, refund, self.now())

    def has_unnamed(self, payment: PaymentRow, amount: Money) -> bool:
        """Whether a refund of this amount is made whose ``refundId`` is not known."""
        found = self.execute(self._unnamed, payment=payment.id, amount=amount.value)
        return found.first() is not None

    def since(self, payment: PaymentRow, moment: datetime) -> list[RefundRow]:
        """Return the later refunds of a payment that have not failed, latest first."""
        rows = self.execute(self._since, payment=payment.id, moment=moment)
        return [self.refunds.read(row) for row in rows]

    def held_by_capture(self, payment: PaymentRow) -> dict[str | None, int]:
        """Return minor units that are refunded or reserved, by ``captureId``."""
        rows = self.execute(
            self._by_capture,
            payment=payment.id,
            of=payment.payment_id,
            statuses=[str(status) for status in HOLDING],
        )
        return {capture_id: int(total) for capture_id, total in rows}

    def total(self, payment: PaymentRow, statuses: Set[RefundStatus]) -> Money:
        """Return the sum of a payment's refunds with one of these statuses.

        Of two figures, what was asked and what Antom reports, the larger counts.
        """
        most = min(self.sums(payment, statuses).most, MAX_VALUE)
        return Money(most, payment.currency)

    def sums(self, payment: PaymentRow, statuses: Set[RefundStatus]) -> Refunded:
        """Return the sums of a payment's refunds with one of these statuses."""
        row = self.execute(
            self._total,
            payment=payment.id,
            of=payment.payment_id,
            currency=payment.currency,
            captured=payment.captured_value,
            statuses=[str(status) for status in statuses],
        ).one()
        return Refunded(*map(int, row))

    @cached_property
    def _by(self) -> dict[str, Any]:
        return {
            name: self.refunds.select.where(
                self.refunds.c[name] == sa.bindparam("value")
            )
            .limit(1)
            .with_for_update()
            for name in ("request_id", "refund_id", "key")
        }

    @cached_property
    def _unnamed(self) -> Any:
        c = self.refunds.c
        return (
            sa.select(c.id)
            .where(
                c.payment_ref == sa.bindparam("payment"),
                c.refund_id.is_(None),
                c.amount_value == sa.bindparam("amount"),
                c.status != str(RefundStatus.FAILED),
            )
            .limit(1)
        )

    @cached_property
    def _since(self) -> Any:
        c = self.refunds.c
        return self.refunds.select.where(
            c.payment_ref == sa.bindparam("payment"),
            c.created_at > sa.bindparam("moment"),
            c.status != str(RefundStatus.FAILED),
        ).order_by(c.id.desc())

    @cached_property
    def _of_payment(self) -> Any:
        c = self.refunds.c
        return sa.and_(
            c.payment_ref == sa.bindparam("payment"),
            c.payment_id == sa.bindparam("of"),
            c.status.in_(sa.bindparam("statuses", expanding=True)),
        )

    @cached_property
    def _by_capture(self) -> Any:
        c = self.refunds.c
        return (
            sa.select(c.capture_id, sa.func.sum(self._larger))
            .where(self._of_payment)
            .group_by(c.capture_id)
        )

    @cached_property
    def _total(self) -> Any:
        c = self.refunds.c
        captured = sa.bindparam("captured", type_=sa.BigInteger)
        smaller = sa.case(
            (c.reported_value < c.amount_value, c.reported_value),
            else_=c.amount_value,
        )
        # What exceeds the payment by itself is a mistake, and agrees with nothing.
        agreed = sa.case((smaller > captured, 0), else_=smaller)
        sums = (sa.func.coalesce(sa.func.sum(v), 0) for v in (agreed, self._larger))
        return sa.select(*sums).where(
            self._of_payment, c.currency == sa.bindparam("currency")
        )

    @cached_property
    def _larger(self) -> Any:
        c = self.refunds.c
        return sa.case(
            (c.reported_value > c.amount_value, c.reported_value),
            else_=c.amount_value,
        )

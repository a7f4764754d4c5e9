"""Row locks of payments.

All attempts of an order are locked together, in the order of their ids. So two attempts
cannot both pay the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.payment_states import Observation
from .host_models import Models
from .models import PaymentMixin
from .transactions import Transactions


class Locks:
    """Row locks of the current transaction."""

    def __init__(self, transactions: Transactions, models: Models) -> None:
        self._transactions = transactions
        self._payment = models.payment

    def lock_payment(self, payment_ref: int) -> PaymentMixin:
        """Lock one payment and read it again."""
        return self._transactions.session.get_one(
            self._payment, payment_ref, with_for_update=True, populate_existing=True
        )

    def lock_order(self, order_reference: str) -> Sequence[PaymentMixin]:
        """Lock all attempts to pay an order and read them again, oldest first."""
        found = self._lock(self._by_reference, order_reference)
        return only_of_order(found, order_reference)

    def lock_order_of(self, observation: Observation) -> Sequence[PaymentMixin]:
        """Lock all attempts of the order that an observation is about.

        If the database ignores case, attempts of a similar reference are included.
        """
        name, value = observation.identified_by
        return self._lock(self._by_identifier[name], value)

    def _lock(self, query: sa.Select[Any], value: str | None) -> Sequence[PaymentMixin]:
        found: Sequence[PaymentMixin] = self._transactions.session.scalars(
            query, {"value": value}
        ).all()
        return found

    @cached_property
    def _by_reference(self) -> sa.Select[Any]:
        return self._attempts_where(
            self._payment.order_reference == sa.bindparam("value")
        )

    @cached_property
    def _by_identifier(self) -> dict[str, sa.Select[Any]]:
        payment = self._payment
        reference = sa.select(payment.order_reference).limit(1)
        return {
            name: self._attempts_where(
                payment.order_reference
                == reference.where(column == sa.bindparam("value")).scalar_subquery()
            )
            for name, column in (
                ("request_id", payment.request_id),
                ("payment_id", payment.payment_id),
            )
        }

    def _attempts_where(self, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
        return (
            sa.select(self._payment)
            .where(condition)
            .order_by(self._payment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )


def only_of_order(
    payments: Sequence[PaymentMixin], order_reference: str
) -> list[PaymentMixin]:
    """Return the attempts with exactly this reference.

    For MariaDB, ``a-1`` and ``A-1`` are the same.
    """
    return [row for row in payments if row.order_reference == order_reference]

"""Reads, locks and writes the rows of payments.

All attempts of an order are locked together, in the order of their ids, so that two
attempts cannot both pay the order. What is locked is changed: a lock alone is not seen
by another node of a cluster, so each row has a version that grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..domain.payment_states import Observation
from ..domain.whose import Ours
from .host_models import Models
from .rows import PaymentRow
from .tables import Table
from .transactions import Store, Transactions, reading


class PaymentRows(Store):
    """The rows of payments; methods that lock need a unit of work.

    :ivar are_here: the condition for payments of the present environment.
    """

    def __init__(self, transactions: Transactions, models: Models, ours: Ours) -> None:
        super().__init__(transactions)
        self.ours = ours
        self.payments: Table[PaymentRow] = Table(models.payment, PaymentRow)
        self.are_here: Any = self.payments.c.environment.in_(ours.environments)

    @reading
    def get(self, payment_ref: int) -> PaymentRow:
        """Return a payment by its row's id."""
        return self.payments.read(
            self.execute(self.payments.by_id, ref=payment_ref).one()
        )

    @reading
    def find(self, request_id: str) -> PaymentRow | None:
        """Return a payment by our ``paymentRequestId``, if there is one."""
        row = self.execute(self._by_request, value=request_id).first()
        return None if row is None else self.payments.read(row)

    @reading
    def knows(self, payment_id: str) -> bool:
        """Whether a payment has this ``paymentId`` of Antom's."""
        return self.execute(self._by_payment_id, value=payment_id).first() is not None

    @reading
    def of_order(self, order_reference: str) -> list[PaymentRow]:
        """Return all attempts to pay an order in this environment, oldest first."""
        return self._of_order(self._by_order, order_reference)

    def is_of_none_elsewhere(self, payment_ref: Any) -> Any:
        """Return the condition that a column names no payment of another environment.

        Rows of refunds and events have no environment of their own.
        """
        payment = self.payments.table.alias()
        return ~sa.exists().where(
            payment.c.id == payment_ref,
            payment.c.environment.not_in(self.ours.environments),
        )

    def outcome_of_unknown(self, request_id: str | None) -> str:
        """Return the outcome of a notification whose payment is unknown.

        :param request_id: the id of the payment or the refund that it names, if any.
        """
        if request_id is None or self.ours.ids.may_be_ours(request_id):
            return "orphan"
        return "foreign"

    def lock(self, payment_ref: int) -> PaymentRow:
        """Lock one payment and return it as it is now."""
        query = self.locking["id"]
        return self.payments.read(self.execute(query, value=payment_ref).one())

    def lock_order(self, order_reference: str) -> list[PaymentRow]:
        """Lock the attempts that :meth:`of_order` returns, and return them."""
        return self._of_order(self.locking["order"], order_reference)

    def lock_order_of(self, observation: Observation) -> list[PaymentRow]:
        """Lock all attempts of the order that an observation is about."""
        name, value = observation.identified_by
        rows = self.execute(self.locking[name], value=value).all()
        return list(filter(self.ours.is_here, map(self.payments.read, rows)))

    def write(self, payment: PaymentRow, *, always: bool = False) -> None:
        """Write what has changed, and the time.

        :param always: whether the version grows even if nothing has changed.
        """
        is_changed = self.payments.write(self.execute, payment, self.now())
        if always and not is_changed:
            self.mark_locked([payment])

    def mark_locked(self, payments: Sequence[PaymentRow]) -> None:
        """Write new versions of payments that were locked and are not changed."""
        if payments:
            self.execute(self._bump, refs=[payment.id for payment in payments])
            for payment in payments:
                payment.written()

    def _of_order(self, query: Any, order_reference: str) -> list[PaymentRow]:
        rows = self.execute(query, value=order_reference).all()
        here = list(filter(self.ours.is_here, map(self.payments.read, rows)))
        return only_of_order(here, order_reference)

    @cached_property
    def _by_request(self) -> Any:
        return self._where(self.payments.c.request_id == sa.bindparam("value"))

    @cached_property
    def _by_payment_id(self) -> Any:
        column = self.payments.c.payment_id
        return sa.select(self.payments.c.id).where(column == sa.bindparam("value"))

    @cached_property
    def _by_order(self) -> Any:
        return self._where(self.payments.c.order_reference == sa.bindparam("value"))

    @cached_property
    def locking(self) -> dict[str, Any]:
        """The queries that lock, by what they look for."""
        c = self.payments.c
        value: Any = sa.bindparam("value")
        reference = sa.select(c.order_reference).limit(1)
        conditions = {
            "id": c.id == value,
            "order": c.order_reference == value,
            **{
                name: c.order_reference
                == reference.where(c[name] == value).scalar_subquery()
                for name in ("request_id", "payment_id")
            },
        }
        return {
            name: self._where(condition).with_for_update()
            for name, condition in conditions.items()
        }

    @cached_property
    def _bump(self) -> Any:
        table = self.payments.table
        return (
            sa.update(table)
            .where(table.c.id.in_(sa.bindparam("refs", expanding=True)))
            .values(version=table.c.version + 1, updated_at=table.c.updated_at)
        )

    def _where(self, condition: Any) -> Any:
        return self.payments.select.where(condition).order_by(self.payments.c.id)


def only_of_order(
    payments: Sequence[PaymentRow], order_reference: str
) -> list[PaymentRow]:
    """Return the attempts with exactly this reference.

    A database may take ``a-1`` and ``A-1`` for the same.
    """
    return [row for row in payments if row.order_reference == order_reference]

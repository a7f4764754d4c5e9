"""The shop's own orders: what its loader says, and what its receivers find."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from flask_antom import Money, Order
from flask_antom.errors import OrderAlreadyPaid
from tests.support.shop import Shopfront, make_order

#: What a receiver writes before the order's reference when money has come for it.
SOLD = "sold "


class LoaderDown(Exception):
    """The order loader raises this on request."""


@dataclass
class OrderBook:
    """The orders of the shop.

    :ivar amounts: what each order costs now.
    :ivar gone: the orders that the loader does not find at present.
    :ivar paid: the orders that the shop has the money for from elsewhere.
    :ivar closed: the orders that the shop has closed.
    :ivar touched: the orders that were not always as at the beginning.
    :ivar marks: whether the loader says that an order is paid that a receiver sold.
    :ivar failing: how many calls of the loader are still to raise.
    """

    amounts: dict[str, Money] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    paid: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    marks: bool = False
    failing: int = 0

    def copy(self) -> OrderBook:
        return deepcopy(self)

    def set_amount(self, reference: str, amount: Money) -> None:
        """Set what an order costs."""
        if self.amounts.get(reference, amount) != amount:
            self.touched.add(reference)
        self.amounts[reference] = amount

    def load(self, shop: Shopfront, reference: str) -> Order | None:
        """Be the order loader."""
        if self.failing:
            self.failing -= 1
            raise LoaderDown
        if reference in self.gone or reference not in self.amounts:
            return None
        if reference in self.paid or (self.marks and self._is_sold(shop, reference)):
            raise OrderAlreadyPaid("The shop has the money.")
        return make_order(reference, self.amounts[reference])

    def _is_sold(self, shop: Shopfront, reference: str) -> bool:
        row = shop.fulfilment
        query = sa.select(row.id).where(row.order_reference == SOLD + reference)
        return shop.db.session.scalars(query).first() is not None

    def describe(self, reference: str) -> str:
        """Return what an order is at this moment: its amount, if it can be paid."""
        if reference in self.gone or reference in self.paid | self.closed:
            return "not to be paid"
        return price(self.amounts[reference])

    def sell(self, shop: Shopfront, name: str, payment: Any) -> None:
        """Write, as a receiver, what the order is at the moment of its payment."""
        reference = payment.order_reference
        row = shop.fulfilment(
            order_reference=SOLD + reference,
            request_id=payment.request_id,
            about=f"{name} {self.describe(reference)}",
        )
        shop.db.session.add(row)


def price(amount: Money) -> str:
    return f"{amount.value} {amount.currency}"

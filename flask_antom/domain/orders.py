"""The host's order, with Antom's limits.

The classes raise an error at once for what Antom would refuse later: a text that is too
long, not ASCII where it has to be, or missing. The limits are those of
createPaymentSession (Antom: createPaymentSession, "order"). Reference, description and
goods must not hold Chinese characters (the guide: APM payments, FAQ). They must be
ASCII here, which every payment method takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidMoney, InvalidOrder
from .money import Money, check_chargeable
from .order_parts import Buyer, Goods, Shipping, check_text, without_none

_MAX_GOODS = 100


@dataclass(frozen=True, slots=True)
class Order:
    """An order to be paid. The host's order loader returns it.

    :ivar reference: the host's order number, at most 64 ASCII characters. It is the
        same for every attempt to pay this order.
    :ivar amount: the amount that the buyer pays; of zero there is nothing to pay.
    :ivar description: at most 256 ASCII characters.
    :ivar buyer: the person who pays, if the host knows them.
    :ivar goods: at most 100 lines.
    :ivar shipping: the recipient of the goods, if they are shipped.
    :ivar url: the host's page for this order; the result page links back to it.
    :raises InvalidOrder: if Antom would refuse a field; the message names it.
    """

    reference: str
    amount: Money
    description: str
    buyer: Buyer | None = None
    goods: Sequence[Goods] = ()
    shipping: Shipping | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        _check_reference(self.reference)
        check_text("Order.description", self.description, 256, ascii=True, needed=True)
        if not isinstance(self.amount, Money):
            raise InvalidOrder(
                f"Order.amount must be a Money, not {type(self.amount).__name__}:"
                ' Money(4200, "MYR") is 42 ringgit.'
            )
        try:
            if self.amount:
                check_chargeable(self.amount)
        except InvalidMoney as error:
            raise InvalidOrder(f"Order.amount: {error}") from None
        if self.buyer is not None and not isinstance(self.buyer, Buyer):
            raise InvalidOrder("Order.buyer must be a Buyer.")
        if self.shipping is not None and not isinstance(self.shipping, Shipping):
            raise InvalidOrder("Order.shipping must be a Shipping.")
        if not isinstance(self.goods, Sequence):
            raise InvalidOrder("Order.goods must be a list of Goods.")
        if len(self.goods) > _MAX_GOODS:
            raise InvalidOrder(f"Order.goods takes at most {_MAX_GOODS} lines.")
        if not all(isinstance(line, Goods) for line in self.goods):
            raise InvalidOrder("Order.goods must only hold Goods.")

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``order`` object of createPaymentSession."""
        return without_none(
            referenceOrderId=self.reference,
            orderDescription=self.description,
            orderAmount=self.amount.to_antom(),
            buyer=self.buyer and self.buyer.to_antom(),
            goods=[line.to_antom() for line in self.goods],
            shipping=self.shipping and self.shipping.to_antom(),
        )


def can_be_reference(text: str) -> bool:
    """Whether an order could have this text as its reference."""
    try:
        _check_reference(text)
    except InvalidOrder:
        return False
    return True


def _check_reference(text: str) -> None:
    check_text("Order.reference", text, 64, ascii=True, needed=True)

"""The host's order, with Antom's limits.

The classes keep the host's text. Antom gets it as it takes it: in ASCII where Chinese
characters are forbidden (the guide: APM payments, FAQ), because every payment method
takes that, and within the limits of createPaymentSession (Antom: createPaymentSession,
"order"). An error is raised at once for what cannot be changed: identifiers, amounts,
and what is no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidMoney, InvalidOrder
from .money import Money, check_chargeable
from .order_parts import Buyer, Goods, Shipping, without_none
from .order_text import check_id, check_is_text, tell, write_words

_MAX_GOODS = 100


@dataclass(frozen=True, slots=True)
class Order:
    """An order to be paid. The host's order loader returns it.

    :ivar reference: the host's order number, at most 64 ASCII characters. It is the
        same for every attempt to pay this order.
    :ivar amount: the amount that the buyer pays; of zero there is nothing to pay.
    :ivar description: 256 characters. Antom gets it in ASCII, and cut if it is longer;
        if nothing of it can be written in ASCII, or it is empty, Antom gets the
        reference.
    :ivar buyer: the person who pays, if the host knows them.
    :ivar goods: the lines of the order; Antom gets the first 100.
    :ivar shipping: the recipient of the goods, if they are shipped.
    :ivar url: the host's page for this order; the result page links back to it.
    :raises InvalidOrder: if Antom would refuse the reference or the amount, or a field
        is of another type; the message names it.
    """

    reference: str
    amount: Money
    description: str = ""
    buyer: Buyer | None = None
    goods: Sequence[Goods] = ()
    shipping: Shipping | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        _check_reference(self.reference)
        check_is_text(self, needed="description")
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
        if not all(isinstance(line, Goods) for line in self.goods):
            raise InvalidOrder("Order.goods must only hold Goods.")

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``order`` object of createPaymentSession."""
        if len(self.goods) > _MAX_GOODS:
            tell("Order.goods", f"cut to {_MAX_GOODS} lines")
        return without_none(
            referenceOrderId=self.reference,
            orderDescription=write_words(
                "Order.description",
                self.description or self.reference,
                256,
                ascii=True,
                instead=self.reference,
            ),
            orderAmount=self.amount.to_antom(),
            buyer=self.buyer and self.buyer.to_antom(),
            goods=[line.to_antom() for line in self.goods[:_MAX_GOODS]],
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
    check_id("Order.reference", text, 64)

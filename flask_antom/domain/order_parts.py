"""The parts of an order: buyer, goods and shipping, with Antom's limits.

No ``repr`` shows a person.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidOrder
from ..opaque import conceal_init
from .money import Money

#: Unicode's control characters, broken characters, line and paragraph separators.
_FORBIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


@conceal_init
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Buyer:
    """The person who pays.

    Every field is optional. Each one raises the rate of approval.

    :ivar reference: the host's id of the customer, at most 64 characters.
    :ivar first_name: at most 32 characters, like ``middle_name`` and ``last_name``.
    :ivar full_name: at most 128 characters.
    :ivar email: at most 64 characters.
    :ivar phone: at most 24 characters.
    :raises InvalidOrder: if Antom would refuse a field; the message names it.
    """

    reference: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    email: str | None = None
    phone: str | None = None

    def __post_init__(self) -> None:
        check_text("Buyer.reference", self.reference, 64)
        check_text("Buyer.first_name", self.first_name, 32)
        check_text("Buyer.middle_name", self.middle_name, 32)
        check_text("Buyer.last_name", self.last_name, 32)
        check_text("Buyer.full_name", self.full_name, 128)
        check_text("Buyer.email", self.email, 64)
        check_text("Buyer.phone", self.phone, 24)

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``Buyer`` object."""
        return without_none(
            referenceBuyerId=self.reference,
            buyerName=_user_name(self),
            buyerEmail=self.email,
            buyerPhoneNo=self.phone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One line of the order.

    :ivar reference: the host's id of the article, at most 64 ASCII characters.
    :ivar name: at most 256 ASCII characters.
    :ivar quantity: one or more.
    :ivar unit_amount: the price of one article. Zero is not sent to Antom, whose
        amounts are positive.
    :ivar category: at most 64 ASCII characters.
    :ivar url: at most 2048 characters.
    :raises InvalidOrder: if Antom would refuse a field; the message names it.
    """

    reference: str
    name: str
    quantity: int = 1
    unit_amount: Money | None = None
    category: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        check_text("Goods.reference", self.reference, 64, ascii=True, needed=True)
        check_text("Goods.name", self.name, 256, ascii=True, needed=True)
        check_text("Goods.category", self.category, 64, ascii=True)
        check_text("Goods.url", self.url, 2048, ascii=True)
        if isinstance(self.quantity, bool) or not isinstance(self.quantity, int):
            raise InvalidOrder("Goods.quantity must be a whole number.")
        if self.quantity < 1:
            raise InvalidOrder("Goods.quantity must be at least 1.")
        if self.unit_amount is not None and not isinstance(self.unit_amount, Money):
            raise InvalidOrder("Goods.unit_amount must be a Money.")

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``Goods`` object."""
        return without_none(
            referenceGoodsId=self.reference,
            goodsName=self.name,
            goodsQuantity=str(self.quantity),
            goodsUnitAmount=self.unit_amount.to_antom() if self.unit_amount else None,
            goodsCategory=self.category,
            goodsUrl=self.url,
        )


@conceal_init
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Address:
    """A postal address.

    :ivar region: ISO 3166, two capital letters.
    :ivar state: at most 8 characters.
    :ivar city: at most 32 characters.
    :ivar address1: at most 256 characters, like ``address2``.
    :ivar zip_code: at most 32 characters.
    :raises InvalidOrder: if Antom would refuse a field; the message names it.
    """

    region: str
    state: str | None = None
    city: str | None = None
    address1: str | None = None
    address2: str | None = None
    zip_code: str | None = None

    def __post_init__(self) -> None:
        check_text("Address.region", self.region, 2, ascii=True, needed=True)
        if len(self.region) != 2 or not self.region.isalpha():
            raise InvalidOrder('Address.region must be two letters, such as "MY".')
        check_text("Address.state", self.state, 8)
        check_text("Address.city", self.city, 32)
        check_text("Address.address1", self.address1, 256)
        check_text("Address.address2", self.address2, 256)
        check_text("Address.zip_code", self.zip_code, 32)

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``Address`` object."""
        return without_none(
            region=self.region.upper(),
            state=self.state,
            city=self.city,
            address1=self.address1,
            address2=self.address2,
            zipCode=self.zip_code,
        )


@conceal_init
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Shipping:
    """The recipient of the goods.

    :ivar full_name: at most 128 characters.
    :ivar first_name: at most 32 characters, like ``middle_name`` and ``last_name``.
    :ivar carrier: at most 128 characters.
    :ivar phone: at most 16 characters.
    :ivar email: at most 64 characters.
    :raises InvalidOrder: if Antom would refuse a field; the message names it.
    """

    full_name: str | None = None
    address: Address | None = None
    carrier: str | None = None
    phone: str | None = None
    email: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None

    def __post_init__(self) -> None:
        check_text("Shipping.full_name", self.full_name, 128)
        check_text("Shipping.first_name", self.first_name, 32)
        check_text("Shipping.middle_name", self.middle_name, 32)
        check_text("Shipping.last_name", self.last_name, 32)
        check_text("Shipping.carrier", self.carrier, 128)
        check_text("Shipping.phone", self.phone, 16)
        check_text("Shipping.email", self.email, 64)
        if self.address is not None and not isinstance(self.address, Address):
            raise InvalidOrder("Shipping.address must be an Address.")

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``Shipping`` object."""
        return without_none(
            shippingName=_user_name(self),
            shippingAddress=self.address and self.address.to_antom(),
            shippingCarrier=self.carrier,
            shippingPhoneNo=self.phone,
            shipToEmail=self.email,
        )


def _user_name(person: Buyer | Shipping) -> dict[str, Any]:
    """Return Antom's ``UserName`` object."""
    return without_none(
        firstName=person.first_name,
        middleName=person.middle_name,
        lastName=person.last_name,
        fullName=person.full_name,
    )


def without_none(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not empty: Antom refuses nulls and empty objects."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value != [] and value != {}
    }


def check_text(
    name: str,
    value: Any,
    limit: int,
    *,
    ascii: bool = False,
    needed: bool = False,
) -> None:
    """Raise an error if Antom would refuse a text.

    :param name: the field, for the error message.
    :param limit: the number of characters that Antom takes at most.
    :param ascii: whether only ASCII is allowed.
    :param needed: whether ``None`` is an error.
    :raises InvalidOrder: naming the field.
    """
    if value is None and not needed:
        return
    if not isinstance(value, str):
        raise InvalidOrder(f"{name} must be text, not {type(value).__name__}.")
    if not value.strip():
        raise InvalidOrder(f"{name} is empty; leave it out or fill it.")
    if len(value) > limit:
        raise InvalidOrder(
            f"{name} has {len(value)} characters; Antom takes at most {limit}."
        )
    if ascii and not value.isascii():
        raise InvalidOrder(
            f"{name} must be plain ASCII: some payment methods fail otherwise."
        )
    if any(unicodedata.category(sign) in _FORBIDDEN for sign in value):
        raise InvalidOrder(f"{name} holds a control character.")

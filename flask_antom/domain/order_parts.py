"""The parts of an order: buyer, goods and shipping, with Antom's limits.

No ``repr`` shows a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import InvalidOrder
from ..opaque import conceal_init
from .money import Money
from .order_text import check_id, check_is_text, write_whole, write_words

#: The limits of a person's names.
_NAMES = {"first_name": 32, "middle_name": 32, "last_name": 32, "full_name": 128}


@conceal_init
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Buyer:
    """The person who pays.

    Every field is optional. Each one raises the rate of approval. Names that are too
    long for Antom are cut, and what is of no use in part is left out.

    :ivar reference: the host's id of the customer, at most 64 characters.
    :ivar first_name: 32 characters, like ``middle_name`` and ``last_name``.
    :ivar full_name: 128 characters.
    :ivar email: 64 characters.
    :ivar phone: 24 characters.
    :raises InvalidOrder: if Antom would refuse the reference, or a field is no text;
        the message names it.
    """

    reference: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    email: str | None = None
    phone: str | None = None

    def __post_init__(self) -> None:
        if self.reference is not None:
            check_id("Buyer.reference", self.reference, 64, ascii=False)
        check_is_text(self, *_NAMES, "email", "phone")

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``Buyer`` object."""
        return without_none(
            referenceBuyerId=self.reference,
            buyerName=_user_name(self),
            buyerEmail=write_whole("Buyer.email", self.email, 64),
            buyerPhoneNo=write_whole("Buyer.phone", self.phone, 24),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One line of the order.

    Antom gets names and categories in ASCII, and cut if they are too long.

    :ivar reference: the host's id of the article, at most 64 ASCII characters.
    :ivar name: 256 characters. If nothing of it can be written in ASCII, Antom gets the
        reference.
    :ivar quantity: one or more.
    :ivar unit_amount: the price of one article. Zero is not sent to Antom, whose
        amounts are positive.
    :ivar category: 64 characters.
    :ivar url: 2048 ASCII characters; another one is left out.
    :raises InvalidOrder: if Antom would refuse the reference, or a field is of another
        type; the message names it.
    """

    reference: str
    name: str
    quantity: int = 1
    unit_amount: Money | None = None
    category: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        check_id("Goods.reference", self.reference, 64)
        check_is_text(self, "category", "url", needed="name")
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
            goodsName=write_words(
                "Goods.name", self.name, 256, ascii=True, instead=self.reference
            ),
            goodsQuantity=str(self.quantity),
            goodsUnitAmount=self.unit_amount.to_antom() if self.unit_amount else None,
            goodsCategory=write_words("Goods.category", self.category, 64, ascii=True),
            goodsUrl=write_whole("Goods.url", self.url, 2048, ascii=True),
        )


@conceal_init
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Address:
    """A postal address.

    Lines that are too long for Antom are cut; a long state or code is left out.

    :ivar region: ISO 3166, two letters.
    :ivar state: 8 characters.
    :ivar city: 32 characters.
    :ivar address1: 256 characters, like ``address2``.
    :ivar zip_code: 32 characters.
    :raises InvalidOrder: if the region is not two letters, or a field is no text; the
        message names it.
    """

    region: str
    state: str | None = None
    city: str | None = None
    address1: str | None = None
    address2: str | None = None
    zip_code: str | None = None

    def __post_init__(self) -> None:
        check_id("Address.region", self.region, 2)
        if len(self.region) != 2 or not self.region.isalpha():
            raise InvalidOrder('Address.region must be two letters, such as "MY".')
        check_is_text(self, "state", "city", "address1", "address2", "zip_code")

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``Address`` object."""
        return without_none(
            region=self.region.upper(),
            state=write_whole("Address.state", self.state, 8),
            city=write_words("Address.city", self.city, 32),
            address1=write_words("Address.address1", self.address1, 256),
            address2=write_words("Address.address2", self.address2, 256),
            zipCode=write_whole("Address.zip_code", self.zip_code, 32),
        )


@conceal_init
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Shipping:
    """The recipient of the goods.

    Names that are too long for Antom are cut, and what is of no use in part is left
    out.

    :ivar full_name: 128 characters.
    :ivar first_name: 32 characters, like ``middle_name`` and ``last_name``.
    :ivar carrier: 128 characters.
    :ivar phone: 16 characters.
    :ivar email: 64 characters.
    :raises InvalidOrder: if a field is of another type; the message names it.
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
        check_is_text(self, *_NAMES, "carrier", "phone", "email")
        if self.address is not None and not isinstance(self.address, Address):
            raise InvalidOrder("Shipping.address must be an Address.")

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``Shipping`` object."""
        return without_none(
            shippingName=_user_name(self),
            shippingAddress=self.address and self.address.to_antom(),
            shippingCarrier=write_words("Shipping.carrier", self.carrier, 128),
            shippingPhoneNo=write_whole("Shipping.phone", self.phone, 16),
            shipToEmail=write_whole("Shipping.email", self.email, 64),
        )


def _user_name(person: Buyer | Shipping) -> dict[str, Any]:
    """Return Antom's ``UserName`` object."""
    owner = type(person).__name__
    first, middle, last, full = (
        write_words(f"{owner}.{field}", getattr(person, field), limit)
        for field, limit in _NAMES.items()
    )
    return without_none(
        firstName=first, middleName=middle, lastName=last, fullName=full
    )


def without_none(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not empty: Antom refuses nulls and empty objects."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value != [] and value != {}
    }

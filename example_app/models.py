"""Products and orders."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from flask_antom import Money

from .database import db

CURRENCY = "MYR"

#: Letters and digits that do not look alike.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_reference() -> str:
    """Return a new order number, easy to read and hard to guess: ``K7Q4M2XP``."""
    return "".join(secrets.choice(_SIGNS) for _ in range(8))


def _now() -> datetime:
    return datetime.now(UTC)


class Product(db.Model):  # type: ignore[name-defined, misc]
    """A product.

    :ivar slug: its name in URLs and the name of its picture.
    :ivar price_value: minor units of :data:`CURRENCY`.
    :ivar stock: how many are left. It can fall below zero: a paid order always counts.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(32), unique=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    material: Mapped[str] = mapped_column(sa.String(64))
    description: Mapped[str] = mapped_column(sa.String(500))
    details: Mapped[str] = mapped_column(sa.String(200))
    price_value: Mapped[int] = mapped_column(sa.BigInteger)
    stock: Mapped[int]

    @property
    def price(self) -> Money:
        return Money(self.price_value, CURRENCY)


class Purchase(db.Model):  # type: ignore[name-defined, misc]
    """An order: a quantity of one product, at the price of that day.

    :ivar reference: the order number; Antom and Flask-Antom use it too.
    :ivar visitor: whose order it is; see :mod:`example_app.visitors`.
    :ivar fulfilled_at: when it was paid and handed to packing; UTC.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(
        sa.String(16), unique=True, default=new_reference
    )
    visitor: Mapped[str] = mapped_column(sa.String(32), index=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    quantity: Mapped[int]
    unit_value: Mapped[int] = mapped_column(sa.BigInteger)
    buyer_name: Mapped[str] = mapped_column(sa.String(128))
    buyer_email: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), default=_now
    )
    fulfilled_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    product: Mapped[Product] = orm.relationship()

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_value, CURRENCY)

    @property
    def amount(self) -> Money:
        return self.unit_price * self.quantity

    def fulfil(self) -> None:
        """Hand the order to packing and take it out of stock."""
        self.fulfilled_at = _now()
        self.product.stock = Product.stock - self.quantity

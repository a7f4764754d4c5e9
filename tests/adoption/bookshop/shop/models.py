"""Users, books and orders."""

import secrets
from datetime import UTC, datetime
from decimal import Decimal

from flask_login import UserMixin, current_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash

db = SQLAlchemy()


def new_number():
    return f"B-{secrets.token_hex(4).upper()}"


class User(UserMixin, db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(db.String(254), unique=True)
    password: Mapped[str] = mapped_column(db.String(254))
    is_admin: Mapped[bool] = mapped_column(default=False)
    orders: Mapped[list["Order"]] = relationship(back_populates="user")

    @classmethod
    def register(cls, email, password, **values):
        return cls(email=email, password=generate_password_hash(password), **values)

    def has_password(self, password):
        return check_password_hash(self.password, password)


class Book(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(db.String(200))
    price: Mapped[Decimal] = mapped_column(db.Numeric(10, 2))


class Order(db.Model):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(db.String(20), unique=True, default=new_number)
    user_id: Mapped[int] = mapped_column(db.ForeignKey("user.id"))
    placed_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    shipped_at: Mapped[datetime | None]
    paid: Mapped[Decimal] = mapped_column(db.Numeric(10, 2), default=Decimal(0))
    user: Mapped[User] = relationship(back_populates="orders")
    lines: Mapped[list["Line"]] = relationship(cascade="all, delete-orphan")

    @classmethod
    def find(cls, number):
        return db.session.scalar(db.select(cls).filter_by(number=number))

    @classmethod
    def find_own(cls, number):
        """Return an order of this visitor; ``None`` if it is another one's."""
        order = cls.find(number)
        return order if order is not None and order.user == current_user else None

    @property
    def total(self):
        return sum((line.quantity * line.price for line in self.lines), Decimal(0))

    @property
    def due(self):
        return max(self.total - self.paid, Decimal(0))

    @property
    def is_paid(self):
        return not self.due


class Line(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(db.ForeignKey("orders.id"))
    book_id: Mapped[int] = mapped_column(db.ForeignKey("book.id"))
    quantity: Mapped[int] = mapped_column(default=1)
    price: Mapped[Decimal] = mapped_column(db.Numeric(10, 2))
    book: Mapped[Book] = relationship()

"""The records of the shop's database and of the simulated Antom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from example_app.catalogue import PRODUCTS
from example_app.database import db
from example_app.demo import Demo
from example_app.models import Product, Purchase
from example_app.payments import antom
from flask_antom.simulator import Payment, Simulator

STOCK = {article["slug"]: article["stock"] for article in PRODUCTS}


class Records:
    """One running shop's records."""

    def __init__(self, demo: Demo) -> None:
        assert demo.simulator is not None
        self._app = demo.app
        self.simulator: Simulator = demo.simulator

    def payments(self) -> list[Any]:
        """Return fresh copies of Flask-Antom's payments, oldest first."""
        return self._rows(antom.Payment)

    def notifications(self) -> list[Any]:
        """Return fresh copies of Flask-Antom's inbox."""
        return self._rows(antom.Notification)

    def purchase(self, reference: str) -> Purchase:
        purchase: Purchase
        (purchase,) = (
            row for row in self._rows(Purchase) if row.reference == reference
        )
        return purchase

    def sold(self, slug: str = "kopi-cup") -> int:
        """Return how many the receiver has taken out of stock."""
        (stock,) = (row.stock for row in self._rows(Product) if row.slug == slug)
        return int(STOCK[slug] - stock)

    @property
    def session(self) -> Payment:
        """The one payment session that Antom was asked for."""
        (payment,) = self.simulator.payments()
        return payment

    def refund(self) -> None:
        """Refund the one payment in full, as the shop's staff would."""
        with self._app.app_context():
            antom.refund(db.session.scalars(sa.select(antom.Payment)).one())

    def change_quantity(self, reference: str, quantity: int) -> None:
        """Change an order behind the buyer's back, as the shop's staff would."""
        with self._app.app_context():
            order = db.session.scalars(
                sa.select(Purchase).where(Purchase.reference == reference)
            ).one()
            order.quantity = quantity
            db.session.commit()

    def pass_time(self, **time: float) -> None:
        """Wind Antom's clock, and make the shop's payments as much older."""
        self.simulator.clock.advance(**time)
        with self._app.app_context():
            for payment in db.session.scalars(sa.select(antom.Payment)):
                for name in ("created_at", "asked_at", "session_expires_at"):
                    moment = getattr(payment, name)
                    if moment is not None:
                        setattr(payment, name, moment - timedelta(**time))
            db.session.commit()

    def assert_fulfilled_once(self, reference: str, slug: str = "kopi-cup") -> None:
        """See that the order is fulfilled, and once: now, and in two days' time.

        By then Antom has sent again all that was lost, and closed what was left open.
        """
        purchase = self.purchase(reference)
        assert purchase.fulfilled_at is not None
        assert self.sold(slug) == purchase.quantity
        self.simulator.clock.advance(days=2)
        later = self.purchase(reference)
        assert later.fulfilled_at == purchase.fulfilled_at
        assert self.sold(slug) == purchase.quantity

    def _rows(self, model: Any) -> list[Any]:
        with self._app.app_context():
            found = db.session.scalars(sa.select(model).order_by(model.id)).all()
            db.session.expunge_all()
            return list(found)

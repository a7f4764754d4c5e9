"""Everything about Flask-Antom in the shop, except one line in a template.

``templates/checkout.html`` draws the payment form, and ``create_app`` calls
``antom.init_app(app)``. ``templates/antom/result.html`` puts the result page into the
shop's layout; it is optional.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask, url_for

from flask_antom import Buyer, FlaskAntom, Goods, Order
from flask_antom.signals import payment_succeeded

from .database import db
from .models import Purchase
from .visitors import find_purchase

antom = FlaskAntom(db=db)


@antom.order_loader
def load_order(reference: str) -> Order | None:
    """Return the order to pay.

    It is also called when the money has come, and nobody visits then.
    """
    purchase = _find(reference)
    if purchase is None:
        return None
    product = purchase.product
    return Order(
        purchase.reference,
        purchase.amount,
        description=f"{purchase.quantity} x {product.name}",
        buyer=Buyer(full_name=purchase.buyer_name, email=purchase.buyer_email),
        goods=[
            Goods(
                reference=product.slug,
                name=product.name,
                quantity=purchase.quantity,
                unit_amount=purchase.unit_price,
            )
        ],
        url=url_for("shop.order", reference=purchase.reference),
    )


@antom.visitor_may_pay
def owns(order: Order) -> bool:
    """Whether the order belongs to the visitor. It is asked in their requests only."""
    return find_purchase(order.reference) is not None


def _find(reference: str) -> Purchase | None:
    return db.session.scalar(sa.select(Purchase).filter_by(reference=reference))


@payment_succeeded.connect
def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
    """Fulfil a paid order. Flask-Antom commits once for each payment."""
    purchase = db.session.scalars(
        sa.select(Purchase).where(Purchase.reference == payment.order_reference)
    ).one()
    purchase.fulfil()

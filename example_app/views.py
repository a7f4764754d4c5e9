"""The shop's pages."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from .database import db
from .forms import OrderForm
from .models import Product, Purchase, new_reference
from .payments import antom
from .visitors import find_purchase, identify_visitor, list_purchases

shop = Blueprint("shop", __name__)


@shop.get("/")
def index() -> ResponseReturnValue:
    products = db.session.scalars(sa.select(Product).order_by(Product.id)).all()
    return render_template("index.html", products=products)


@shop.get("/products/<slug>")
def product(slug: str) -> ResponseReturnValue:
    return render_template("product.html", product=_find_product(slug))


@shop.route("/products/<slug>/order", methods=["GET", "POST"])
def new_order(slug: str) -> ResponseReturnValue:
    """Accept an order; the buyer pays on the next page."""
    product = _find_product(slug)
    if product.stock < 1:
        return redirect(url_for(".product", slug=slug))
    form = OrderForm()
    form.offer(product)
    if not form.validate_on_submit():
        page = render_template("new_order.html", product=product, form=form)
        return page, 422 if form.is_submitted() else 200
    purchase = Purchase(
        reference=new_reference(),
        visitor=identify_visitor(),
        product_id=product.id,
        quantity=form.quantity.data,
        unit_value=product.price_value,
        buyer_name=form.name.data,
        buyer_email=form.email.data,
    )
    db.session.add(purchase)
    db.session.commit()
    return redirect(url_for(".checkout", reference=purchase.reference), 303)


@shop.get("/orders")
def orders() -> ResponseReturnValue:
    return render_template("orders.html", purchases=list_purchases())


@shop.get("/orders/<reference>")
def order(reference: str) -> ResponseReturnValue:
    purchase = _find_purchase(reference)
    status = antom.order_status(purchase.reference)
    return render_template("order.html", purchase=purchase, status=status)


@shop.get("/orders/<reference>/checkout")
def checkout(reference: str) -> ResponseReturnValue:
    purchase = _find_purchase(reference)
    if purchase.fulfilled_at is not None:
        return redirect(url_for(".order", reference=reference))
    return render_template("checkout.html", purchase=purchase)


def _find_product(slug: str) -> Product:
    product: Product | None = db.session.scalar(
        sa.select(Product).where(Product.slug == slug)
    )
    return product or abort(404)


def _find_purchase(reference: str) -> Purchase:
    return find_purchase(reference) or abort(404)

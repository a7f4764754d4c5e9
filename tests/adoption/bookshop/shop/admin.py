"""Pages for the people of the shop."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required

from .forms import TransferForm
from .models import Order, db

admin = Blueprint("admin", __name__, url_prefix="/admin")


@admin.before_request
@login_required
def only_admins():
    if not current_user.is_admin:
        abort(403)


@admin.get("/")
def index():
    orders = db.session.scalars(db.select(Order).order_by(Order.id.desc()).limit(100))
    return render_template("admin.html", orders=orders, form=TransferForm())


@admin.post("/orders/<number>/transfer")
def book_transfer(number):
    """Book money that came by bank transfer."""
    order, form = find(number), TransferForm()
    if not form.validate_on_submit():
        abort(400)
    order.paid += form.amount.data
    db.session.commit()
    flash(_("Booked."))
    return redirect(url_for("admin.index"))


@admin.post("/orders/<number>/ship")
def ship(number):
    order = find(number)
    if not order.is_paid:
        abort(409)
    order.shipped_at = datetime.now(UTC)
    db.session.commit()
    return redirect(url_for("admin.index"))


def find(number):
    order = Order.find(number)
    if order is None:
        abort(404)
    return order

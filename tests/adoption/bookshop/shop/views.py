"""Pages for customers."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_currency
from flask_babel import gettext as _
from flask_login import current_user, login_required, login_user, logout_user

from .forms import BuyForm, SignInForm
from .models import Book, Line, Order, User, db

shop = Blueprint("shop", __name__)


@shop.app_template_filter()
def euros(amount):
    return format_currency(amount, "EUR")


@shop.get("/")
def index():
    books = db.session.scalars(db.select(Book).order_by(Book.title))
    return render_template("index.html", books=books, form=BuyForm())


@shop.route("/sign-in", methods=["GET", "POST"])
def sign_in():
    form = SignInForm()
    if form.validate_on_submit():
        user = db.session.scalar(db.select(User).filter_by(email=form.email.data))
        if user is not None and user.has_password(form.password.data):
            login_user(user)
            target = request.args.get("next", "")
            is_ours = target.startswith("/") and not target.startswith("//")
            return redirect(target if is_ours else url_for("shop.index"))
        flash(_("The address or the password is wrong."))
    return render_template("form.html", form=form, title=_("Sign in"))


@shop.post("/sign-out")
@login_required
def sign_out():
    logout_user()
    return redirect(url_for("shop.index"))


@shop.post("/books/<int:book_id>/buy")
@login_required
def buy(book_id):
    book, form = db.get_or_404(Book, book_id), BuyForm()
    if not form.validate_on_submit():
        abort(400)
    line = Line(book=book, quantity=form.quantity.data, price=book.price)
    order = Order(user=current_user, lines=[line])
    db.session.add(order)
    db.session.commit()
    return redirect(url_for("shop.order", number=order.number))


@shop.get("/orders")
@login_required
def orders():
    wanted = db.select(Order).filter_by(user_id=current_user.id).order_by(Order.id)
    return render_template("orders.html", orders=db.session.scalars(wanted))


@shop.get("/orders/<number>")
@login_required
def order(number):
    order = Order.find_own(number)
    if order is None:
        abort(404)
    return render_template("order.html", order=order)

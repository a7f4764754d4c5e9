"""The forms of the shop."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, IntegerField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, NumberRange


class SignInForm(FlaskForm):
    email = StringField(_l("E-mail"), [InputRequired(), Length(max=254)])
    password = PasswordField(_l("Password"), [InputRequired()])


class BuyForm(FlaskForm):
    quantity = IntegerField(_l("Quantity"), [NumberRange(1, 99)], default=1)


class TransferForm(FlaskForm):
    amount = DecimalField(_l("Amount"), [NumberRange(Decimal("0.01"))], places=2)

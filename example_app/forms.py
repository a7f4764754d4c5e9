"""The order form."""

from __future__ import annotations

from flask_wtf import FlaskForm  # type: ignore[import-untyped]
from wtforms import (  # type: ignore[import-untyped]
    EmailField,
    SelectField,
    StringField,
)
from wtforms.validators import (  # type: ignore[import-untyped]
    DataRequired,
    Length,
    Regexp,
    ValidationError,
)

from .models import Product

#: The most items of a product in one order.
MOST = 5


def _tidy(text: str | None) -> str:
    return " ".join((text or "").split())


def _is_printable(form: FlaskForm, field: StringField) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError("This holds characters that cannot be printed.")


class OrderForm(FlaskForm):  # type: ignore[misc]
    """Name, e-mail address and quantity."""

    quantity = SelectField("Quantity", coerce=int, default=1)
    name = StringField(
        "Your name",
        filters=[_tidy],
        validators=[
            DataRequired("Please tell us your name."),
            Length(max=128, message="Please use at most 128 characters."),
            _is_printable,
        ],
        render_kw={"autocomplete": "name"},
    )
    email = EmailField(
        "E-mail",
        filters=[_tidy],
        validators=[
            DataRequired("Please tell us your e-mail address."),
            Length(max=64, message="Please use at most 64 characters."),
            Regexp(
                r"[^@\s]+@[^@\s]+\.[^@\s]+$",
                message="This does not look like an e-mail address.",
            ),
            _is_printable,
        ],
        render_kw={"autocomplete": "email"},
    )

    def offer(self, product: Product) -> None:
        """Limit the quantity to the stock."""
        most = min(product.stock, MOST)
        self.quantity.choices = [(number, str(number)) for number in range(1, most + 1)]

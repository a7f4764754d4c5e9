"""Do a host's own columns get their Python-side defaults?"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from flask_antom import FlaskAntom, Money
from flask_antom.models import PaymentMixin
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.offline import SESSION, signed_reply
from tests.support.shop import make_order, shop_settings

db = SQLAlchemy()


def slug(context: Any) -> str:
    """Return a default that wants the other values of its row."""
    reference: str = context.get_current_parameters()["order_reference"]
    return reference.lower()


class SluggedPayment(PaymentMixin, db.Model):  # type: ignore[name-defined, misc]
    slug: Mapped[str] = mapped_column(sa.String(64), default=slug)


def test_a_default_may_want_the_other_values_of_its_row() -> None:
    app = Flask("shop")
    app.config.update(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
    antom = FlaskAntom(
        db=db,
        payment_model=SluggedPayment,
        send=lambda url, *others: signed_reply(url, SESSION),
    )
    antom.order_loader({"A-1": make_order("A-1", Money(4200, "MYR"))}.get)
    db.init_app(app)
    antom.init_app(app)
    body = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
    with app.app_context():
        db.create_all()
        answer = app.test_client().post("/antom/session", json=body)
        assert answer.status_code == 201
        assert db.session.scalars(sa.select(SluggedPayment.slug)).all() == ["a-1"]
        db.session.remove()
        db.engine.dispose()

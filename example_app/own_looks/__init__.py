"""Lantern, a shop that changes everything a buyer sees: templates, texts and styles.

``python -m example_app.own_looks`` runs it together with a simulated Antom.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask, render_template, request, url_for
from flask_sqlalchemy import SQLAlchemy

from flask_antom import FlaskAntom, Money, Order

MODES = ("cashier", "element", "page", "hosted")

db = SQLAlchemy()
antom = FlaskAntom(db=db)


@antom.order_loader
def load_order(reference: str) -> Order | None:
    if not reference.startswith("L-"):
        return None
    price = Money.parse("38.00", "MYR")
    return Order(reference, price, "A paper lantern", url=url_for("lantern"))


def create_app(config: Mapping[str, Any]) -> Flask:
    """Create the shop.

    :param config: the ``ANTOM_`` keys, ``SECRET_KEY`` and a database.
    """
    app = Flask(__name__)
    app.config["ANTOM_COLOR_SCHEME"] = "dark"
    app.config["ANTOM_PAYMENT_METHODS"] = ["TNG", "GCASH", "ONLINEBANKING_FPX", "CARD"]
    app.config.from_mapping(config)
    db.init_app(app)
    antom.init_app(app)
    app.add_url_rule("/", view_func=lantern)
    with app.app_context():
        db.create_all()
    return app


def lantern() -> str:
    """Show a new order of a lantern and its checkout."""
    return render_template(
        "lantern.html",
        reference=f"L-{secrets.token_hex(3)}",
        mode=request.args.get("mode", "cashier"),
        modes=MODES,
    )

"""The shop that gunicorn serves; its settings are JSON in ``SHOP_SETTINGS``.

``SHOP_FAULTS`` names a directory: each file in it makes the receiver raise once, after
it has written, in whichever process it is called.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from flask_antom import Money
from flask_antom.errors import AntomError
from flask_antom.signals import payment_succeeded
from tests.support.shop import make_order, make_shop

FAULTS = Path(os.environ["SHOP_FAULTS"])

shop = make_shop(json.loads(os.environ["SHOP_SETTINGS"]))
app = shop.app
shop.antom.order_loader(lambda reference: make_order(reference, Money(4200, "MYR")))


def fail(app: Flask, payment: Any, **extra: Any) -> None:
    for fault in FAULTS.iterdir():
        with contextlib.suppress(FileNotFoundError):
            fault.unlink()
            raise RuntimeError("This receiver was told to fail.")


shop.connect(payment_succeeded, fail)


with app.app_context():
    shop.db.engine.dispose()  # gunicorn forks now


@app.post("/clerk/<verb>/<reference>")
def act(verb: str, reference: str) -> ResponseReturnValue:
    """Cancel or refund an order's payment, as a clerk of the shop would."""
    payment, db = shop.antom.Payment, shop.db
    query = db.select(payment).where(payment.order_reference == reference)
    found = db.session.scalars(query).one()
    given = [Money(int(value), "MYR") for value in request.args.getlist("value")]
    meant = {"again": True} if verb == "refund" else {}
    try:
        getattr(shop.antom, verb)(found, *given, **meant)
    except AntomError as error:
        return {"error": type(error).__name__}, 409
    return {"error": None}


@app.after_request
def name_worker(response: Response) -> Response:
    response.headers["X-Worker"] = str(os.getpid())
    return response

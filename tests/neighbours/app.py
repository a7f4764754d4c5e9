"""The shop that servers run, behind proxies and without.

Its settings are JSON in ``SHOP_SETTINGS``. It passes on what the documentation has
for such a shop. ``SHOP_ADDRESSES`` names a file for the addresses of buyers that Antom
was told.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from a2wsgi import WSGIMiddleware
from flask import request

from flask_antom import Money, Order
from tests.support.blocks import DOCS, blocks
from tests.support.shop import make_order, make_shop

_ADDRESSES = Path(os.environ["SHOP_ADDRESSES"])

shop = make_shop(json.loads(os.environ["SHOP_SETTINGS"]))
app = shop.app
shop.antom.order_loader(lambda reference: make_order(reference, Money(4200, "MYR")))


def apply(name: str) -> None:
    """Run the documentation's lines about a middleware, as a shop would have them."""
    for code in blocks(DOCS / "deployment.md", "python"):
        if f"{name}(app.wsgi_app" in code:
            exec(code, {"app": app})  # noqa: S102 (the page is ours)


for middleware in os.environ.get("SHOP_MIDDLEWARE", "").split():
    apply(middleware)

#: For uvicorn.
_wsgi_app: Any = app.wsgi_app
asgi_app = WSGIMiddleware(_wsgi_app)

with app.app_context():
    shop.db.engine.dispose()  # servers fork now


@shop.antom.session_request
def note_address(payload: dict[str, Any], order: Order) -> None:
    with _ADDRESSES.open("a") as file:
        file.write(f"{payload['env'].get('clientIp')}\n")


@app.get("/where")
def where() -> dict[str, str | None]:
    """Say where a view thinks that it is, and who asks."""
    return {"root": request.url_root, "address": request.remote_addr}

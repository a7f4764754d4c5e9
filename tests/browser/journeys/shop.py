"""The shop of the journeys: an order page, a checkout, and the package's own pages.

All pages have the strict policy of ``antom.csp()``, and Turbo Drive if it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Response, render_template, request
from jinja2 import DictLoader

from flask_antom import Money, Order
from flask_antom.simulator import Simulator
from tests.browser.real_sdk.policy_reports import STRICT, PolicyReports, header
from tests.browser.real_sdk.sdk_checkout import Way
from tests.browser.real_sdk.sdk_shop import open_shop
from tests.support.paths import NODE_MODULES
from tests.support.shop import Shopfront

TURBO = NODE_MODULES / "@hotwired" / "turbo" / "dist" / "turbo.es2017-umd.js"

#: The methods that the checkout offers.
METHODS = ("GCASH", "ALIPAY_CN")

LAYOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<title>{% block title %}{% endblock %} - The mug shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{% include "turbo.html" %}
{% block head %}{% endblock %}
<style nonce="n0nce">
  body { max-width: 40rem; margin: 0 auto; padding: 1rem; font-family: sans-serif }
  footer { margin-top: 2rem; border-top: 1px solid; padding-top: 1rem }
</style></head><body>
<header><p>The mug shop: <a href="/orders/A-1">your order</a></p></header>
<main>{% block content %}{% endblock %}</main>
<footer><p>Mugs since 1999.</p></footer>
</body></html>"""

ORDER = """{% extends "layout.html" %}
{% block title %}Order {{ reference }}{% endblock %}
{% block content %}<h1>Order {{ reference }}</h1>
<p>One blue mug.</p>
<p><a href="/checkout/{{ reference }}">To the checkout</a></p>{% endblock %}"""

CHECKOUT = """{% extends "layout.html" %}
{% from "antom/checkout.html" import antom_checkout, antom_hints %}
{% block head %}{{ antom_hints(way.mode) }}{% endblock %}
{% block title %}Checkout{% endblock %}
{% block content %}<h1>Checkout</h1>
<p>One blue mug, order {{ reference }}.</p>
{{ antom_checkout(reference, methods=methods, mode=way.mode, embedded=way.embedded) }}
{% endblock %}"""

WITH_TURBO = """<meta name="csp-nonce" content="n0nce">
<script src="/turbo.js" nonce="n0nce" defer></script>"""

#: The package's pages with Turbo, as in a shop whose own layout they have.
PAGES_WITH_TURBO = {
    f"antom/{name}.html": f'{{% extends "antom/{name}_page.html" %}}'
    f"{{% block head %}}{WITH_TURBO}{{% endblock %}}"
    for name in ("result", "hosted")
}


class JourneyShop:
    """A shop that sells one order.

    :ivar front: its app and database; :ivar url: without a slash at the end;
    :ivar reports: what browsers report of breaches of its policy.
    """

    def __init__(self, front: Shopfront, way: Way, *, has_turbo: bool) -> None:
        self.front = front
        self.url: str = front.app.config["ANTOM_PUBLIC_URL"]
        self.reports = PolicyReports(front.app)
        front.orders["A-1"] = Order(
            "A-1", Money(4200, "MYR"), "One blue mug", url=f"{self.url}/orders/A-1"
        )
        self._add_pages(way, has_turbo=has_turbo)

    def _add_pages(self, way: Way, *, has_turbo: bool) -> None:
        app = self.front.app
        script = TURBO.read_bytes()
        pages = {
            "layout.html": LAYOUT,
            "turbo.html": WITH_TURBO if has_turbo else "",
            "order.html": ORDER,
            "checkout.html": CHECKOUT,
        }
        app.jinja_loader = DictLoader(pages | (PAGES_WITH_TURBO if has_turbo else {}))
        with app.app_context():
            policy = header(STRICT | self.front.antom.csp(way.mode, nonce="n0nce"))

        @app.get("/orders/<reference>")
        def order(reference: str) -> str:
            return render_template("order.html", reference=reference)

        @app.get("/checkout/<reference>")
        def checkout(reference: str) -> str:
            return render_template(
                "checkout.html", reference=reference, way=way, methods=METHODS
            )

        @app.get("/turbo.js")
        def turbo() -> Response:
            return Response(script, mimetype="text/javascript")

        @app.after_request
        def add_policy(response: Response) -> Response:
            if response.mimetype == "text/html":
                response.headers["Content-Security-Policy"] = (
                    f"{policy}; report-uri {request.host_url}breaches"
                )
            return response


@contextmanager
def open_journey_shop(
    simulator: Simulator, gateway_url: str, folder: Path, way: Way, *, has_turbo: bool
) -> Iterator[JourneyShop]:
    """Open the shop.

    :param folder: for the database.
    """
    with open_shop(simulator, gateway_url, folder, way.version) as front:
        yield JourneyShop(front, way, has_turbo=has_turbo)

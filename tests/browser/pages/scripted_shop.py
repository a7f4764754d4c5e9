"""A shop of a few pages whose server answers what the test sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, render_template_string, request

from flask_antom import Money
from flask_antom.web.responses import problem
from tests.browser.local_server import LocalServer
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import Shopfront, make_order, make_shop, shop_settings
from tests.support.templates import is_final, result_context

SETTINGS: dict[str, Any] = {
    "ANTOM_PAYMENT_METHODS": ["GCASH", "ALIPAY_CN"],
    "ANTOM_SDK_URL": "/sdk.js",
    "ANTOM_CSP_NONCE": lambda: "n0nce",
    "ANTOM_COLOR_SCHEME": "auto",
}

#: Our own files need no more than this.
POLICY = (
    "default-src 'none'; script-src 'nonce-n0nce'; style-src 'nonce-n0nce';"
    " connect-src 'self'; base-uri 'none'; form-action 'self'"
)

SESSION = {
    "paymentRequestId": "R-1",
    "paymentSessionData": "opaque&&SG&&111&&e30=",
    "paymentSessionExpiryTime": "2030-01-01T00:00:00Z",
    "resultUrl": "/antom/result/token",
    "statusUrl": "/antom/status/token",
}

CHECKOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Checkout</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{{ scheme }}">
<style nonce="n0nce">:root { background: Canvas; font-family: sans-serif }</style>
</head><body><main><h1>Checkout</h1>
{% from "antom/checkout.html" import antom_checkout %}
{% for order in orders -%}
{{ antom_checkout(order, texts=texts, mode=mode, embedded=embedded) }}
{%- endfor %}
</main><footer><p>The shop's own foot.</p></footer></body></html>"""

SCRIPTED_SDK = Path(__file__).with_name("scripted_sdk.js").read_text("utf-8")


@dataclass
class Answer:
    """One answer of ``POST /antom/session``."""

    status: int = 201
    body: dict[str, Any] = field(default_factory=lambda: dict(SESSION))
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ScriptedShop:
    """The answers of the server, and the requests that it received.

    :ivar session_answers: first come first served; the last one is given again and
        again.
    :ivar reports: what the script reported; :ivar hosted_forms: those that were sent.
    :ivar payment_status: of the payment on the result page.
    :ivar status_answer: of the status route; None stands for a crash.
    :ivar is_lost: whether the payment is not in the database any more.
    :ivar sdk: the text of the SDK's script; None if it cannot be had.
    """

    url: str
    session_answers: list[Answer] = field(default_factory=lambda: [Answer()])
    session_requests: list[dict[str, Any]] = field(default_factory=list)
    session_headers: list[dict[str, str]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    hosted_forms: list[dict[str, list[str]]] = field(default_factory=list)
    payment_status: str = "processing"
    status_answer: str | None = "processing"
    is_lost: bool = False
    status_requests: int = 0
    result_views: int = 0
    sdk: str | None = SCRIPTED_SDK

    @property
    def checkout(self) -> str:
        return f"{self.url}/checkout"

    @property
    def result(self) -> str:
        return f"{self.url}/antom/result/token"

    def requested_orders(self) -> list[str]:
        """Return the references of the orders for which a session was asked."""
        return [request["orderReference"] for request in self.session_requests]

    def way_to_antom(self, problem: str = "") -> str:
        """The page that leads to Antom's, which never comes, or names a problem."""
        return f"{self.url}/way-to-antom?problem={problem}"


#: The shops that are served, by port.
_SHOPS: dict[int, ScriptedShop] = {}


def _shop() -> ScriptedShop:
    """Return the shop that was asked."""
    return _SHOPS[int(request.environ["SERVER_PORT"])]


@contextmanager
def make_app(**settings: Any) -> Iterator[Flask]:
    """Make the app, which can be served as several shops.

    :param settings: in place of or beside :data:`SETTINGS`.
    """
    front = make_shop(
        shop_settings(ANTOM_PUBLIC_KEY, "https://gateway.example") | SETTINGS | settings
    )
    front.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    front.orders["free"] = make_order("free", Money(0, "MYR"))
    _add_payments(front)
    front.antom.payment_methods(
        lambda order, offered: [] if "nothing" in request.args else list(offered)
    )
    front.app.jinja_env.globals["csrf_token"] = lambda: "t0ken"
    _add_pages(front.app)
    _replace_views(front.app)
    yield front.app
    front.close()


@contextmanager
def serve_shop(app: Flask) -> Iterator[ScriptedShop]:
    """Serve an app as a shop that nobody has visited yet."""
    server = LocalServer()
    shop = _SHOPS[server.port] = ScriptedShop(server.url)
    with server.serve(app):
        yield shop
    del _SHOPS[server.port]


@contextmanager
def open_shop(**settings: Any) -> Iterator[ScriptedShop]:
    """Open a shop with settings of its own."""
    with make_app(**settings) as app, serve_shop(app) as shop:
        yield shop


def _add_payments(front: Shopfront) -> None:
    """Add an order for each status that the macro tells, named after it."""
    amount = Money(4200, "MYR")
    with front.app.app_context():
        for status in ("pending", "processing", "succeeded", "review"):
            front.orders[status] = make_order(status, amount)
            front.db.session.add(
                front.antom.Payment(
                    request_id=status,
                    order_reference=status,
                    amount=amount,
                    method="GCASH",
                    mode="cashier",
                    status=status,
                )
            )
        front.db.session.commit()


def _add_pages(app: Flask) -> None:
    @app.get("/checkout")
    def checkout() -> str:
        query = request.args
        return render_template_string(
            CHECKOUT,
            orders=query.getlist("order") or ["A-1"],
            texts={name: query[name] for name in ("pay",) if name in query},
            mode=query.get("mode"),
            embedded="embedded" in query,
            scheme=query.get("scheme", "light dark"),
        )

    @app.get("/way-to-antom")
    def way_to_antom() -> str:
        problem = request.args["problem"]
        url = None if problem else "/antoms"
        context = {"url": url, "problem": problem, "order_url": "/orders/A-1"}
        return render_template("antom/hosted.html", **context)

    @app.get("/antoms")
    def antoms() -> Response:
        return Response(status=204)  # The browser stays where it is.

    @app.get("/sdk.js")
    def sdk() -> Response:
        script = _shop().sdk
        if script is None:
            return Response(status=404)
        return Response(script, mimetype="text/javascript")

    @app.after_request
    def add_policy(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


def _replace_views(app: Flask) -> None:
    """Put answers from the test in place of the package's views."""

    def create_session() -> Response:
        shop = _shop()
        shop.session_requests.append(json.loads(request.data))
        shop.session_headers.append(dict(request.headers))
        answers = shop.session_answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return Response(
            json.dumps(answer.body),
            answer.status,
            answer.headers,
            mimetype="application/json",
        )

    def report() -> Response:
        _shop().reports.append(json.loads(request.data))
        return Response(status=204)

    def hosted() -> str:
        _shop().hosted_forms.append(request.form.to_dict(flat=False))
        return "<h1>Antom's own page</h1>"

    def result(token: str) -> str:
        shop = _shop()
        shop.result_views += 1
        if shop.is_lost:
            return render_template("antom/unknown.html", order_reference="A-1")
        return render_template(
            "antom/result.html", **result_context(shop.payment_status)
        )

    def status(token: str) -> Response:
        shop = _shop()
        shop.status_requests += 1
        if shop.status_answer is None:
            return Response(status=500)
        if shop.is_lost:
            return problem(404, "payment_not_found", "There is no such payment.", "")
        answer = {"status": shop.status_answer, "final": is_final(shop.status_answer)}
        return Response(json.dumps(answer), mimetype="application/json")

    for view in (create_session, report, hosted, result, status):
        app.view_functions[f"antom.{view.__name__}"] = view

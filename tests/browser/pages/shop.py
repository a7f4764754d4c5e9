"""A shop of a few pages whose server answers what the test puts down."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, render_template, render_template_string
from flask import request as http_request
from werkzeug.serving import make_server

from flask_antom.app_state import Hooks
from flask_antom.config import Config
from flask_antom.domain.money import Money
from flask_antom.domain.orders import Order
from flask_antom.gateway.keys import Keyring
from flask_antom.web.routes import blueprint
from flask_antom.web.templating import init_templating

CONFIG = Config(
    client_id="SANDBOX_1",
    keyring=Keyring("private", {"1": "public"}),
    key_version="1",
    agent_token=None,
    environment="sandbox",
    gateway_url="https://gateway.example",
    public_url="https://shop.example",
    url_prefix="/antom",
    settlement_currency=None,
    payment_methods=("GCASH", "ALIPAY_CN"),
    checkout_mode="cashier",
    debug_panel=False,
    sdk_url="/sdk.js",
    sdk_integrity=None,
    timeout=10.0,
    event_delivery="inline",
    csp_nonce=None,
)

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
{{ antom_checkout(order, mode=mode, embedded=embedded) }}
{%- endfor %}
</main><footer><p>The shop's own foot.</p></footer></body></html>"""

HERE = Path(__file__).parent


@dataclass
class Answer:
    """One answer of ``POST /antom/session``."""

    status: int = 201
    body: dict[str, Any] = field(default_factory=lambda: dict(SESSION))
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Shop:
    """What the server is to answer, and what it was asked.

    :ivar answers: first come first served; the last one is given again and again.
    :ivar reports: what the script reported; :ivar hosted: the forms that were sent.
    :ivar payment_status: of the payment on the result page.
    :ivar told_status: the answer of the status route; None stands for a crash.
    :ivar sdk: the text of the SDK's script; None if it cannot be had.
    """

    url: str
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    asked: list[dict[str, Any]] = field(default_factory=list)
    asked_with: list[dict[str, str]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    hosted: list[dict[str, list[str]]] = field(default_factory=list)
    payment_status: str = "processing"
    told_status: str | None = "processing"
    status_asked: int = 0
    results_shown: int = 0
    sdk: str | None = field(
        default_factory=lambda: (HERE / "fake_sdk.js").read_text("utf-8")
    )

    @property
    def checkout(self) -> str:
        return f"{self.url}/checkout"

    @property
    def result(self) -> str:
        return f"{self.url}/antom/result/token"

    def before_antoms(self, problem: str = "") -> str:
        """The page that leads to Antom's, which never comes, or names a problem."""
        return f"{self.url}/before-antoms?problem={problem}"


@contextmanager
def open_shop(**changes: Any) -> Iterator[Shop]:
    """Serve a shop on a free port of the loopback interface.

    :param changes: fields of :data:`CONFIG` to be other.
    """
    app = Flask(__name__)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    shop = Shop(url=f"http://127.0.0.1:{server.server_port}")
    _furnish(app, shop, replace(CONFIG, csp_nonce=lambda: "n0nce", **changes))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _furnish(app: Flask, shop: Shop, config: Config) -> None:
    app.jinja_env.globals["csrf_token"] = lambda: "t0ken"
    hooks = Hooks(
        order_loader=lambda reference: Order(reference, Money(4200, "MYR"), "Tea"),
        payment_methods=lambda order, offered: (
            [] if "nothing" in http_request.args else list(offered)
        ),
    )
    init_templating(app, config, hooks)
    app.register_blueprint(blueprint, url_prefix="/antom")
    _replace_views(app, shop)

    @app.get("/checkout")
    def checkout() -> str:
        query = http_request.args
        return render_template_string(
            CHECKOUT,
            orders=query.getlist("order") or ["A-1"],
            mode=query.get("mode"),
            embedded="embedded" in query,
            scheme=query.get("scheme", "light dark"),
        )

    @app.get("/before-antoms")
    def before_antoms() -> str:
        problem = http_request.args["problem"]
        url = None if problem else "/antoms"
        context = {"url": url, "problem": problem, "order_url": "/orders/A-1"}
        return render_template("antom/hosted.html", **context)

    @app.get("/antoms")
    def antoms() -> Response:
        return Response(status=204)  # The browser stays where it is.

    @app.get("/sdk.js")
    def sdk() -> Response:
        if shop.sdk is None:
            return Response(status=404)
        return Response(shop.sdk, mimetype="text/javascript")

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response


def _replace_views(app: Flask, shop: Shop) -> None:
    """Put answers from the test in place of the package's views."""

    def create_session() -> Response:
        shop.asked.append(json.loads(http_request.data))
        shop.asked_with.append(dict(http_request.headers))
        answer = shop.answers.pop(0) if len(shop.answers) > 1 else shop.answers[0]
        return Response(
            json.dumps(answer.body),
            answer.status,
            answer.headers,
            mimetype="application/json",
        )

    def report() -> Response:
        shop.reports.append(json.loads(http_request.data))
        return Response(status=204)

    def hosted() -> str:
        shop.hosted.append(http_request.form.to_dict(flat=False))
        return "<h1>Antom's own page</h1>"

    def result(token: str) -> str:
        shop.results_shown += 1
        return render_template(
            "antom/result.html", **result_context(shop.payment_status)
        )

    def status(token: str) -> Response:
        shop.status_asked += 1
        if shop.told_status is None:
            return Response(status=500)
        told = {"status": shop.told_status, "final": is_final(shop.told_status)}
        return Response(json.dumps(told), mimetype="application/json")

    for view in (create_session, report, hosted, result, status):
        app.view_functions[f"antom.{view.__name__}"] = view


def is_final(status: str) -> bool:
    return status in ("succeeded", "failed", "cancelled", "expired", "review")


def result_context(status: str) -> dict[str, Any]:
    """Give what the result view hands to ``antom/result.html``."""
    return {
        "payment": SimpleNamespace(
            status=status,
            order_reference="A-1",
            amount=Money(4200, "MYR"),
            method="GCASH",
            result_code=None,
            created_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        ),
        "final": is_final(status),
        "status_url": "/antom/status/token",
        "order_url": "/orders/A-1",
        "refresh_after": 1,
    }

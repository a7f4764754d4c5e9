"""A shop's page that calls a browser SDK, without any of the package's scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, request
from playwright.sync_api import Page

from flask_antom.simulator import Simulator
from tests.support.keys import MERCHANT_PUBLIC_KEY
from tests.support.sdk_packages import bundle

CALLS = Path(__file__).with_name("sdk_calls.js").read_text("utf-8")

PAGE = """<!doctype html><html lang="en"><title>Shop</title>
<h1>Shop</h1><div id="place"></div>
<script nonce="n0nce" src="/calls.js"></script>
<script nonce="n0nce" src="{sdk_url}" crossorigin="anonymous"></script>"""

START = ["onEventCallback", "SDK_START_OF_LOADING", None]
END = ["onEventCallback", "SDK_END_OF_LOADING", ""]
PARAMETER = "SDK_CREATEPAYMENT_PARAMETER_ERROR"

#: Creates a payment session, with changes to the request, and returns its data.
Session = Callable[..., str]


def make_app() -> Flask:
    """Make the app, with a page for each SDK."""
    app = Flask(__name__)

    @app.get("/")
    def simulators() -> Response:
        """The SDK of a running simulator; the policy knows nonces only."""
        gateway = request.args["gateway"]
        page = PAGE.format(sdk_url=f"{gateway}/sdk/ams-checkout.js")
        response = Response(page)
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'nonce-n0nce'; style-src 'nonce-n0nce';"
            f" frame-src {gateway}; base-uri 'none'"
        )
        return response

    @app.get("/<any('stand-in', real):sdk>")
    def either(sdk: str) -> str:
        return PAGE.format(sdk_url=f"/{sdk}.js")

    @app.get("/calls.js")
    def calls() -> Response:
        return Response(CALLS, mimetype="text/javascript")

    @app.get("/stand-in.js")
    def stand_in() -> Response:
        simulator = Simulator(MERCHANT_PUBLIC_KEY).app.test_client()
        script = simulator.get("/sdk/ams-checkout.js").data
        return Response(script, mimetype="text/javascript")

    @app.get("/real.js")
    def real() -> Response:
        script = bundle("1.47.2").read_bytes()
        return Response(script, mimetype="text/javascript")

    @app.get("/result")
    def result() -> str:
        return "Back at the shop"

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)

    return app


def callbacks(page: Page) -> list[list[str | None]]:
    """Return channel, code and message of each callback so far."""
    entries: list[list[str | None]] = page.evaluate("callbacks")
    return entries


def wait_for_callback(page: Page, name: str) -> None:
    """Wait for a callback on this channel or with this code."""
    page.wait_for_function(
        "name => callbacks.some(entry => entry.includes(name))", arg=name
    )

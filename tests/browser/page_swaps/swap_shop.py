"""A shop whose pages take each other's place without a full load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template_string, request, send_file

from tests.support.paths import NODE_MODULES
from tests.support.templates import result_context

#: The scripts that swap pages, and where they are.
SWAPPERS = {
    "turbo": NODE_MODULES / "@hotwired" / "turbo" / "dist" / "turbo.es2017-umd.js",
    "htmx": NODE_MODULES / "htmx.org" / "dist" / "htmx.js",
    "router": Path(__file__).with_name("router.js"),
}

#: Scripts that swap pages insert others, which "strict-dynamic" trusts.
POLICY = (
    "default-src 'none'; script-src 'nonce-n0nce' 'strict-dynamic';"
    " style-src 'self' 'nonce-n0nce'; style-src-attr 'unsafe-inline';"
    " connect-src 'self'; base-uri 'none'; form-action 'self'"
)

LAYOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csp-nonce" content="n0nce">
<meta name="htmx-config" content='{"includeIndicatorStyles": false}'>
{%- if "morph" in request.args %}
<meta name="turbo-refresh-method" content="morph">
<meta name="turbo-refresh-scroll" content="preserve">
{%- endif %}
<script src="/swapper/{{ swapper }}" nonce="n0nce" defer
  data-keeps="{{ request.args.keeps }}"></script>
</head><body{% if swapper == "htmx" %} hx-boost="true"{% endif %}>
<nav>
{%- for page in ("home", "A-1", "A-2", "result") %}
<a href="/{{ swapper }}/{{ page }}?{{ request.query_string.decode() }}">{{ page }}</a>
{%- endfor %}
</nav>
<main><h1>{{ title }}</h1>
{% from "antom/checkout.html" import antom_checkout %}
{% import "antom/result_parts.html" as antom %}
{{ CONTENT }}
</main></body></html>"""

CHECKOUT = """{{ antom_checkout(
  title, mode=request.args.mode, embedded="embedded" in request.args) }}"""

#: What stands in the page, by its name; else it is an order's checkout.
CONTENTS = {
    "home": "<p>Welcome.</p>",
    "missing": "<p>This page is not here.</p>",
    "frame": "<turbo-frame id='pay'>"
    "<a href='/turbo/frame?{{ request.query_string.decode() }}&order=A-2'>the other</a>"
    + CHECKOUT.replace("title", "request.args.get('order', 'A-1')")
    + "</turbo-frame>",
    "region": "{% for how in ('innerHTML', 'outerHTML') %}"
    "<button hx-get='/fragment/A-2?{{ request.query_string.decode() }}'"
    " hx-target='#region' hx-swap='{{ how }}'>{{ how }}</button>{% endfor %}"
    "<div id='region'>" + CHECKOUT.replace("title", "'A-1'") + "</div>",
    "result": "{{ antom.watch(payment, false, '/antom/status/token') }}",
}


def add_swapped_pages(app: Flask) -> None:
    """Add the pages of a shop for each script that swaps pages."""

    @app.get("/swapper/<name>")
    def swapper(name: str) -> Response:
        return send_file(SWAPPERS[name], mimetype="text/javascript")

    @app.get("/<any(turbo, htmx, router):swapper>/<page>")
    def swapped(swapper: str, page: str) -> Response:
        text = LAYOUT.replace("{{ CONTENT }}", CONTENTS.get(page, CHECKOUT))
        response = _answer(text, page, swapper=swapper)
        response.status_code = 404 if page == "missing" else 200
        return response

    @app.get("/fragment/<order>")
    def fragment(order: str) -> Response:
        imports = '{% from "antom/checkout.html" import antom_checkout %}'
        return _answer(f"{imports}<div id='region'>{CHECKOUT}</div>", order)


def _answer(text: str, title: str, **context: Any) -> Response:
    page = render_template_string(
        text, title=title, request=request, **result_context("processing"), **context
    )
    response = Response(page)
    response.headers["Content-Security-Policy"] = POLICY
    return response

"""Error pages."""

from __future__ import annotations

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException

_TEXTS = {
    404: (
        "This page is not here",
        "It may have moved, or the order belongs to another browser: you see your"
        " orders only in the browser in which you placed them.",
    ),
    500: (
        "Something went wrong on our side",
        "If you have just paid, you do not need to pay again: your order shows the"
        " payment as soon as we know of it.",
    ),
}


def init_app(app: Flask) -> None:
    """Show the shop's own pages for these errors."""
    app.register_error_handler(CSRFError, explain_csrf)
    app.register_error_handler(404, explain)
    app.register_error_handler(500, explain)


def explain(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    heading, text = _TEXTS[code]
    return render_template("error.html", heading=heading, text=text), code


def explain_csrf(error: CSRFError) -> ResponseReturnValue:
    page = render_template(
        "error.html",
        heading="This form has been open for too long",
        text="Nothing was ordered. Please go back, load the page again and repeat what"
        " you did.",
    )
    return page, 400

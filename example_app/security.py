"""CSRF protection and a Content-Security-Policy with a nonce for each request."""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]

from flask_antom import merge_csp

from .payments import antom

csrf = CSRFProtect()

#: The policy of the shop's pages.
POLICY = {
    "default-src": "'none'",
    "script-src": "'nonce-{nonce}'",
    "style-src": "'nonce-{nonce}'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def init_app(app: Flask) -> None:
    """Protect the app.

    The nonce comes first, because the page of a refused form needs it too.
    """
    app.before_request(make_nonce)
    csrf.init_app(app)
    app.after_request(protect)


def make_nonce() -> None:
    g.csp_nonce = secrets.token_urlsafe(16)


def protect(response: Response) -> Response:
    """Add the security headers; a view's own headers are kept."""
    policy = {name: text.format(nonce=g.csp_nonce) for name, text in POLICY.items()}
    # Under Turbo the policy of the first page holds for the others.
    if request.endpoint == "shop.checkout" or current_app.config["TURBO_FILE"]:
        policy = merge_csp(policy, antom.csp(nonce=g.csp_nonce))
    headers = response.headers
    headers["Content-Security-Policy"] = "; ".join(
        f"{name} {sources}" for name, sources in policy.items()
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")
    return response

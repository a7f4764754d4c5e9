"""CSRF protection, and a Content-Security-Policy with a nonce for each request."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from flask import Flask, Response, current_app, g
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]

csrf = CSRFProtect()

#: What a page of the shop may load and do.
OWN_POLICY = {
    "default-src": "'none'",
    "script-src": "'nonce-{nonce}'",
    "style-src": "'nonce-{nonce}'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

#: What Antom's browser SDK 1.47.2 asks for besides, as seen on one machine with its
#: npm package and no connection to Antom; the hashes are those of its style sheets.
ANTOM_POLICY = {
    "script-src": "'strict-dynamic' 'wasm-unsafe-eval'",
    "style-src-elem": (
        "'nonce-{nonce}'"
        " 'sha256-FNZ1CAgfxRFQ+jc/I+cmZlE1E42GdyCCahnGH9blk30='"
        " 'sha256-YQhR+di6ZoqYIaOo33zukUs0J60HQ8oTZvPu6pxSC0E='"
        " 'sha256-fjhTnK/BElckWHr8fv8QGaINbyrtivE0MVwoQAcA4dQ='"
    ),
    "style-src-attr": "'unsafe-inline'",
    "frame-src": "https://ac.alipay.com",
    "connect-src": (
        "https://imgs-sea-global.alipay.com https://config.marmot-cloud.com"
        " https://open-sea-global.alipay.com https://gw.alipayobjects.com"
    ),
    "img-src": "https://cdn.marmot-cloud.com data:",
}


def init_app(app: Flask) -> None:
    """Guard the app; the nonce comes first, for a refused form has a page too."""
    app.before_request(make_nonce)
    csrf.init_app(app)
    app.after_request(protect)


def make_nonce() -> None:
    g.csp_nonce = secrets.token_urlsafe(16)


def protect(response: Response) -> Response:
    """Add the security headers; a view's own ones stand."""
    policy = join_policies(OWN_POLICY, _payment_policy())
    headers = response.headers
    headers["Content-Security-Policy"] = policy.format(nonce=g.csp_nonce)
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")
    return response


def join_policies(*policies: Mapping[str, str]) -> str:
    """Write policies as one; the sources of a directive add up."""
    joined: dict[str, str] = {}
    for policy in policies:
        for directive, sources in policy.items():
            joined[directive] = f"{joined.get(directive, '')} {sources}".lstrip()
    return "; ".join(f"{directive} {sources}" for directive, sources in joined.items())


def _payment_policy() -> Mapping[str, str]:
    simulator: str | None = current_app.config.get("SIMULATOR_URL")
    return {"frame-src": simulator} if simulator else ANTOM_POLICY

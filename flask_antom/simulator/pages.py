"""The buyer's pages: the cashier of the guide's flow, and the wallet of all flows."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from .outcomes import OUTCOMES, Outcome, unusable
from .records import Payment
from .state import State
from .steps import REDIRECTING, Step, Steps

#: The pages load their own files only.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)

#: The script that replaces the browser SDK, around its parts.
SCRIPT = """\
/* A stand-in for Antom's browser SDK (ams-checkout): the same classes, options, calls,
   codes and order of events as version 1.47.2, in front of the simulator's pages. It
   keeps faults of the real one where they affect a shop's page. */
(function () {{
"use strict";

{parts}
}})();
"""

#: The parts of the script, in order.
SDK = ("shared", "cashier-payment", "element", "checkout-page")


class Pages:
    """The cashier and the wallet. The session id in the address opens them."""

    def __init__(self, state: State, steps: Steps) -> None:
        self._state = state
        self._steps = steps

    def blueprint(self) -> Blueprint:
        pages = Blueprint("pages", __name__)
        cashier, wallet = "/cashier/<session_id>", "/wallet/<session_id>"
        pages.add_url_rule("/sdk/ams-checkout.js", "sdk", sdk)
        pages.add_url_rule(cashier, "cashier", self.cashier)
        pages.add_url_rule(cashier, "act", self.act, methods=["POST"])
        pages.add_url_rule(wallet, "wallet", self.wallet)
        pages.add_url_rule(wallet, "decide", self.decide, methods=["POST"])
        pages.before_request(check_origin)
        return pages

    def cashier(self, session_id: str) -> Response:
        payment = find(self._state, session_id)
        outcome = self._first_outcome(payment)
        shop = urlsplit(request.args.get("refUrl", ""))
        return page(
            "cashier.html",
            ancestors="*",
            payment=payment,
            redirects=payment.method.startswith(REDIRECTING),
            outcome=outcome,
            shop=f"{shop.scheme}://{shop.netloc}",
        )

    def act(self, session_id: str) -> ResponseReturnValue:
        """Do what the buyer chose; the script acts on the answer."""
        payment = find(self._state, session_id)
        step = take(self._steps, payment)
        if step.name == "wallet":
            return {"redirect": wallet_url(payment)}
        return {"event": step.outcome.event if step.outcome else None}

    def wallet(self, session_id: str) -> Response:
        payment = find(self._state, session_id)
        return self._wallet(payment)

    def decide(self, session_id: str) -> ResponseReturnValue:
        """Do what the buyer chose in the wallet, and redirect to the shop."""
        payment = find(self._state, session_id)
        action = request.form.get("action", "")
        if self._steps.why_unusable(payment) is not None:
            return self._wallet(payment), 409
        if action == "leave":
            return redirect(_way_back(payment), 303)
        if action not in ("pay", "pay-and-stay", "decline"):
            abort(400, "No such action.")
        form = {"action": action.removesuffix("-and-stay"), "method": _method(payment)}
        step = take(self._steps, payment, form)
        if action == "pay-and-stay":
            return self._wallet(payment, paid=True)
        is_paid = step.outcome == OUTCOMES["pay"]
        return redirect(payment.redirect_url if is_paid else _way_back(payment), 303)

    def _wallet(self, payment: Payment, *, paid: bool = False) -> Response:
        return page(
            "wallet.html",
            payment=payment,
            method=_method(payment),
            outcome=None if paid else self._steps.why_unusable(payment),
            paid=paid,
        )

    def _first_outcome(self, payment: Payment) -> Outcome | None:
        """Return the outcome that the cashier reports when it opens, if any."""
        if runs_as_prod():
            return unusable("PROD")
        if payment.scene:
            return unusable("SCENE")
        if payment.status == "SUCCESS":
            return OUTCOMES["pay"]
        return self._steps.why_unusable(payment)


def find(state: State, session_id: str) -> Payment:
    payment = state.find_by_session(session_id)
    if payment is None:
        abort(404, "There is no such payment session.")
    return payment


def take(steps: Steps, payment: Payment, form: dict[str, str] | None = None) -> Step:
    """Take the step in the buyer's form."""
    try:
        return steps.take(payment, request.form if form is None else form)
    except KeyError:
        abort(400, "No such action or method.")


def runs_as_prod() -> bool:
    """Whether the SDK's frame was opened for another environment."""
    return "instanceId" in request.args and request.args.get("shadow") != "true"


def wallet_url(payment: Payment, method: str | None = None, **more: str) -> str:
    """Return the URL of the wallet, for one method if the session has several."""
    place = {"session_id": payment.session_id, "method": method} | more
    return url_for("pages.wallet", _external=True, **place)


def sdk() -> Response:
    """Return the replacement of the browser SDK.

    Any shop can load it, also with SRI.
    """
    folder = Path(current_app.root_path, "static", "simulator", "sdk")
    parts = "\n".join((folder / f"{name}.js").read_text("utf-8") for name in SDK)
    script = SCRIPT.format(parts=parts)
    response = Response(script, mimetype="text/javascript")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def page(template: str, *, ancestors: str = "'none'", **context: Any) -> Response:
    """Render a page that can load its own files only."""
    response = Response(render_template(f"simulator/{template}", **context))
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(
        ancestors=ancestors
    )
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def check_origin() -> None:
    """Reject a POST that does not come from the simulator's own pages."""
    if request.method != "POST":
        return
    if request.headers.get("Origin") != request.host_url.rstrip("/"):
        abort(403, "Only the simulator's own pages may do this.")


def _method(payment: Payment) -> str:
    """Return the method of this wallet.

    If the URL names none, it is that of the current attempt.
    """
    method = request.args.get("method", payment.method)
    if method not in payment.methods:
        abort(404, "This session offers no such method.")
    return method


def _way_back(payment: Payment) -> str:
    """Return the URL for a buyer who does not pay: the page that they came from."""
    if request.args.get("via") == "checkout":
        return url_for("checkout.show", session_id=payment.session_id)
    return payment.redirect_url

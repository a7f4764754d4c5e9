"""What the buyer sees: the cashier in the pop-up, the wallet he is sent to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
)
from flask.typing import ResponseReturnValue

from .book import Book
from .cashier import Cashier
from .messages import SUCCESS, result
from .records import Payment

#: Methods whose buyers are sent to a page of their bank or wallet at once.
REDIRECTING = ("ONLINEBANKING_", "BANKTRANSFER_", "ALIPAY_CN")

#: What the pages need: their own files, and nothing else.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)

#: The codes by which the browser SDK says why a session is of no use.
_USELESS = {
    "CANCELLED": ("ORDER_IS_CANCELLED", "The shop cancelled this payment."),
    "CLOSED": ("ORDER_IS_CLOSED", "This payment was closed: it took too long."),
    "OVER": ("INQUIRY_PAYMENT_SESSION_FAILED", "This payment session is over."),
    "PROD": ("PARAM_ILLEGAL", "The session is a sandbox one, the script runs as prod."),
}


class Pages:
    """The cashier and the wallet. The session id in the address opens them."""

    def __init__(self, book: Book, cashier: Cashier) -> None:
        self._book = book
        self._cashier = cashier
        fail = partial(cashier.decline, code="USER_BALANCE_NOT_ENOUGH")
        self._actions: dict[str, tuple[Callable[[str], object], str, str]] = {
            "pay": (cashier.approve, "SUCCESSFUL", ""),
            "decline": (fail, "FAIL", "USER_BALANCE_NOT_ENOUGH"),
            "hang": (cashier.process, "PROCESSING", "PAYMENT_IN_PROCESS"),
            "later": (cashier.pend, "PROCESSING", "PAYMENT_IN_PROCESS"),
        }

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
        payment = self._find(session_id)
        useless = self._why_useless(payment)
        shop = urlsplit(request.args.get("refUrl", ""))
        return page(
            "cashier.html",
            ancestors="*",
            payment=payment,
            useless=useless,
            redirects=payment.method.startswith(REDIRECTING),
            event=self._first_event(payment, useless),
            shop=f"{shop.scheme}://{shop.netloc}",
        )

    def act(self, session_id: str) -> ResponseReturnValue:
        """Do what the buyer chose; the answer is what the script does next."""
        payment = self._find(session_id)
        action = request.form.get("action", "")
        if not self._cashier.is_payable(payment):
            return {"event": event("ERROR", *self._why_not(payment))}
        if action == "wallet":
            self._cashier.process(payment.request_id)
            return {"redirect": f"{request.host_url}wallet/{session_id}"}
        if action not in self._actions:
            abort(400, "No such action.")
        verb, code, result_code = self._actions[action]
        verb(payment.request_id)
        return {"event": event(code, result_code)}

    def wallet(self, session_id: str) -> Response:
        payment = self._find(session_id)
        return page("wallet.html", payment=payment, useless=self._why_useless(payment))

    def decide(self, session_id: str) -> ResponseReturnValue:
        """Do what the buyer chose in the wallet, and send him back to the shop."""
        payment = self._find(session_id)
        action = request.form.get("action", "")
        if self._why_useless(payment) is not None:
            return self.wallet(session_id), 409
        if action in ("pay", "decline", "pay-and-stay"):
            verb, _, _ = self._actions[action.removesuffix("-and-stay")]
            verb(payment.request_id)
        elif action != "leave":
            abort(400, "No such action.")
        if action == "pay-and-stay":
            return page("wallet.html", payment=payment, useless=None, paid=True)
        return redirect(payment.redirect_url, 303)

    def _find(self, session_id: str) -> Payment:
        payment = self._book.find_by_session(session_id)
        if payment is None:
            abort(404, "There is no such payment session.")
        return payment

    def _why_useless(self, payment: Payment) -> tuple[str, str] | None:
        """Say why nobody can pay here any more, as a code and in words."""
        if request.args.get("instanceId") and request.args.get("shadow") != "true":
            return _USELESS["PROD"]
        if self._cashier.is_payable(payment) or payment.status == "SUCCESS":
            return None
        return self._why_not(payment)

    def _why_not(self, payment: Payment) -> tuple[str, str]:
        if payment.cancelled_at is not None:
            return _USELESS["CANCELLED"]
        return _USELESS["CLOSED" if payment.closed_at is not None else "OVER"]

    def _first_event(
        self, payment: Payment, useless: tuple[str, str] | None
    ) -> dict[str, Any] | None:
        """What the cashier tells the shop's page without being asked."""
        if useless is not None:
            return event("ERROR", *useless)
        if payment.status == "SUCCESS":
            return event("SUCCESSFUL")
        return None


def sdk() -> Response:
    """Give the stand-in for the browser SDK; any shop may load it, with SRI too."""
    response = current_app.send_static_file("simulator/ams-checkout.js")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def event(outcome: str, result_code: str = "", message: str = "") -> dict[str, Any]:
    """Write what the SDK's ``onEventCallback`` is given at the end of a payment."""
    code = f"SDK_PAYMENT_{outcome}"
    if not result_code:
        return {"code": code, "message": "", "result": {"result": dict(SUCCESS)}}
    why = result(result_code, "U" if outcome == "PROCESSING" else "F", message)
    return {
        "code": code,
        "message": why["resultMessage"],
        "result": {
            "result": why,
            "paymentResultCode": result_code,
            "paymentResultMessage": why["resultMessage"],
        },
    }


def page(template: str, *, ancestors: str = "'none'", **context: Any) -> Response:
    """Render a page that may load its own files only."""
    response = Response(render_template(f"simulator/{template}", **context))
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(
        ancestors=ancestors
    )
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def check_origin() -> None:
    """Let only the simulator's own pages change something."""
    if request.method != "POST":
        return
    if request.headers.get("Origin") != request.host_url.rstrip("/"):
        abort(403, "Only the simulator's own pages may do this.")

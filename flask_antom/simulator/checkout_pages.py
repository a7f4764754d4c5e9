"""The buyer's pages of Payment Element and Checkout Page, in a frame or alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from .cards import BAD_CARDS, GOOD_CARDS
from .outcomes import OUTCOMES, Outcome, unusable
from .pages import check_origin, find, page, runs_as_prod, take, wallet_url
from .records import Payment
from .state import State
from .steps import Step, Steps


class CheckoutPages:
    """The pages on which the buyer chooses the method. The session id opens them."""

    def __init__(self, state: State, steps: Steps) -> None:
        self._state = state
        self._steps = steps

    def blueprint(self) -> Blueprint:
        pages = Blueprint("checkout", __name__)
        element, checkout = "/element/<session_id>", "/checkout/<session_id>"
        pages.add_url_rule(element, "element", self.element)
        pages.add_url_rule(element, "submit", self.submit, methods=["POST"])
        pages.add_url_rule(checkout, "show", self.show)
        pages.add_url_rule(checkout, "go", self.go, methods=["POST"])
        pages.before_request(check_origin)
        return pages

    def element(self, session_id: str) -> Response:
        """Show Payment Element; the pay button is the shop's."""
        payment = find(self._state, session_id)
        step = Step("choose", payment.method)
        query = self._query(payment)
        return _page("element.html", payment, step, ancestors="*", query=query)

    def submit(self, session_id: str) -> ResponseReturnValue:
        """Take the buyer's next step; the script acts on the answer."""
        payment = find(self._state, session_id)
        step = take(self._steps, payment)
        answer: dict[str, Any] = {"step": step.name, "errors": step.errors}
        if step.outcome is not None:
            answer |= {"answer": step.outcome.answer, "event": step.outcome.event}
        if step.name == "wallet":
            answer["redirect"] = wallet_url(payment, step.method)
        return answer

    def show(self, session_id: str) -> Response:
        """Show Checkout Page; the browser SDK adds ``mode=embed``."""
        payment = find(self._state, session_id)
        if outcome := self._why_unusable(payment, "CHECKOUT_PAYMENT"):
            return _checkout(payment, Step("over", payment.method, outcome))
        if payment.status == "SUCCESS":
            return _checkout(payment, Step("end", payment.method, OUTCOMES["pay"]))
        return _checkout(payment, Step("choose", payment.method))

    def go(self, session_id: str) -> ResponseReturnValue:
        """Take the buyer's next step, and show it or redirect the buyer."""
        payment = find(self._state, session_id)
        if outcome := self._why_unusable(payment, "CHECKOUT_PAYMENT"):
            return _checkout(payment, Step("over", payment.method, outcome)), 409
        step = take(self._steps, payment)
        if _is_embedded() or step.name in ("choose", "confirm", "bank", "over"):
            return _checkout(payment, step)
        if step.name == "wallet":
            return redirect(wallet_url(payment, step.method, via="checkout"), 303)
        return redirect(payment.redirect_url, 303)

    def _query(self, payment: Payment) -> dict[str, Any]:
        """Return the answer to the SDK's first question: the amount and the methods."""
        if outcome := self._why_unusable(payment, "ELEMENT_PAYMENT"):
            error = {"errorCode": outcome.code, "errorMessage": outcome.text}
            return {"success": False} | error
        if payment.status == "SUCCESS":
            return {"success": False, "errorCode": "REPEAT_REQ_REJECT"}
        amount = {"currency": payment.amount.currency, "value": payment.amount.decimal}
        return {
            "success": True,
            "orderAmountView": amount,
            "paymentAmountView": amount,
            "paymentMethods": [{"paymentMethodType": m} for m in payment.methods],
            "notSupportRetryPayForSameSession": False,
        }

    def _why_unusable(self, payment: Payment, scene: str) -> Outcome | None:
        is_prod = _is_embedded() and request.args.get("shadow") != "true"
        if is_prod or runs_as_prod():
            return unusable("PROD")
        if payment.scene != scene:
            return unusable("SCENE")
        return self._steps.why_unusable(payment)


def _checkout(payment: Payment, step: Step) -> Response:
    is_embedded = _is_embedded()
    leaves = is_embedded and step.name == "wallet"
    return _page(
        "checkout.html",
        payment,
        step,
        ancestors="*" if is_embedded else "'none'",
        embedded=is_embedded,
        wallet=wallet_url(payment, step.method) if leaves else None,
    )


def _page(template: str, payment: Payment, step: Step, **more: Any) -> Response:
    cards: dict[str, Any] = {"good_cards": GOOD_CARDS, "bad_cards": BAD_CARDS}
    return page(template, payment=payment, step=step, **cards, **more)


def _is_embedded() -> bool:
    return request.args.get("mode") == "embed"

"""A buyer opens a payment session, as the script of the checkout does."""

from __future__ import annotations

from flask import session
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ..app_state import AppState
from ..flows.no_visitor import NoVisitor
from ..flows.orders import find
from ..web.csrf import csrf_field
from .answers import code_of, describe
from .contexts import in_app, outside, post
from .errors import SessionRefused

#: The method that a buyer chooses if the shop names none.
_METHOD = "GCASH"


class BuyerVisit:
    """One visit of a buyer to the checkout of an order."""

    def __init__(self, state: AppState, client: FlaskClient) -> None:
        self._state = state
        self._client = client

    def open(self, order: str, method: str | None) -> str:
        """Open a session, and return its ``paymentRequestId``.

        :raises SessionRefused: if the app opens none.
        """
        wanted = {
            "orderReference": order,
            "paymentMethodType": method or self._first_method(order),
        }
        path = f"{self._state.config.url_prefix}/session"
        answer = post(self._client, path, json=wanted, headers=self._headers())
        fields = answer.get_json(silent=True)
        if answer.status_code not in (200, 201) or not isinstance(fields, dict):
            raise self._refusal(order, path, answer)
        return str(fields["paymentRequestId"])

    def _first_method(self, order: str) -> str:
        """Return the first method that the checkout of the order draws."""
        state = self._state
        methods = state.config.payment_methods or ()

        def choose() -> tuple[str, ...]:
            with NoVisitor(state):
                found = find(state, order)
                return (
                    methods
                    if found is None
                    else state.hooks.order_methods(found, methods)
                )

        try:
            chosen = in_app(state.app, choose)
        except Exception:  # the app's answer says what is wrong
            chosen = methods
        return next(iter(chosen), _METHOD)

    def _headers(self) -> dict[str, str]:
        """Return the header with the token for Flask-WTF's CSRFProtect, if it is on."""
        app = self._state.app
        is_on = "csrf" in app.extensions and app.config.get("WTF_CSRF_ENABLED", True)
        if not is_on:
            return {}

        def make() -> str:
            with (
                self._client.session_transaction() as cookie,
                app.test_request_context(),
            ):
                session.update(cookie)
                field = csrf_field()
                cookie.update(session)
            return "" if field is None else field[1].reveal()

        token = outside(make)
        return {"X-CSRFToken": token} if token else {}

    def _refusal(self, order: str, path: str, answer: TestResponse) -> SessionRefused:
        code, text = code_of(answer), describe(answer, f"POST {path}")
        cause: Exception | None = None
        if code in ("order_not_found", "invalid_order"):
            why, cause = self._why_not_found(order)
            text = f"{text} {why}"
        refusal = SessionRefused(text, answer.status_code, code)
        refusal.__cause__ = cause
        return refusal

    def _why_not_found(self, order: str) -> tuple[str, Exception | None]:
        """Return whether the loader or the hook for visitors has refused."""
        state = self._state

        def look() -> bool:
            with NoVisitor(state):
                return find(state, order) is not None

        try:
            is_there = in_app(state.app, look)
        except Exception as error:
            return f"The order loader raises {error!r}.", error
        if is_there:
            return (
                f"The function given to @antom.visitor_may_pay refuses {order!r}: set"
                " antom_kit.client to a test client that is logged in as its buyer."
            ), None
        return (
            f"The order loader returns None for {order!r}. Is the order in the database"
            " of the test, and committed?"
        ), None

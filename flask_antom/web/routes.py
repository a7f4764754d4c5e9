"""The blueprint: thin views over the flows."""

from __future__ import annotations

import hashlib
import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.security import safe_join

from ..app_state import AppState
from ..errors import CheckoutError, DeliveryFailed, InvalidRequest, NotificationError
from ..flows import checkout, notifications
from ..flows.result import refresh
from ..flows.result_links import make_token, read_token
from ..i18n.failure_texts import text_for
from ..store.models import PaymentMixin
from . import fault_reports, requests
from .responses import ask_to_wait, checkout_problem, problem, unstored

logger = logging.getLogger(__name__)

blueprint = Blueprint(
    "antom",
    "flask_antom",
    template_folder="templates",
    static_folder="static/antom",
    static_url_path="/static",
)

#: What Antom must read, for every notification, paid or failed (Antom: notifyPayment).
#: Bytes, so that no JSON provider of the host's can change them.
ACKNOWLEDGEMENT = (
    b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
)

_REFRESH_SECONDS = 5


@blueprint.url_value_preprocessor
def exempt_notify(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Exempt the one view that Antom posts to from the host's CSRFProtect.

    This runs before all ``before_request`` functions, for this blueprint only, so it
    does not matter whether CSRFProtect was initialised before or after.
    """
    csrf: Any = current_app.extensions.get("csrf")
    if endpoint == "antom.notify" and csrf is not None:
        csrf.exempt(notify)


@blueprint.url_defaults
def name_the_content(endpoint: str, values: dict[str, Any]) -> None:
    """Let hosts keep files in caches for as long as they like: new ones are new."""
    if endpoint == "antom.static":
        values.setdefault("v", _digest(str(values.get("filename"))))


@lru_cache(maxsize=32)
def _digest(filename: str) -> str | None:
    """Digest a file of ours; None, which no address shows, where there is none."""
    path = safe_join(str(blueprint.static_folder), filename)
    if path is None or not os.path.isfile(path):
        return None
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]


@blueprint.post("/session")
def create_session() -> ResponseReturnValue:
    """Give our script a payment session for an order."""
    fields = requests.json_object()
    reference = requests.text(fields, "orderReference")
    mode = requests.optional(fields, "mode")
    spent = requests.optional(fields, "spentRequestId")
    state = _state()
    methods = requests.methods(fields)
    offer = checkout.start(state, reference, methods, requests.visitor(), mode, spent)
    token = make_token(state.app, offer.request_id)
    answer = {
        "paymentRequestId": offer.request_id,
        "paymentSessionData": offer.session_data,
        "paymentSessionExpiryTime": f"{offer.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "resultUrl": state.config.public(f"/result/{token}"),
        "statusUrl": state.config.public(f"/status/{token}"),
    }
    if offer.normal_url is not None:
        answer["normalUrl"] = offer.normal_url
    return unstored(jsonify(answer)), 201 if offer.is_new else 200


@blueprint.post("/hosted")
def hosted() -> ResponseReturnValue:
    """Lead the buyer to Antom's Checkout Page, without a script.

    The page that does it is ours, so no Content-Security-Policy of the shop forbids it
    as the target of a form.
    """
    state = _state()
    url, order_url = None, None
    failure: CheckoutError | None = None
    try:
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise InvalidRequest("The form was sent by another site.")
        reference = requests.text(request.form, "orderReference")
        order_url = _order_url(state, reference)
        methods = tuple(request.form.getlist("paymentMethodType"))
        offer = checkout.start(state, reference, methods, requests.visitor(), "hosted")
        url = offer.normal_url
    except CheckoutError as error:
        failure = error
    page = render_template(
        "antom/hosted.html",
        url=url,
        problem=failure and _text_of(failure),
        order_url=order_url,
        result_url=getattr(failure, "result_url", None),
    )
    answer = state.app.make_response((page, failure.status if failure else 200))
    return unstored(ask_to_wait(answer, failure))


@blueprint.post("/report")
def report() -> ResponseReturnValue:
    """Log what went wrong in a buyer's browser, and nothing about the buyer."""
    fields = requests.json_object()
    fault_reports.take(_state(), fields, requests.visitor())
    return unstored(Response(status=204))


@blueprint.post("/notify")
def notify() -> ResponseReturnValue:
    """Take a notification of Antom's."""
    state, path = _state(), request.script_root + request.path
    try:
        body = requests.raw_bytes(notifications.MAX_BODY)
        applied = notifications.receive(state, request.headers, path, body)
    except RequestEntityTooLarge:
        notifications.refuse(state, "too_large", "It is larger than 64 KiB.")
        raise
    except DeliveryFailed as error:
        return problem(500, "receiver_failed", "A receiver failed.", str(error))
    if applied.outcome == "orphan":
        detail = "The notification is kept, but no payment has its ids."
        return problem(404, "payment_not_found", "There is no such payment.", detail)
    return Response(ACKNOWLEDGEMENT, mimetype="application/json")


@blueprint.get("/result/<token>")
def result(token: str) -> ResponseReturnValue:
    """Show the returning buyer the truth that the server knows."""
    state = _state()
    payment = _payment(state, token)
    refresh(state, payment)
    if state.hooks.result_view is not None:
        page = state.app.ensure_sync(state.hooks.result_view)(payment)
    else:
        page = render_template(
            "antom/result.html",
            payment=payment,
            final=payment.is_final,
            status_url=url_for("antom.status", token=token),
            order_url=_order_url(state, payment.order_reference),
            refresh_after=_REFRESH_SECONDS,
        )
    return unstored(state.app.make_response(page))


@blueprint.get("/status/<token>")
def status(token: str) -> ResponseReturnValue:
    """Tell the result page where the payment stands."""
    state = _state()
    payment = _payment(state, token)
    refresh(state, payment)
    return unstored(jsonify(status=payment.status, final=payment.is_final))


@blueprint.errorhandler(CheckoutError)
def explain_checkout(error: CheckoutError) -> ResponseReturnValue:
    """Answer our script with a problem."""
    return checkout_problem(error)


@blueprint.errorhandler(NotificationError)
def explain_notification(error: NotificationError) -> ResponseReturnValue:
    """Answer a forged or unreadable notification."""
    return problem(error.status, error.reason, "Not accepted.", str(error))


@blueprint.errorhandler(RequestEntityTooLarge)
def explain_size(error: HTTPException) -> ResponseReturnValue:
    """Answer a body that is too large to be one of ours or of Antom's."""
    return problem(413, "too_large", "The body is too large.", "")


def _text_of(error: CheckoutError) -> str | None:
    """Name the text that tells a buyer why there is no session."""
    text = text_for(error.result_code)
    return text_for(error.code) if text in (None, "result") else text


def _state() -> AppState:
    state: AppState = current_app.extensions["antom"]
    return state


def _payment(state: AppState, token: str) -> PaymentMixin:
    request_id = read_token(state.app, token)
    payment = state.payments.find(request_id) if request_id else None
    if payment is None:
        abort(404)
    return payment


def _order_url(state: AppState, reference: str) -> str | None:
    """Ask the host for the page to go on to; the order may be gone by now.

    Whatever the loader raises, the buyer sees what became of the payment.
    """
    try:
        order = state.hooks.load_order(reference)
    except (CheckoutError, HTTPException):
        return None
    except Exception:
        state.payments.session.rollback()
        logger.exception("The order loader raised; the result page has no link back.")
        return None
    return order.url if order is not None else None

"""The blueprint: thin views that call the flows."""

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
from ..errors import (
    CheckoutError,
    DeliveryFailed,
    InvalidRequest,
    NotConfigured,
    NotificationError,
)
from ..flows import checkout, notifications
from ..flows.orders import for_visitor
from ..flows.result import refresh
from ..flows.result_links import PaymentIds, make_token, read_token
from ..i18n.failure_texts import text_for
from ..store.inbox import UNKNOWN
from ..store.rows import PaymentRow
from . import fault_reports, requests
from .responses import checkout_problem, forbid_caching, problem, set_retry_after

logger: logging.Logger = logging.getLogger(__name__)

blueprint: Blueprint = Blueprint(
    "antom",
    "flask_antom",
    template_folder="templates",
    static_folder="static/antom",
    static_url_path="/static",
)

#: The answer to every accepted notification, paid or failed (Antom: notifyPayment). It
#: is bytes, so that no JSON provider of the host can change it.
ACKNOWLEDGEMENT = (
    b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
)

_REFRESH_SECONDS = 5


@blueprint.url_value_preprocessor
def exempt_notify(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Exempt the view for Antom's notifications from the host's CSRFProtect.

    This runs for this blueprint only, and before all ``before_request`` functions. So
    CSRFProtect may be initialised before or after.
    """
    csrf: Any = current_app.extensions.get("csrf")
    if endpoint == "antom.notify" and csrf is not None:
        csrf.exempt(notify)


@blueprint.url_defaults
def add_digest(endpoint: str, values: dict[str, Any]) -> None:
    """Add a digest of a static file to its URL, so that caches may keep the file."""
    if endpoint == "antom.static":
        values.setdefault("v", _digest(str(values.get("filename"))))


@lru_cache(maxsize=32)
def _digest(filename: str) -> str | None:
    """Return a digest of one of our files; ``None`` if there is no such file."""
    path = safe_join(str(blueprint.static_folder), filename)
    if path is None or not os.path.isfile(path):
        return None
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]


@blueprint.post("/session")
def create_session() -> ResponseReturnValue:
    """Return a payment session for an order to our script."""
    fields = requests.json_object()
    reference = requests.text(fields, "orderReference")
    mode = requests.optional(fields, "mode")
    spent = requests.optional(fields, "spentRequestId")
    state = _state()
    methods = requests.methods(fields)
    offer = checkout.start(state, reference, methods, requests.visitor(), mode, spent)
    token = make_token(state.app, offer)
    answer = {
        "paymentRequestId": offer.request_id,
        "paymentSessionData": offer.session_data,
        "paymentSessionExpiryTime": f"{offer.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "resultUrl": state.config.public(f"/result/{token}"),
        "statusUrl": state.config.public(f"/status/{token}"),
    }
    if offer.normal_url is not None:
        answer["normalUrl"] = offer.normal_url
    return forbid_caching(jsonify(answer)), 201 if offer.is_new else 200


@blueprint.post("/hosted")
def hosted() -> ResponseReturnValue:
    """Lead the buyer to Antom's Checkout Page, without a script.

    The target of the buyer's form is this route of the shop, so the shop's
    Content-Security-Policy allows it.
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
    return forbid_caching(set_retry_after(answer, failure))


@blueprint.post("/report")
def report() -> ResponseReturnValue:
    """Log a fault in a buyer's browser, and nothing about the buyer."""
    fields = requests.json_object()
    fault_reports.log_report(_state(), fields, requests.visitor())
    return forbid_caching(Response(status=204))


@blueprint.post("/notify")
def notify() -> ResponseReturnValue:
    """Receive a notification from Antom."""
    state, path = _state(), request.script_root + request.path
    if not state.config.is_set_up:
        raise NotConfigured("The shop cannot take payments yet.")
    try:
        body = requests.raw_bytes(notifications.MAX_BODY)
        applied = notifications.receive(state, request.headers, path, body)
    except RequestEntityTooLarge:
        notifications.refuse(state, "too_large", "The body is larger than 64 KiB.")
        raise
    except DeliveryFailed as error:
        return problem(500, "receiver_failed", "A receiver failed.", str(error))
    if applied.outcome in UNKNOWN:
        detail = "The notification is stored, but no payment has its ids."
        return problem(404, "payment_not_found", "There is no such payment.", detail)
    return Response(ACKNOWLEDGEMENT, mimetype="application/json")


@blueprint.get("/result/<token>")
def result(token: str) -> ResponseReturnValue:
    """Show the returning buyer the status that the server knows."""
    state = _state()
    stored = _find(state, token)
    if isinstance(stored, PaymentIds):
        return _not_found(state, stored)
    refresh(state, stored)
    payment = state.host.load(state.host.payment_model, stored.id)
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
    return forbid_caching(state.app.make_response(page))


@blueprint.get("/status/<token>")
def status(token: str) -> ResponseReturnValue:
    """Return the payment's status to the result page."""
    state = _state()
    payment = _find(state, token)
    if isinstance(payment, PaymentIds):
        detail = "The link is genuine, but the shop does not know the payment."
        return problem(404, "payment_not_found", "There is no such payment.", detail)
    refresh(state, payment)
    return forbid_caching(jsonify(status=payment.status, final=payment.is_final))


@blueprint.errorhandler(CheckoutError)
def handle_checkout_error(error: CheckoutError) -> ResponseReturnValue:
    """Return a problem document to our script."""
    return checkout_problem(error)


@blueprint.errorhandler(NotificationError)
def handle_notification_error(error: NotificationError) -> ResponseReturnValue:
    """Return a problem document for a forged or unreadable notification."""
    return problem(error.status, error.reason, "Not accepted.", str(error))


@blueprint.errorhandler(RequestEntityTooLarge)
def handle_too_large(error: HTTPException) -> ResponseReturnValue:
    """Return a problem document for a body that is too large."""
    return problem(413, "too_large", "The body is too large.", "")


def _text_of(error: CheckoutError) -> str | None:
    """Return the name of the text for a buyer who gets no session."""
    text = text_for(error.result_code)
    return text_for(error.code) if text in (None, "result") else text


def _state() -> AppState:
    state: AppState = current_app.extensions["antom"]
    return state


def _find(state: AppState, token: str) -> PaymentRow | PaymentIds:
    """Return the payment of a link, or what a genuine link says of an unknown one."""
    ids = read_token(state.app, token)
    if ids is None:
        abort(404)
    payment = state.rows.find(ids.request_id)
    if payment is None or payment.client_id not in ("", ids.client_id):
        return ids
    return payment


def _not_found(state: AppState, ids: PaymentIds) -> ResponseReturnValue:
    """Return the page for a payment that is not in the database any more."""
    if state.report_limit.allows():
        logger.warning(
            "A buyer has a genuine link to the payment %s of order %r, which the"
            " database does not know. See %r in the documentation.",
            ids.request_id,
            ids.order_reference,
            "After a restore from a backup",
        )
    page = render_template(
        "antom/unknown.html",
        order_reference=ids.order_reference,
        order_url=ids.order_reference and _order_url(state, ids.order_reference),
    )
    return forbid_caching(state.app.make_response((page, 404)))


def _order_url(state: AppState, reference: str) -> str | None:
    """Return the host's page for the order; ``None`` if the order has no page.

    The order may be gone by now. Whatever the loader raises, the buyer still sees the
    result of the payment.
    """
    try:
        return for_visitor(state, reference).url
    except (CheckoutError, HTTPException):
        return None
    except Exception:
        state.host.current.rollback()
        logger.exception("No link back: the order loader or visitor_may_pay raised.")
        return None

"""The views with which a buyer starts to pay, and one for faults of their browser."""

from __future__ import annotations

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ..app_state import AppState
from ..errors import CheckoutError, InvalidRequest
from ..flows import checkout
from ..flows.result_links import make_token
from ..i18n.failure_texts import text_for
from ..opaque import conceal
from . import fault_reports, requests
from .blueprint import blueprint, current_state
from .order_links import order_url_of
from .responses import checkout_problem, draw, forbid_caching, problem, set_retry_after


@blueprint.post("/session")
def create_session() -> ResponseReturnValue:
    """Return a payment session for an order to our script."""
    fields = requests.json_object()
    reference = requests.text(fields, "orderReference")
    mode = requests.optional(fields, "mode")
    spent = requests.optional(fields, "spentRequestId")
    state = current_state()
    methods = requests.methods(fields)
    offer = checkout.start(state, reference, methods, requests.visitor(), mode, spent)
    return _session(state, offer), 201 if offer.is_new else 200


@conceal
def _session(state: AppState, offer: checkout.Offer) -> Response:
    """Return the session, and the links to its result."""
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
    return forbid_caching(jsonify(answer))


@blueprint.post("/hosted")
def hosted() -> ResponseReturnValue:
    """Lead the buyer to Antom's Checkout Page, without a script.

    The target of the buyer's form is this route of the shop, so the shop's
    Content-Security-Policy allows it.
    """
    state = current_state()
    offer, order_url = None, None
    failure: CheckoutError | None = None
    try:
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise InvalidRequest("The form was sent by another site.")
        reference = requests.text(request.form, "orderReference")
        order_url = order_url_of(state, reference)
        methods = tuple(request.form.getlist("paymentMethodType"))
        offer = checkout.start(state, reference, methods, requests.visitor(), "hosted")
    except CheckoutError as error:
        failure = error
    page = draw(
        "antom/hosted.html",
        url=offer and offer.normal_url,
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
    fault_reports.log_report(current_state(), fields, requests.visitor())
    return forbid_caching(Response(status=204))


@blueprint.errorhandler(CheckoutError)
def handle_checkout_error(error: CheckoutError) -> ResponseReturnValue:
    """Return a problem document to our script."""
    return checkout_problem(error)


@blueprint.errorhandler(RequestEntityTooLarge)
def handle_too_large(error: HTTPException) -> ResponseReturnValue:
    """Return a problem document for a body that is too large."""
    return problem(413, "too_large", "The body is too large.", "")


def _text_of(error: CheckoutError) -> str | None:
    """Return the name of the text for a buyer who gets no session."""
    text = text_for(error.result_code)
    return text_for(error.code) if text in (None, "result") else text

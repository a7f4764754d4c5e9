"""The views with which a buyer starts to pay, and one for faults of their browser."""

from __future__ import annotations

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    RequestEntityTooLarge,
)

from ..app_state import AppState
from ..errors import CheckoutError, InvalidRequest
from ..flows import checkout
from ..flows.result_links import make_token
from ..i18n import translations
from ..opaque import conceal
from . import fault_codes, fault_reports, hosted_page, requests
from .blueprint import answer_of_host, blueprint, current_state
from .order_links import order_url_of
from .responses import checkout_problem, forbid_caching, problem


@blueprint.post("/session")
def create_session() -> ResponseReturnValue:
    """Return a payment session for an order to our script."""
    fields = requests.json_object()
    reference = requests.text(fields, "orderReference")
    fault_codes.note_order(reference)
    state = current_state()
    offer = checkout.start(
        state,
        reference,
        requests.methods(fields),
        requests.visitor(),
        requests.optional(fields, "mode"),
        requests.optional(fields, "spentRequestId"),
        requests.optional(fields, "insteadOf"),
    )
    return _session(state, offer), 201 if offer.is_new else 200


@conceal
def _session(state: AppState, offer: checkout.Offer) -> Response:
    """Return the session, and the links to its result."""
    token = make_token(state.app, offer)
    answer = {
        "paymentRequestId": offer.request_id,
        "paymentSessionData": offer.session_data,
        "paymentSessionExpiryTime": f"{offer.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "payText": translations.current().pay(offer.amount),
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
    try:
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise InvalidRequest("The form was sent by another site.")
        form = requests.form()
        reference = requests.text(form, "orderReference")
        fault_codes.note_order(reference, order_url_of(state, reference))
        offer = checkout.start(
            state,
            reference,
            requests.ticked_methods(),
            requests.visitor(),
            "hosted",
            instead_of=requests.optional(form, "insteadOf"),
        )
    except CheckoutError as error:
        return hosted_page.tell_problem(error)
    return hosted_page.lead_on(offer)


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


@blueprint.errorhandler(InternalServerError)
def handle_server_error(error: InternalServerError) -> ResponseReturnValue:
    """Return what a buyer reads who gets no session because of an unexpected error.

    Flask has logged the error by now, and sent ``got_request_exception``. Errors of the
    other views are left to the host.
    """
    if request.endpoint not in ("antom.create_session", "antom.hosted"):
        return answer_of_host(error)
    code = fault_codes.report(f"{type(error.original_exception or error).__name__}.")
    if request.endpoint == "antom.hosted":
        try:
            return hosted_page.tell_fault(code)
        except Exception:  # the host's template is the fault
            return answer_of_host(error)
    title = "Something is wrong in the shop."
    detail = "The shop finds the fault code in its log."
    return problem(500, "server_error", title, detail, faultCode=code)

"""The page of ``/antom/hosted``: it leads to Antom, or says why it cannot."""

from __future__ import annotations

from flask import Response, request

from ..errors import CheckoutError, CheckoutUnavailable
from ..flows.checkout import Offer
from ..i18n.failure_texts import text_of_problem
from ..opaque import HiddenText, conceal
from . import fault_codes
from .blueprint import current_state
from .csrf import csrf_field
from .responses import draw, forbid_caching, set_retry_after


def lead_on(offer: Offer) -> Response:
    """Return the page that leads to Antom's Checkout Page."""
    return _draw(200, url=offer.normal_url)


@conceal
def tell_problem(error: CheckoutError) -> Response:
    """Return the page that says why there is no session."""
    status, request_id = None, None
    if isinstance(error, CheckoutUnavailable):
        status, request_id = error.payment_status, error.request_id
    code = fault_codes.code_for(error)
    if code is not None:
        text = "broken"
    elif isinstance(error, CheckoutUnavailable) and error.result_url is None:
        text = "fault"  # no session was given out, so nothing can be paid
    else:
        can_choose = "canChoose" in request.form
        codes = (error.result_code, status, error.code)
        text = text_of_problem(*codes, can_choose=can_choose)
    page = _draw(
        error.status,
        problem=text,
        fault_code=code,
        result_url=error.result_url,
        again=request_id and _again(request_id),
    )
    return set_retry_after(page, error)


def tell_fault(code: str) -> Response:
    """Return the page about an unexpected error with this code."""
    return _draw(500, problem="broken", fault_code=code)


def _again(request_id: str) -> list[tuple[str, str | HiddenText]]:
    """Return the fields of a form that gives up a payment and starts another one."""
    names = ("orderReference", "paymentMethodType", "canChoose")
    sent = [(name, text) for name in names for text in request.form.getlist(name)]
    return [*sent, ("insteadOf", request_id), *filter(None, [csrf_field()])]


@conceal
def _draw(status: int, **values: object) -> Response:
    names = ("url", "problem", "fault_code", "result_url", "again")
    page = draw(
        "antom/hosted.html",
        order_url=fault_codes.noted_order().url,
        **(dict.fromkeys(names) | values),
    )
    return forbid_caching(current_state().app.make_response((page, status)))

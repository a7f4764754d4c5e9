"""The views of the result page, which tells buyers what the server knows."""

from __future__ import annotations

from flask import abort, jsonify, url_for
from flask.typing import ResponseReturnValue

from ..app_state import AppState
from ..flows.result import refresh
from ..flows.result_links import PaymentIds, read_token
from ..log_lines import Log
from ..store.rows import PaymentRow
from .blueprint import blueprint, current_state
from .order_links import order_url_of
from .probes import current_probe
from .responses import draw, forbid_caching, problem

log: Log = Log(__name__)

_REFRESH_SECONDS = 5


@blueprint.get("/result/<token>")
def result(token: str) -> ResponseReturnValue:
    """Show the returning buyer the status that the server knows."""
    state = current_state()
    stored = _find(state, token)
    if isinstance(stored, PaymentIds):
        return _not_found(state, stored)
    refresh(state, stored)
    payment = state.host.load(state.host.payment_model, stored.id)
    if state.hooks.result_view is not None:
        page = state.app.ensure_sync(state.hooks.result_view)(payment)
    else:
        page = draw(
            "antom/result.html",
            payment=payment,
            final=payment.is_final,
            status_url=url_for("antom.status", token=token),
            order_url=order_url_of(state, payment.order_reference),
            refresh_after=_REFRESH_SECONDS,
        )
    return forbid_caching(state.app.make_response(page))


@blueprint.get("/status/<token>")
def status(token: str) -> ResponseReturnValue:
    """Return the payment's status to the result page."""
    state = current_state()
    payment = _find(state, token)
    if isinstance(payment, PaymentIds):
        detail = "The link is genuine, but the shop does not know the payment."
        return problem(404, "payment_not_found", "There is no such payment.", detail)
    refresh(state, payment)
    return forbid_caching(jsonify(status=payment.status, final=payment.is_final))


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
    if current_probe() is None and state.hint_limit.allows():
        log.warning(
            "A buyer has a genuine link to the payment %s of order %r, which the"
            " database does not know. See %r in the documentation.",
            ids.request_id,
            ids.order_reference,
            "After a restore from a backup",
            order=ids.order_reference,
            payment=ids.request_id,
        )
    page = draw(
        "antom/unknown.html",
        order_reference=ids.order_reference,
        order_url=ids.order_reference and order_url_of(state, ids.order_reference),
    )
    answer = state.app.make_response((page, 404))
    if current_probe() is not None:
        answer.headers["Flask-Antom-Probe"] = "result"
    return forbid_caching(answer)

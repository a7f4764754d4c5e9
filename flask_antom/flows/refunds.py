"""FLOW 3, the other half: the shop gives money back.

A refund is reserved under the payment's lock and committed before Antom hears of it.
While its outcome is unknown it holds its amount, and whoever asks again does so with
the same ``refundRequestId``.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from ..app_state import AppState
from ..domain.money import Money
from ..domain.refund_states import RefundObservation, RefundStatus
from ..errors import NotPossible, OutcomeUnknown, Refused
from ..store.models import PaymentMixin, RefundMixin
from .delivery import deliver

_LONGEST_REASON = 256


def refund(
    state: AppState,
    payment: PaymentMixin,
    amount: Money | None,
    *,
    reason: str | None = None,
) -> RefundMixin:
    """Give back all or a part of what was paid.

    :param amount: by default all that has not been given back.
    :param reason: shown to the buyer by some methods; at most 256 characters.
    :returns: the refund, whose status is ``succeeded``, or ``pending`` while Antom
        works on it or its outcome is unknown; the signals tell how it ends.
    :raises NotPossible: the payment is not paid, less is left, or the reason is long.
    :raises Refused: Antom said no; the refund has failed.
    :raises DeliveryFailed: it is stored, but a receiver raised.
    """
    if reason is not None and not 0 < len(reason) <= _LONGEST_REASON:
        raise NotPossible(f"reason takes 1 to {_LONGEST_REASON} characters.")
    reserved = state.refunds.reserve(payment.id, amount, reason)
    refund_ref = reserved.id
    with contextlib.suppress(OutcomeUnknown):  # then recovery asks again
        send(state, refund_ref)
    return state.refunds.get(refund_ref)


def send(state: AppState, refund_ref: int) -> None:
    """Send a reserved refund to Antom, for the first time or again.

    :raises Refused: Antom said no; a signed no fails the refund.
    :raises OutcomeUnknown: it stays pending.
    :raises DeliveryFailed: it is stored, but a receiver raised.
    """
    row = state.refunds.get(refund_ref)
    payment = state.payments.get(row.payment_ref or 0)
    request_id, amount, reason = row.request_id, row.amount, row.reason
    payment_id = row.payment_id or ""
    capture_id = row.capture_id if len(payment.captures or {}) > 1 else None
    state.payments.release()
    try:
        news = state.client.refund(
            payment_id=payment_id,
            request_id=request_id,
            amount=amount,
            notify_url=state.config.notify_url,
            reason=reason,
            capture_id=capture_id,
        )
    except Refused as refusal:
        if refusal.signed:
            _apply(
                state,
                RefundObservation(
                    RefundStatus.FAILED,
                    "refund",
                    request_id=request_id,
                    result_code=refusal.result_code,
                ),
            )
        raise
    _apply(state, news)


def sync(state: AppState, refund_ref: int) -> None:
    """Ask Antom what became of a refund; one that never arrived is sent again.

    :raises Refused: Antom does not answer, or refuses the refund.
    :raises OutcomeUnknown: it stays pending.
    :raises DeliveryFailed: the answer is stored, but a receiver raised.
    """
    request_id = state.refunds.get(refund_ref).request_id
    state.payments.release()
    news = state.client.inquire_refund(request_id)
    if news is None:
        send(state, refund_ref)
    else:
        _apply(state, replace(news, request_id=request_id))


def _apply(state: AppState, news: RefundObservation) -> None:
    deliver(state, state.refunds.apply(news))

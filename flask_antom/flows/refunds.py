"""The third flow, continued: the shop refunds a payment.

A refund is reserved under the payment's lock, and committed before the call to Antom.
As long as its outcome is unknown, it reserves its amount, and every new try has the
same ``refundRequestId``.
"""

from __future__ import annotations

import contextlib

from ..app_state import AppState
from ..domain.money import Money
from ..domain.refund_states import RefundObservation, RefundStatus
from ..domain.repeats import check_key
from ..errors import NotPossible, OutcomeUnknown, Refused
from ..log_lines import Log, about
from ..store.rows import RefundRow
from .delivery import deliver
from .host_calls import check_amount

log: Log = Log(__name__)

_LONGEST_REASON = 256


def refund(
    state: AppState,
    payment_ref: int,
    amount: Money | None,
    *,
    reason: str | None = None,
    key: str | None = None,
    again: bool = False,
) -> int:
    """Refund a payment in full or in part; see :meth:`.FlaskAntom.refund`.

    :returns: the id of the refund's row.
    """
    if reason is not None and not 0 < len(reason) <= _LONGEST_REASON:
        raise NotPossible(f"reason must have 1 to {_LONGEST_REASON} characters.")
    check_key(key)
    payment = state.rows.get(payment_ref)
    check_amount(payment, amount)
    state.account_of(payment)  # before anything is reserved
    request_id = state.ours.ids.make()
    reserved = state.refunds.reserve(
        payment_ref, amount, reason=reason, request_id=request_id, key=key, again=again
    )
    refund_ref = reserved.id
    if reserved.request_id == request_id:
        names = log.of(**payment.names)
        asked = str(reserved.amount)
        names.info("Refund of %s asked.", asked, refund=request_id, outcome="pending")
    if reserved.request_id == request_id:  # else the first call sends, or a sweep
        with contextlib.suppress(OutcomeUnknown):  # a sweep asks again
            send(state, refund_ref)
    return refund_ref


def send(state: AppState, refund_ref: int) -> None:
    """Send a reserved refund to Antom, for the first time or again.

    One whose outcome has become known meanwhile is not sent.

    :raises Refused: if Antom said no. If the answer is signed, the refund has failed.
    :raises OutcomeUnknown: if nobody can say yet; it stays pending.
    :raises DeliveryFailed: if it is stored, but a receiver raised.
    :raises NotPossible: if the app has no keys for the payment's account.
    """
    row = state.refunds.get(refund_ref)
    if row.status != RefundStatus.PENDING:
        return
    payment = state.rows.get(row.payment_ref or 0)
    request_id, amount, reason = row.request_id, row.amount, row.reason
    payment_id = row.payment_id or ""
    capture_id = row.capture_id if len(payment.captures or {}) > 1 else None
    try:
        with about(**payment.names):
            observation = state.client.refund(
                state.account_of(row),
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
    _apply(state, observation)


def settle(
    state: AppState, refund: RefundRow, observation: RefundObservation | None
) -> None:
    """Apply what Antom answers to an inquiry. A refund it does not know is sent again.

    :raises Refused: if Antom refuses the refund.
    :raises OutcomeUnknown: if nobody can say yet; it stays pending.
    :raises DeliveryFailed: if the answer is stored, but a receiver raised.
    """
    if observation is None:
        send(state, refund.id)
    else:
        _apply(state, observation._replace(request_id=refund.request_id))


def _apply(state: AppState, observation: RefundObservation) -> None:
    deliver(state, state.refunds.apply(observation))

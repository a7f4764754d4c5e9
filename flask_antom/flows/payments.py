"""The third flow: the shop acts on a payment.

The request is committed before the call to Antom. No transaction is open during the
call. The answer becomes an observation, like a notification.
"""

from __future__ import annotations

from datetime import datetime

from ..app_state import AppState
from ..domain.money import Money
from ..domain.payment_states import (
    TAKEN,
    Fact,
    Observation,
    ReviewOutcome,
    Status,
)
from ..domain.repeats import check_key
from ..domain.schedule import authorization_end
from ..errors import DeliveryFailed, NotPossible, Refused
from ..log_lines import Log, about
from ..store.captures import OpenCapture
from ..store.live import is_over
from ..store.rows import PaymentRow
from .delivery import deliver
from .facts import tell_changes
from .host_calls import check_amount

log: Log = Log(__name__)


def sync(state: AppState, payment: PaymentRow, *, repeat: bool = True) -> None:
    """Ask Antom for the state of a payment; see :meth:`.FlaskAntom.sync`.

    :param repeat: whether to repeat the call until the answer is clear, up to
        ``ANTOM_TIMEOUT``.
    """
    account, request_id = state.account_of(payment), payment.request_id
    with about(**payment.names):
        answer = state.client.inquire(account, request_id=request_id, repeat=repeat)
    settle(state, payment, answer)


def settle(state: AppState, payment: PaymentRow, observation: Observation) -> None:
    """Apply what Antom answers to an inquiry.

    :param payment: the payment as it was before Antom was asked.
    :raises DeliveryFailed: if the answer is stored, but a receiver raised.
    """
    request_id = payment.request_id
    observation = _read_now(payment, observation)
    is_gone = is_over(payment, state.clock.now())
    is_held = payment.authorized_until is not None
    if observation.fact is Fact.UNPAID and is_gone:
        observation = observation._replace(fact=Fact.EXPIRED, source="clock")
    applied = state.payments.apply(observation._replace(request_id=request_id))
    payment.become(applied.payment)
    if is_held and _has_lapsed(payment, state.clock.now()):
        lapsed = Observation(Fact.LAPSED, "clock", request_id, observation.payment_id)
        first, applied = applied, state.payments.apply(lapsed)
        tell_changes(state, first)
        applied = applied._replace(claims=[*first.claims, *applied.claims])
        payment.become(applied.payment)
    deliver(state, applied)


def _read_now(payment: PaymentRow, observation: Observation) -> Observation:
    """Add what an answer says by the time at which Antom was asked.

    Antom names a review as long as it runs. So if we knew of one when we asked, and the
    answer names none, it is over. If we did not know of it, it may have begun since.
    """
    if observation.fact is not Fact.PAID:
        return observation
    if payment.under_review and observation.review is ReviewOutcome.UNNAMED:
        observation = observation._replace(review=ReviewOutcome.ACCEPTED)
    if payment.status == Status.CANCELLED and payment.cancel_asked_at is not None:
        refunds = [r.amount for r in observation.refunds if r.amount is not None]
        same = (r.value for r in refunds if r.currency == payment.currency)
        is_there = sum(same) < payment.amount.value
        observation = observation._replace(after_cancel=is_there)
    return observation


def cancel(state: AppState, payment: PaymentRow, *, undo: bool = True) -> None:
    """Close or undo a payment; see :meth:`.FlaskAntom.cancel`.

    :param undo: whether to cancel one too for which the buyer has done their part.
    """
    account = state.account_of(payment)
    request_id, payment_ref = payment.request_id, payment.id
    payment.become(state.attempts.ask_to_cancel(payment_ref, undo=undo))
    if payment.is_done_by_buyer and not undo:
        return
    names = log.of(**payment.names)
    names.info("Cancel asked.")
    try:
        with about(**payment.names):
            observation = state.client.cancel(account, request_id=request_id)
    except Refused as refusal:
        names.info("Antom refused the cancel: %s.", refusal, outcome="refused")
        is_unknown = refusal.result_code == "ORDER_NOT_EXIST"
        if refusal.signed and is_unknown and undo and payment.status not in TAKEN:
            state.attempts.keep_cancel(payment_ref)
            refusal.add_note("If the buyer pays it all the same, it needs a review.")
        elif refusal.signed:
            state.attempts.drop_cancel(payment_ref)
        if refusal.result_code == "CANCEL_WINDOW_EXCEED":
            refusal.add_note("It is too late to cancel; refund the payment instead.")
        raise
    _apply(state, observation._replace(request_id=request_id), payment)


def capture(
    state: AppState,
    payment: PaymentRow,
    amount: Money | None,
    *,
    final: bool,
    key: str | None = None,
    again: bool = False,
) -> None:
    """Capture money of an authorized payment; see :meth:`.FlaskAntom.capture`."""
    check_key(key)
    check_amount(payment, amount)
    state.account_of(payment)  # before anything is stored
    opened = state.captures.open_capture(
        payment, amount, final=final, key=key, again=again
    )
    if opened is not None:
        _send(state, payment, opened)


def _send(state: AppState, payment: PaymentRow, opened: OpenCapture) -> None:
    account, request_id = state.account_of(payment), payment.request_id
    names = log.of(**payment.names)
    names.info("Capture of %s asked.", str(opened.amount))
    try:
        with about(**payment.names):
            observation = state.client.capture(
                account,
                payment_id=opened.payment_id,
                request_id=opened.request_id,
                amount=opened.amount,
                final=opened.final,
            )
    except Refused as refusal:
        names.warning("Antom refused the capture: %s.", refusal, outcome="refused")
        if refusal.signed:
            failure = Observation(
                Fact.CAPTURE_FAILED,
                "capture",
                request_id=request_id,
                payment_id=opened.payment_id,
                capture_requests=frozenset({opened.request_id}),
                result_code=refusal.result_code,
            )
            _apply(state, failure, payment)
        raise
    names.info("%s captured.", str(opened.amount), outcome="captured")
    _apply(state, observation._replace(request_id=request_id), payment)


def finish(state: AppState, payment: PaymentRow) -> None:
    """Repeat our cancel or capture if its outcome is still unknown.

    A cancel that should close an unpaid payment is not repeated if the buyer has paid
    it meanwhile.

    :raises Refused: if Antom says no to a capture.
    :raises OutcomeUnknown: if nobody can say yet.
    :raises DeliveryFailed: if it is done, but a receiver raised.
    """
    if payment.cancel_asked_at is not None and payment.status in TAKEN:
        if payment.cancel_undoes:
            _cancel_again(state, payment)
        else:
            state.attempts.drop_cancel(payment.id)
    elif payment.capture_request_id is not None and not payment.under_review:
        _capture_again(state, payment)


def _cancel_again(state: AppState, payment: PaymentRow) -> None:
    """Cancel again. After a refusal a person has to look: the shop does not wait."""
    request_id, payment_id = payment.request_id, payment.payment_id
    try:
        cancel(state, payment)
    except Refused as refusal:
        if not refusal.signed:
            raise
        log.of(**payment.names).warning("Payment %s: %s", request_id, refusal)
        _apply(
            state,
            Observation(
                Fact.CANCEL_FAILED,
                "cancel",
                request_id=request_id,
                payment_id=payment_id,
                result_code=refusal.result_code,
            ),
        )


def _capture_again(state: AppState, payment: PaymentRow) -> None:
    payment_ref, request_id = payment.id, payment.capture_request_id
    try:
        opened = state.captures.reopen_capture(payment_ref, request_id)
    except NotPossible:
        state.captures.drop_capture(payment_ref, request_id)
    else:
        _send(state, payment, opened)


def fail(state: AppState, request_id: str, result_code: str) -> None:
    """Record that Antom refused to open a session for this attempt."""
    observation = Observation(
        Fact.FAILED, "session", request_id=request_id, result_code=result_code
    )
    try:
        _apply(state, observation)
    except DeliveryFailed as error:
        log.warning("%s", error, payment=request_id)


def _apply(
    state: AppState, observation: Observation, payment: PaymentRow | None = None
) -> None:
    """Apply an observation, also to the payment at hand, and deliver its events."""
    applied = state.payments.apply(observation)
    if payment is not None:
        payment.become(applied.payment)
    deliver(state, applied)


def _has_lapsed(payment: PaymentRow, moment: datetime) -> bool:
    """Whether the uncaptured rest of an authorization is lost."""
    until = payment.authorized_until
    return until is not None and moment > authorization_end(until)

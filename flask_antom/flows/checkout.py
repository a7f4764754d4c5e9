"""FLOW 1: a buyer starts to pay.

The browser names an order and a method; everything else is asked of the host. An open
session is handed out again while it is good; an attempt of another amount or method is
closed first. While the outcome of an attempt is unknown, no other one is opened.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..app_state import AppState
from ..domain.orders import Order
from ..domain.payment_states import BEGUN, Status
from ..domain.records import Attempt
from ..errors import (
    CheckoutUnavailable,
    DeliveryFailed,
    GatewayError,
    OrderAlreadyPaid,
    OrderNotFound,
    OutcomeUnknown,
    PaymentRefused,
    Refused,
)
from ..gateway.transport import one_wait
from ..store.models import PaymentMixin
from .method_choice import Choice, choose
from .payments import cancel, fail, may_yet_be_paid, sync
from .result_links import make_token
from .session_request import asks_to_authorize, write_request
from .visitor import Visitor

logger = logging.getLogger(__name__)

#: A session is handed out again only if it lasts at least this long.
_LEAST_LIFE = timedelta(seconds=60)

#: Modes whose session is opened when the page is shown, and not by a click: that alone
#: must not cancel what the buyer has begun elsewhere.
_DRAWN = ("element", "page")

#: How often Antom is asked whether an open session was paid meanwhile.
_ASK_PAUSE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Offer:
    """A session for the browser.

    :ivar is_new: opened just now, rather than handed out again.
    """

    request_id: str
    session_data: str
    expires_at: datetime
    normal_url: str | None
    is_new: bool

    def __repr__(self) -> str:
        return f"<Offer {self.request_id}>"


def start(
    state: AppState,
    reference: str,
    methods: tuple[str, ...],
    visitor: Visitor,
    mode: str | None = None,
    spent: str | None = None,
) -> Offer:
    """Give the buyer a session for this order.

    However many calls of Antom this needs, they share one ``ANTOM_TIMEOUT``.

    :param methods: one, or several to choose from; see :func:`.choices.choose`.
    :param mode: of the checkout; None: the shop's.
    :param spent: the ``paymentRequestId`` of a session that the browser cannot use any
        more. It is closed like one of another method.
    :raises CheckoutError: whose subclass says why there is none.
    """
    order = state.hooks.load_order(reference)
    if order is None:
        raise OrderNotFound("The shop knows no such order.")
    choice = choose(state, order, mode, methods)
    wanted = Attempt(order.reference, order.amount, choice.methods, choice.mode)
    with one_wait(state.config.timeout):
        found = _find_or_open(state, wanted, spent)
        if isinstance(found, Offer):
            return found
        return _open_session(state, found, choice, order, visitor)


def _find_or_open(
    state: AppState, wanted: Attempt, spent: str | None
) -> Offer | PaymentMixin:
    """Give the open session, or else an attempt that needs one."""
    _close_others(state, wanted, spent)
    payment = _open_attempt(state, wanted)
    if payment.session_data is not None:
        _ask(state, payment)
        _refuse_if_paid(payment)
        offer = _offer(payment, state.clock.now())
        if offer is not None:
            _refuse_if_pending(state, payment)
            return offer
        payment = _reopen(state, payment, wanted)
    return payment


def _close_others(state: AppState, wanted: Attempt, spent: str | None) -> None:
    """Refuse a paid order; close its open attempts of another amount or method.

    Attempts that are closed or have failed are asked about while their session lasts:
    the buyer may have paid there, and the news of that may be lost, or he may be about
    to.
    """
    attempts = state.attempts.of_order(wanted.order_reference)
    for payment in attempts:
        _refuse_if_paid(payment)
    if any(payment.amount != wanted.amount for payment in attempts):
        state.attempts.outdate(wanted.order_reference, wanted.amount)
    for payment in attempts:
        if payment.open_key is None and may_yet_be_paid(payment, state.clock.now()):
            _ask(state, payment, must_know=True)
            _refuse_if_paid(payment)
        if payment.open_key == wanted.open_key and payment.request_id != spent:
            continue
        if payment.open_key is not None or payment.status in BEGUN:
            _close(state, payment, gently=wanted.mode in _DRAWN)


def _close(state: AppState, payment: PaymentMixin, *, gently: bool = False) -> None:
    """See whether it was paid after all, and cancel it if not.

    Antom knows nothing yet of a session that nobody has begun to pay, and cannot
    cancel it. It is handed out no more, but stays watched.

    :param gently: leaves one alone that the buyer has begun to pay.
    """
    try:
        with suppress(DeliveryFailed):  # the answer is stored all the same
            sync(state, payment)
        _refuse_if_paid(payment)
        if gently and payment.status in BEGUN:
            raise _unavailable(state, payment)
        if not payment.is_final:
            with suppress(DeliveryFailed):
                cancel(state, payment)
    except Refused as refusal:
        if not refusal.signed or refusal.result_code != "ORDER_NOT_EXIST":
            raise CheckoutUnavailable("An earlier attempt is still open.") from None
        state.attempts.retire(payment.id)
    except OutcomeUnknown:
        raise CheckoutUnavailable("An earlier attempt is still open.") from None
    _refuse_if_paid(payment)


def _refuse_if_paid(payment: PaymentMixin) -> None:
    if payment.is_taken:
        raise OrderAlreadyPaid("A payment for this order has been received.")


def _refuse_if_pending(state: AppState, payment: PaymentMixin) -> None:
    """Keep a buyer who has done his part from paying again (Antom: inquiryPayment)."""
    if payment.status == Status.PENDING:
        raise _unavailable(state, payment)


def _unavailable(state: AppState, payment: PaymentMixin) -> CheckoutUnavailable:
    """Send the buyer to the result of a payment that is on its way."""
    token = make_token(state.app, payment.request_id)
    result_url = state.config.public(f"/result/{token}")
    return CheckoutUnavailable("A payment is on its way.", result_url=result_url)


def _ask(state: AppState, payment: PaymentMixin, *, must_know: bool = False) -> None:
    """Ask whether the session has been paid meanwhile.

    :param must_know: whether another one is about to be opened; to use the same again
        is safe while Antom is silent.
    """
    if not state.attempts.may_inquire(payment.id, _ASK_PAUSE):
        return
    try:
        sync(state, payment, repeat=False)
    except DeliveryFailed as error:
        logger.warning("Payment %s: %s", payment.request_id, error)
    except GatewayError as error:
        logger.warning("Payment %s: %s", payment.request_id, error)
        if must_know:
            raise CheckoutUnavailable("An earlier attempt is unclear.") from None


def _offer(payment: PaymentMixin, moment: datetime) -> Offer | None:
    """Hand the payment's session out again, if it lasts long enough to pay."""
    expires_at = payment.session_expires_at
    if payment.session_data is None or expires_at is None:
        return None
    if expires_at < moment + _LEAST_LIFE:
        return None
    return Offer(
        request_id=payment.request_id,
        session_data=payment.session_data,
        expires_at=expires_at,
        normal_url=payment.normal_url,
        is_new=False,
    )


def _reopen(state: AppState, payment: PaymentMixin, wanted: Attempt) -> PaymentMixin:
    """Open a new attempt in place of one whose session is over or which failed."""
    if not payment.is_final:
        _close(state, payment)
    return _open_attempt(state, wanted)


def _open_attempt(state: AppState, wanted: Attempt) -> PaymentMixin:
    """Commit the attempt, unless the order was paid a moment ago."""
    payment = state.attempts.open_payment(wanted)
    _refuse_if_paid(payment)
    return payment


def _open_session(
    state: AppState,
    payment: PaymentMixin,
    choice: Choice,
    order: Order,
    visitor: Visitor,
) -> Offer:
    """Ask Antom for a session; the attempt is committed already."""
    request_id, payment_ref = payment.request_id, payment.id
    payload = write_request(state, payment, choice, order, visitor)
    if asks_to_authorize(payload) and not payment.authorizes:
        state.attempts.expect_authorization(payment_ref)
    state.payments.release()
    try:
        session = state.client.create_payment_session(payload)
    except Refused as refusal:
        logger.warning("Payment %s: %s", request_id, refusal)
        if refusal.signed:
            fail(state, request_id, refusal.result_code or "")
        raise PaymentRefused(
            "Antom refused to open a payment session.", refusal.result_code or ""
        ) from refusal
    except OutcomeUnknown as unknown:
        raise CheckoutUnavailable("Antom did not answer clearly.") from unknown
    if choice.mode == "hosted" and session.normal_url is None:
        raise PaymentRefused("Antom gave no normalUrl for its Checkout Page.", "")
    if state.attempts.record_session(payment_ref, session):
        return Offer(
            request_id=request_id,
            session_data=session.data,
            expires_at=session.expires_at,
            normal_url=session.normal_url,
            is_new=True,
        )
    payment = state.payments.get(payment_ref)
    _refuse_if_paid(payment)
    offer = _offer(payment, state.clock.now())
    if offer is None:
        raise CheckoutUnavailable("The session is over already.")
    return offer

"""The first flow: a buyer starts to pay.

The browser names an order and a method. Everything else comes from the host. An open
session is used again as long as it is valid. An attempt of another amount or method is
closed first. As long as the outcome of an attempt is unknown, no other one is opened.
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
from ..gateway.transport import share_timeout
from ..store.models import PaymentMixin
from .method_choice import Choice, choose
from .payments import cancel, fail, may_yet_be_paid, sync
from .result_links import make_token
from .session_request import asks_to_authorize, write_request
from .visitor import Visitor

logger = logging.getLogger(__name__)

#: A session is used again only if it lasts at least this long.
_MIN_LIFE = timedelta(seconds=60)

#: Modes that open the session with the page, without a click. To show a page must not
#: cancel a payment that the buyer has begun elsewhere.
_OPENED_WITH_PAGE = ("element", "page")

#: The pause between two inquiries whether an open session has been paid.
_ASK_PAUSE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Offer:
    """A session for the browser.

    :ivar session_data: opaque text for the browser SDK.
    :ivar expires_at: the end of the session; aware, UTC.
    :ivar normal_url: Antom's hosted page, if there is one.
    :ivar is_new: whether the session was opened now, not used again.
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
    """Return a session for the order that the buyer wants to pay.

    All calls to Antom share one ``ANTOM_TIMEOUT``.

    :param reference: the order's reference.
    :param methods: one method, or several to choose from; see
        :func:`.method_choice.choose`.
    :param mode: the mode of the checkout; ``None`` stands for the shop's.
    :param spent: the ``paymentRequestId`` of a session that the browser can no longer
        use. It is closed like a session of another method.
    :raises CheckoutError: if there is no session; the subclass is the reason.
    """
    order = state.hooks.load_order(reference)
    if order is None:
        raise OrderNotFound("The shop knows no such order.")
    choice = choose(state, order, mode, methods)
    wanted = Attempt(order.reference, order.amount, choice.methods, choice.mode)
    with share_timeout(state.config.timeout):
        found = _find_or_open(state, wanted, spent)
        if isinstance(found, Offer):
            return found
        return _open_session(state, found, choice, order, visitor)


def _find_or_open(
    state: AppState, wanted: Attempt, spent: str | None
) -> Offer | PaymentMixin:
    """Return the open session, or else an attempt that needs one."""
    _close_others(state, wanted, spent)
    payment = _open_attempt(state, wanted)
    if payment.session_data is not None:
        _ask_if_paid(state, payment)
        _refuse_if_paid(payment)
        offer = _reuse_session(payment, state.clock.now())
        if offer is not None:
            _refuse_if_pending(state, payment)
            return offer
        payment = _reopen(state, payment, wanted)
    return payment


def _close_others(state: AppState, wanted: Attempt, spent: str | None) -> None:
    """Refuse a paid order, and close its open attempts of another amount or method.

    Antom is also asked about closed and failed attempts as long as their session lasts.
    The buyer may have paid one, and the notification may be lost. Or the buyer may be
    about to pay it.
    """
    attempts = state.attempts.of_order(wanted.order_reference)
    for payment in attempts:
        _refuse_if_paid(payment)
    if any(payment.amount != wanted.amount for payment in attempts):
        state.attempts.outdate(wanted.order_reference, wanted.amount)
    for payment in attempts:
        if payment.open_key is None and may_yet_be_paid(payment, state.clock.now()):
            _ask_if_paid(state, payment, must_know=True)
            _refuse_if_paid(payment)
        if payment.open_key == wanted.open_key and payment.request_id != spent:
            continue
        if payment.open_key is not None or payment.status in BEGUN:
            _close(state, payment, spare_begun=wanted.mode in _OPENED_WITH_PAGE)


def _close(
    state: AppState, payment: PaymentMixin, *, spare_begun: bool = False
) -> None:
    """Ask Antom whether an attempt has been paid, and cancel it if not.

    Antom does not know a session that nobody has begun to pay, and cannot cancel it.
    Such a session is not used again, but Antom is still asked about it.

    :param spare_begun: whether to leave a payment alone that the buyer has begun.
    """
    try:
        with suppress(DeliveryFailed):  # the answer is stored all the same
            sync(state, payment)
        _refuse_if_paid(payment)
        if spare_begun and payment.status in BEGUN:
            raise _under_way(state, payment)
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
    """Raise an error if the buyer has done their part (Antom: inquiryPayment)."""
    if payment.status == Status.PENDING:
        raise _under_way(state, payment)


def _under_way(state: AppState, payment: PaymentMixin) -> CheckoutUnavailable:
    """Return the error for a payment that is under way, with its result page."""
    token = make_token(state.app, payment.request_id)
    result_url = state.config.public(f"/result/{token}")
    return CheckoutUnavailable("A payment is under way.", result_url=result_url)


def _ask_if_paid(
    state: AppState, payment: PaymentMixin, *, must_know: bool = False
) -> None:
    """Ask Antom whether the session has been paid meanwhile.

    :param must_know: whether a missing answer is an error. It is if another session is
        about to be opened. To use the same session again is safe.
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
            raise CheckoutUnavailable(
                "The outcome of an earlier attempt is not known yet."
            ) from None


def _reuse_session(payment: PaymentMixin, moment: datetime) -> Offer | None:
    """Return the payment's session if it lasts long enough to pay, else ``None``."""
    expires_at = payment.session_expires_at
    if payment.session_data is None or expires_at is None:
        return None
    if expires_at < moment + _MIN_LIFE:
        return None
    return Offer(
        request_id=payment.request_id,
        session_data=payment.session_data,
        expires_at=expires_at,
        normal_url=payment.normal_url,
        is_new=False,
    )


def _reopen(state: AppState, payment: PaymentMixin, wanted: Attempt) -> PaymentMixin:
    """Open a new attempt in place of one that failed or whose session is over."""
    if not payment.is_final:
        _close(state, payment)
    return _open_attempt(state, wanted)


def _open_attempt(state: AppState, wanted: Attempt) -> PaymentMixin:
    """Commit the attempt, or refuse it if the order has been paid meanwhile."""
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
    """Ask Antom for a session of an attempt that is already committed."""
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
        raise PaymentRefused("Antom's answer has no normalUrl for its page.", "")
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
    offer = _reuse_session(payment, state.clock.now())
    if offer is None:
        raise CheckoutUnavailable("The session is already over.")
    return offer

"""The first flow: a buyer starts to pay.

The browser names an order and a method. Everything else comes from the host. An open
session is used again as long as it is valid. A few sessions can be open for an order.
As long as the outcome of an attempt is unknown, no other one is offered.
"""

from __future__ import annotations

from datetime import datetime

from ..app_state import AppState
from ..domain.money import Money
from ..domain.orders import Order
from ..domain.records import Attempt
from ..errors import (
    CheckoutError,
    CheckoutUnavailable,
    NotConfigured,
    OutcomeUnknown,
    PaymentRefused,
    Refused,
)
from ..gateway.shared_timeout import share_timeout
from ..log_lines import Log, about
from ..store.live import is_usable
from ..store.rows import PaymentRow
from .earlier_attempts import (
    make_room,
    refuse_if_paid,
    refuse_if_pending,
    settle_others,
    too_many,
)
from .method_choice import Choice, choose
from .orders import to_pay
from .payments import fail
from .result_links import check_secret_key
from .session_request import asks_to_authorize, write_request
from .visitor import Visitor

log: Log = Log(__name__)


class Offer:
    """A session for the browser.

    :ivar client_id: the account that the session was opened with.
    :ivar order_reference: the order that it pays.
    :ivar amount: the amount that the buyer pays.
    :ivar session_data: opaque text for the browser SDK.
    :ivar expires_at: the end of the session; aware, UTC.
    :ivar normal_url: Antom's hosted page, if there is one.
    :ivar is_new: whether the session was opened now, not used again.
    """

    __slots__ = (
        *("amount", "client_id", "expires_at", "is_new", "normal_url"),
        *("order_reference", "request_id", "session_data"),
    )

    def __init__(
        self,
        client_id: str,
        request_id: str,
        order_reference: str,
        amount: Money,
        session_data: str,
        expires_at: datetime,
        normal_url: str | None,
        is_new: bool,
    ) -> None:
        self.client_id = client_id
        self.request_id = request_id
        self.order_reference = order_reference
        self.amount = amount
        self.session_data = session_data
        self.expires_at = expires_at
        self.normal_url = normal_url
        self.is_new = is_new

    def __repr__(self) -> str:
        return f"<Offer {self.request_id}>"


def start(
    state: AppState,
    reference: str,
    methods: tuple[str, ...],
    visitor: Visitor,
    mode: str | None = None,
    spent: str | None = None,
    instead_of: str | None = None,
) -> Offer:
    """Return a session for the order that the buyer wants to pay.

    All calls to Antom share one ``ANTOM_TIMEOUT``.

    :param reference: the order's reference.
    :param methods: one method, or several to choose from; see
        :func:`.method_choice.choose`.
    :param mode: the mode of the checkout; ``None`` stands for the shop's.
    :param spent: the ``paymentRequestId`` of a session that the browser can no longer
        use. Another one is opened then.
    :param instead_of: the ``paymentRequestId`` of a payment that the buyer has begun,
        knows of, and gives up. It is cancelled then.
    :raises ConfigError: without ``SECRET_KEY``.
    :raises CheckoutError: if there is no session; the subclass is the reason.
    """
    if not state.config.is_set_up:
        raise NotConfigured("The shop cannot take payments yet.")
    check_secret_key(state.app)
    with state.measures.work("session") as work:
        try:
            order = to_pay(state, reference)
            choice = choose(state, order, mode, methods)
            wanted = Attempt(
                order.reference,
                order.amount,
                choice.methods,
                choice.mode,
                state.account.client_id,
            )
            with share_timeout(state.config.timeout):
                found = _find_or_open(state, wanted, spent, instead_of)
                if not isinstance(found, Offer):
                    found = _open_session(state, found, choice, order, visitor)
        except CheckoutError as error:
            work.note(result=error.code)
            raise
        work.note(result="opened" if found.is_new else "reused")
        work.about(order=found.order_reference, payment=found.request_id)
        return found


def _find_or_open(
    state: AppState, wanted: Attempt, spent: str | None, instead_of: str | None
) -> Offer | PaymentRow:
    """Return the open session, or else an attempt that needs one."""
    first = state.openings.open_first(wanted)
    if first is not None:
        return first
    live = settle_others(state, wanted, spent, instead_of)
    payment = _open_attempt(state, wanted)
    if payment is None:
        make_room(state, live)
        payment = _open_attempt(state, wanted)
    if payment is None:
        raise too_many(state, live)
    if payment.session_data is None:
        return payment
    offer = _reuse_session(payment, state.clock.now())
    if offer is None:
        raise CheckoutUnavailable("The session is already over.")
    refuse_if_pending(state, payment)
    return offer


def _reuse_session(payment: PaymentRow, moment: datetime) -> Offer | None:
    """Return the payment's session if it lasts long enough to pay, else ``None``."""
    expires_at = payment.session_expires_at
    if payment.session_data is None or expires_at is None:
        return None
    if not is_usable(payment, moment):
        return None
    return Offer(
        client_id=payment.client_id,
        request_id=payment.request_id,
        order_reference=payment.order_reference,
        amount=payment.amount,
        session_data=payment.session_data,
        expires_at=expires_at,
        normal_url=payment.normal_url,
        is_new=False,
    )


def _open_attempt(state: AppState, wanted: Attempt) -> PaymentRow | None:
    """Commit the attempt; ``None`` if the order has too many live ones.

    An order that has been paid meanwhile is refused.
    """
    payment = state.openings.open_payment(wanted)
    if payment is not None:
        refuse_if_paid(state, payment)
    return payment


def _open_session(
    state: AppState,
    payment: PaymentRow,
    choice: Choice,
    order: Order,
    visitor: Visitor,
) -> Offer:
    """Ask Antom for a session of an attempt that is already committed."""
    account, names = state.account_of(payment), log.of(**payment.names)
    request_id, payment_ref = payment.request_id, payment.id
    payload = write_request(state, payment, choice, order, visitor)
    if asks_to_authorize(payload) and not payment.authorizes:
        state.attempts.expect_authorization(payment_ref)
    try:
        with about(**payment.names):
            session = state.client.create_payment_session(account, payload)
    except Refused as refusal:
        names.warning("Payment %s: %s", request_id, refusal, outcome="refused")
        if refusal.signed:
            fail(state, request_id, refusal.result_code or "")
        raise PaymentRefused(
            "Antom refused to open a payment session.", refusal.result_code or ""
        ) from refusal
    except OutcomeUnknown as unknown:
        raise CheckoutUnavailable("Antom did not answer clearly.") from unknown
    if choice.mode == "hosted" and session.normal_url is None:
        raise PaymentRefused("Antom's answer has no normalUrl for its page.", "")
    if state.openings.record_session(payment_ref, session):
        method = payment.method or "a method of the buyer's choice"
        names.info(
            "Session opened in the mode %s for %s, %s.",
            payment.mode,
            method,
            str(payment.amount),
            outcome="opened",
            method=payment.method,
        )
        return Offer(
            client_id=payment.client_id,
            request_id=request_id,
            order_reference=payment.order_reference,
            amount=payment.amount,
            session_data=session.data,
            expires_at=session.expires_at,
            normal_url=session.normal_url,
            is_new=True,
        )
    payment = state.rows.get(payment_ref)
    refuse_if_paid(state, payment)
    offer = _reuse_session(payment, state.clock.now())
    if offer is None:
        raise CheckoutUnavailable("The session is already over.")
    return offer

"""FLOW 1: a buyer starts to pay.

The browser names an order and a method; everything else is asked of the host. An open
session is handed out again while it is good; an attempt of another amount or method is
closed first. While the outcome of an attempt is unknown, no other one is opened.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .columns import now
from .config import METHOD_TYPE
from .entries import Attempt, is_taken
from .errors import (
    CheckoutUnavailable,
    ConfigError,
    DeliveryFailed,
    GatewayError,
    InvalidMoney,
    InvalidRequest,
    MethodNotOffered,
    OrderAlreadyPaid,
    OrderNotFound,
    OutcomeUnknown,
    PaymentRefused,
    Refused,
)
from .models import PaymentMixin
from .money import check_chargeable
from .orders import Order
from .payments import cancel, fail, may_yet_be_paid, sync
from .results import make_token
from .shop import Shop
from .states import BEGUN, CARD_LIKE, Status
from .transport import one_wait

logger = logging.getLogger(__name__)

#: A session is handed out again only if it lasts at least this long.
_LEAST_LIFE = timedelta(seconds=60)

#: How often Antom is asked whether an open session was paid meanwhile.
_ASK_PAUSE = timedelta(seconds=2)

#: Fields that the host's hook may not change: they are how we know the payment again.
_FIXED_FIELDS = (
    "paymentRequestId",
    "paymentAmount",
    "paymentNotifyUrl",
    "paymentRedirectUrl",
)

_PHONE = re.compile(r"Android|iPhone|iPad|iPod|Mobile", re.IGNORECASE)
_APPLE = re.compile(r"iPhone|iPad|iPod", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The buyer's browser, as the request shows it.

    :ivar ip: the client's address; behind proxies that needs ``ProxyFix``.
    """

    ip: str | None
    user_agent: str

    def to_antom(self) -> dict[str, str]:
        """Give Antom's ``Env`` object (Antom: createPaymentSession, "env")."""
        env = {"terminalType": "WEB"}
        if _PHONE.search(self.user_agent):
            env["terminalType"] = "WAP"
            env["osType"] = "IOS" if _APPLE.search(self.user_agent) else "ANDROID"
        if self.ip:
            env["clientIp"] = self.ip
        return env


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


def start(shop: Shop, reference: str, method: str, visitor: Visitor) -> Offer:
    """Give the buyer a session for this order and method.

    However many calls of Antom this needs, they share one ``ANTOM_TIMEOUT``.

    :raises CheckoutError: whose subclass says why there is none.
    """
    order = shop.hooks.load_order(reference)
    if order is None:
        raise OrderNotFound("The shop knows no such order.")
    _check_method(shop, order, method)
    wanted = Attempt(
        order_reference=order.reference,
        amount=order.amount,
        method=method,
        mode=shop.config.checkout_mode,
        authorizes=method in CARD_LIKE,
    )
    with one_wait(shop.config.timeout):
        return _find_or_open(shop, wanted, order, visitor)


def _find_or_open(shop: Shop, wanted: Attempt, order: Order, visitor: Visitor) -> Offer:
    _close_others(shop, wanted)
    payment = _open_attempt(shop, wanted)
    if payment.session_data is not None:
        _ask(shop, payment)
        _refuse_if_paid(payment)
        offer = _offer(payment)
        if offer is not None:
            _refuse_if_pending(payment)
            return offer
        payment = _reopen(shop, payment, wanted)
    return _open_session(shop, payment, order, visitor)


def _check_method(shop: Shop, order: Order, method: str) -> None:
    if not METHOD_TYPE.fullmatch(method):
        raise InvalidRequest("paymentMethodType is not a payment method type.")
    offered = shop.config.payment_methods
    if offered is not None and method not in offered:
        raise MethodNotOffered("The shop does not offer this payment method.")
    try:
        check_chargeable(order.amount, method)
    except InvalidMoney as error:
        raise MethodNotOffered(f"{method} cannot take this amount: {error}") from None


def _close_others(shop: Shop, wanted: Attempt) -> None:
    """Refuse a paid order; close its open attempts of another amount or method.

    Attempts that are closed or have failed are asked about while their session lasts:
    the buyer may have paid there, and the news of that may be lost, or he may be about
    to.
    """
    attempts = shop.attempts.of_order(wanted.order_reference)
    for payment in attempts:
        _refuse_if_paid(payment)
    if any(payment.amount != wanted.amount for payment in attempts):
        shop.attempts.outdate(wanted.order_reference, wanted.amount)
    for payment in attempts:
        if payment.open_key is None and may_yet_be_paid(payment):
            _ask(shop, payment, must_know=True)
            _refuse_if_paid(payment)
        if payment.open_key == wanted.open_key:
            continue
        if payment.open_key is not None or payment.status in BEGUN:
            _close(shop, payment)


def _close(shop: Shop, payment: PaymentMixin) -> None:
    """See whether it was paid after all, and cancel it if not.

    Antom knows nothing yet of a session that nobody has begun to pay, and cannot
    cancel it. It is handed out no more, but stays watched.
    """
    try:
        with suppress(DeliveryFailed):  # the answer is stored all the same
            sync(shop, payment)
        _refuse_if_paid(payment)
        if not payment.is_final:
            with suppress(DeliveryFailed):
                cancel(shop, payment)
    except Refused as refusal:
        if not refusal.signed or refusal.result_code != "ORDER_NOT_EXIST":
            raise CheckoutUnavailable("An earlier attempt is still open.") from None
        shop.attempts.retire(payment.id)
    except OutcomeUnknown:
        raise CheckoutUnavailable("An earlier attempt is still open.") from None
    _refuse_if_paid(payment)


def _refuse_if_paid(payment: PaymentMixin) -> None:
    if is_taken(payment):
        raise OrderAlreadyPaid("A payment for this order has been received.")


def _refuse_if_pending(payment: PaymentMixin) -> None:
    """Keep a buyer who has done his part from paying again (Antom: inquiryPayment)."""
    if payment.status == Status.PENDING:
        raise CheckoutUnavailable("A payment is on its way.")


def _ask(shop: Shop, payment: PaymentMixin, *, must_know: bool = False) -> None:
    """Ask whether the session has been paid meanwhile.

    :param must_know: whether another one is about to be opened; to use the same again
        is safe while Antom is silent.
    """
    if not shop.attempts.may_inquire(payment.id, _ASK_PAUSE):
        return
    try:
        sync(shop, payment, repeat=False)
    except DeliveryFailed as error:
        logger.warning("Payment %s: %s", payment.request_id, error)
    except GatewayError as error:
        logger.warning("Payment %s: %s", payment.request_id, error)
        if must_know:
            raise CheckoutUnavailable("An earlier attempt is unclear.") from None


def _offer(payment: PaymentMixin) -> Offer | None:
    """Hand the payment's session out again, if it lasts long enough to pay."""
    expires_at = payment.session_expires_at
    if payment.session_data is None or expires_at is None:
        return None
    if expires_at < now() + _LEAST_LIFE:
        return None
    return Offer(
        request_id=payment.request_id,
        session_data=payment.session_data,
        expires_at=expires_at,
        normal_url=payment.normal_url,
        is_new=False,
    )


def _reopen(shop: Shop, payment: PaymentMixin, wanted: Attempt) -> PaymentMixin:
    """Open a new attempt in place of one whose session is over or which failed."""
    if not payment.is_final:
        _close(shop, payment)
    return _open_attempt(shop, wanted)


def _open_attempt(shop: Shop, wanted: Attempt) -> PaymentMixin:
    """Commit the attempt, unless the order was paid a moment ago."""
    payment = shop.attempts.open_payment(wanted)
    _refuse_if_paid(payment)
    return payment


def _open_session(
    shop: Shop, payment: PaymentMixin, order: Order, visitor: Visitor
) -> Offer:
    """Ask Antom for a session; the attempt is committed already."""
    request_id, payment_ref = payment.request_id, payment.id
    payload = _payload(shop, payment, order, visitor)
    if _asks_to_authorize(payload) and not payment.authorizes:
        payment.authorizes = True
    shop.ledger.release()
    try:
        session = shop.client.create_payment_session(payload)
    except Refused as refusal:
        logger.warning("Payment %s: %s", request_id, refusal)
        if refusal.signed:
            fail(shop, request_id, refusal.result_code or "")
        raise PaymentRefused(
            "Antom refused to open a payment session.", refusal.result_code or ""
        ) from refusal
    except OutcomeUnknown as unknown:
        raise CheckoutUnavailable("Antom did not answer clearly.") from unknown
    if shop.attempts.record_session(payment_ref, session):
        return Offer(
            request_id=request_id,
            session_data=session.data,
            expires_at=session.expires_at,
            normal_url=session.normal_url,
            is_new=True,
        )
    payment = shop.ledger.get(payment_ref)
    _refuse_if_paid(payment)
    offer = _offer(payment)
    if offer is None:
        raise CheckoutUnavailable("The session is over already.")
    return offer


def _payload(
    shop: Shop, payment: PaymentMixin, order: Order, visitor: Visitor
) -> dict[str, Any]:
    """Write the request of createPaymentSession, and let the host add to it."""
    config = shop.config
    token = make_token(shop.app, payment.request_id)
    payload: dict[str, Any] = {
        "productCode": "CASHIER_PAYMENT",
        "paymentRequestId": payment.request_id,
        "paymentAmount": payment.amount.to_antom(),
        "paymentMethod": {"paymentMethodType": payment.method},
        "order": order.to_antom(),
        "paymentRedirectUrl": config.public(f"/result/{token}"),
        "paymentNotifyUrl": config.notify_url,
        "env": visitor.to_antom(),
    }
    if payment.method == "CARD":
        payload["paymentFactor"] = {"isAuthorization": True}
    if config.settlement_currency is not None:
        payload["settlementStrategy"] = {
            "settlementCurrency": config.settlement_currency
        }
    fixed = {name: deepcopy(payload[name]) for name in _FIXED_FIELDS}
    if shop.hooks.session_request is not None:
        shop.hooks.session_request(payload, order)
    for name, value in fixed.items():
        if payload.get(name) != value:
            raise ConfigError(
                f"The function given to @antom.session_request changed {name}, by which"
                " the payment is known; it may only add to the other fields."
            )
    return payload


def _asks_to_authorize(payload: dict[str, Any]) -> bool:
    factor = payload.get("paymentFactor")
    return isinstance(factor, dict) and factor.get("isAuthorization") in (True, "true")

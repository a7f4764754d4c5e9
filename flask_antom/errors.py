"""Every exception that Flask-Antom raises.

::

    AntomError
    ├── ConfigError             an ANTOM_ key or the set-up is wrong
    ├── InvalidMoney            not an amount of money (also ValueError)
    ├── InvalidOrder            a field that Antom would refuse (also ValueError)
    ├── SignatureError          a message that Antom's key did not sign
    ├── NotPossible             an action that is not allowed now
    │   ├── UncommittedWrites       db.session holds writes: commit first
    │   └── RepeatedCall            the same was done a moment ago
    ├── GatewayError            a call to Antom failed
    │   ├── Refused             Antom said no (result status F)
    │   └── OutcomeUnknown      nobody can say yet; it is not a no
    ├── NotificationError       a notification that is not accepted
    │   ├── NotificationForged      401
    │   └── NotificationMalformed   400
    ├── DeliveryFailed          a receiver raised; the event is sent again later
    └── CheckoutError           the answer to a buyer, as a problem (RFC 9457)
        ├── InvalidRequest          400
        ├── OrderNotFound           404
        ├── OrderAlreadyPaid        409
        ├── OrderClosed             409
        ├── NothingToPay            422
        ├── MethodNotOffered        422
        ├── PaymentRefused          422
        ├── TooManyReports          429
        ├── UnusableOrder           500
        ├── CheckoutUnavailable     503
        └── NotConfigured           503

No message and no ``repr`` of these exceptions holds a key, session data or a payload.
"""

from __future__ import annotations

from typing import Any


class AntomError(Exception):
    """Base class of all errors of this package."""


class ConfigError(AntomError):
    """An ``ANTOM_`` key is missing or wrong, or the set-up is not complete."""


class InvalidMoney(AntomError, ValueError):
    """A value that is not an amount of minor units in an ISO 4217 currency."""


class InvalidOrder(AntomError, ValueError):
    """A field of the host's order that Antom would refuse."""


class SignatureError(AntomError):
    """None of Antom's keys signed a message.

    :ivar reason: a short, stable word for monitoring: ``missing``, ``header``,
        ``algorithm``, ``encoding`` or ``mismatch``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotPossible(AntomError):
    """This action is not allowed now. Antom was not asked.

    The payment is not paid or not authorized, or less is left than was asked for. Or
    the action was called inside a receiver.
    """


class UncommittedWrites(NotPossible):
    """The host's session holds writes that are not committed, or locked rows.

    Antom's answer cannot be rolled back together with them, and a receiver may wait for
    their locks. Nothing was done: commit or roll back, and call again.
    """


class RepeatedCall(NotPossible):
    """An equal call was made less than a minute ago, perhaps by a second click.

    Nothing was done. Pass ``again=True`` if it is meant, or a ``key`` with each call.

    :ivar earlier: the row of the earlier call: the refund, or for a capture the
        payment.
    """

    def __init__(self, message: str, earlier: Any) -> None:
        super().__init__(message)
        self.earlier = earlier


class GatewayError(AntomError):
    """A call to Antom did not succeed.

    :ivar operation: the name of the call, such as ``createPaymentSession``.
    :ivar result_code: Antom's ``resultCode``; ``None`` if there is none.
    """

    def __init__(
        self, operation: str, message: str, result_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.result_code = result_code


class Refused(GatewayError):
    """Antom answered with result status ``F``.

    :ivar signed: whether Antom's key signed the answer. Antom does not sign some
        refusals, such as those for our bad signature or an unknown client id. An
        unsigned refusal changes no payment.
    """

    def __init__(
        self, operation: str, message: str, result_code: str, *, signed: bool
    ) -> None:
        super().__init__(operation, message, result_code)
        self.signed = signed


class OutcomeUnknown(GatewayError):
    """The outcome of a call is unknown: it may have had its effect.

    The reason is a time-out, result status ``U``, an answer that cannot be read or a
    bad signature.
    """


class NotificationError(AntomError):
    """A notification is not accepted. It changes nothing.

    :cvar status: the HTTP status of the answer.
    :ivar reason: a short, stable word for monitoring.
    """

    status = 400

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotificationForged(NotificationError):
    """The signature, its algorithm or the client id is not Antom's."""

    status = 401


class NotificationMalformed(NotificationError):
    """Antom signed the message, but it is not a notification that we can read."""

    status = 400


class DeliveryFailed(AntomError):
    """A receiver or the order loader raised. The event is stored, and sent again."""


class CheckoutError(AntomError):
    """The buyer gets no payment session.

    :cvar status: the HTTP status of the answer.
    :cvar code: the stable ``code`` of the problem.
    :cvar title: a short summary, the same each time.
    :ivar result_code: Antom's ``resultCode`` if Antom refused, else ``None``.
    :ivar result_url: the result page of the payment that is the reason, else ``None``.
    """

    status = 400
    code = "invalid_request"
    title = "The request is not valid."
    result_code: str | None = None
    result_url: str | None = None


class InvalidRequest(CheckoutError):
    """The browser's request is not one that our script sends."""


class OrderNotFound(CheckoutError):
    """The host does not know the order, or this visitor may not pay it."""

    status = 404
    code = "order_not_found"
    title = "There is no such order."


class OrderAlreadyPaid(CheckoutError):
    """The order is paid. An order loader may raise this too.

    :ivar result_url: the result page of the payment that paid it, if it is one of
        Antom's.
    """

    status = 409
    code = "order_already_paid"
    title = "This order is already paid."

    def __init__(self, *message: object, result_url: str | None = None) -> None:
        super().__init__(*message)
        self.result_url = result_url


class OrderClosed(CheckoutError):
    """The host has closed the order with :meth:`.FlaskAntom.close`."""

    status = 409
    code = "order_closed"
    title = "This order is closed."


class NothingToPay(CheckoutError):
    """The order's amount is zero."""

    status = 422
    code = "nothing_to_pay"
    title = "There is nothing to pay."


class NotConfigured(CheckoutError):
    """The app has no ``ANTOM_`` credential at all yet."""

    status = 503
    code = "not_configured"
    title = "Payments are not set up."


class MethodNotOffered(CheckoutError):
    """The payment method is not among ``ANTOM_PAYMENT_METHODS``."""

    status = 422
    code = "method_not_offered"
    title = "This payment method is not offered."


class PaymentRefused(CheckoutError):
    """Antom refused the payment session."""

    status = 422
    code = "payment_refused"
    title = "The payment was refused."

    def __init__(self, message: str, result_code: str) -> None:
        super().__init__(message)
        self.result_code: str | None = result_code


class CheckoutUnavailable(CheckoutError):
    """The outcome of the last attempt is not known yet; ask again soon.

    Or the order has as many live attempts as it may have.

    :ivar retry_after: seconds until the next request.
    :ivar result_url: the result page of the attempt that the buyer has begun, or that
        is paid most likely, else ``None``.
    :ivar payment_status: the status of that attempt if the buyer has begun it:
        ``pending`` or ``processing``, else ``None``.
    :ivar request_id: the id of that attempt if the buyer may give it up for another
        one, else ``None``.
    """

    status = 503
    code = "outcome_unknown"
    title = "The outcome is not known yet."

    def __init__(
        self,
        message: str,
        retry_after: int = 5,
        result_url: str | None = None,
        payment_status: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.result_url = result_url
        self.payment_status = payment_status
        self.request_id = request_id


class TooManyReports(CheckoutError):
    """Our script reported too many faults.

    :cvar retry_after: seconds until the next request.
    """

    status = 429
    code = "too_many_reports"
    title = "Too many reports."
    retry_after = 60


class UnusableOrder(CheckoutError):
    """The order loader raised ``InvalidOrder`` or ``InvalidMoney``.

    The shop has to mend that, not the buyer.
    """

    status = 500
    code = "invalid_order"
    title = "The shop's order is not valid."

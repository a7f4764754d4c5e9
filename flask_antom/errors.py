"""Every exception that Flask-Antom raises.

::

    AntomError
    ├── ConfigError             an ANTOM_ key, or the way the extension is set up
    ├── InvalidMoney            not an amount of money (also ValueError)
    ├── InvalidOrder            a field that Antom would refuse (also ValueError)
    ├── SignatureError          a message that Antom's key did not sign
    ├── NotPossible             a capture or refund that the books forbid
    ├── GatewayError            a call to Antom
    │   ├── Refused             Antom said no (result status F)
    │   └── OutcomeUnknown      nobody can say yet: never to be taken as a no
    ├── NotificationError       a notification that is not taken
    │   ├── NotificationForged      401
    │   └── NotificationMalformed   400
    ├── DeliveryFailed          a receiver raised; the event stays to be delivered
    └── CheckoutError           the answer to a buyer, as a problem (RFC 9457)
        ├── InvalidRequest          400
        ├── OrderNotFound           404
        ├── OrderAlreadyPaid        409
        ├── MethodNotOffered        422
        ├── PaymentRefused          422
        ├── TooManyReports          429
        └── CheckoutUnavailable     503

No message and no ``repr`` of these holds a key, session data or a payload.
"""


class AntomError(Exception):
    """The root of all errors of this package."""


class ConfigError(AntomError):
    """An ``ANTOM_`` key is missing or wrong, or the set-up is incomplete."""


class InvalidMoney(AntomError, ValueError):
    """A value that is not an amount of minor units in an ISO 4217 currency."""


class InvalidOrder(AntomError, ValueError):
    """A field of the host's order that Antom would refuse."""


class SignatureError(AntomError):
    """A message is not signed by any of Antom's keys.

    :ivar reason: a short stable word for monitoring: ``missing``, ``header``,
        ``algorithm``, ``encoding`` or ``mismatch``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotPossible(AntomError):
    """The books forbid it: not paid, not authorized, or more than is left."""


class GatewayError(AntomError):
    """A call to Antom that did not succeed.

    :ivar operation: the call, such as ``createPaymentSession``.
    :ivar result_code: Antom's ``resultCode``, if one arrived.
    """

    def __init__(
        self, operation: str, message: str, result_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.result_code = result_code


class Refused(GatewayError):
    """Antom answered with result status ``F``.

    :ivar signed: whether Antom's key signed the answer. Antom leaves some refusals
        unsigned (a bad signature of ours, an unknown client id); such an answer
        explains, but changes no payment.
    """

    def __init__(
        self, operation: str, message: str, result_code: str, *, signed: bool
    ) -> None:
        super().__init__(operation, message, result_code)
        self.signed = signed


class OutcomeUnknown(GatewayError):
    """Time-out, ``U``, garbage or a bad signature: the call may have had its effect."""


class NotificationError(AntomError):
    """A notification that is answered with an error and changes nothing.

    :cvar status: the HTTP status of the answer.
    :ivar reason: a short stable word for monitoring.
    """

    status = 400

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotificationForged(NotificationError):
    """The signature, its algorithm or the client id is not Antom's."""

    status = 401


class NotificationMalformed(NotificationError):
    """Antom signed it, but it is not a notification that we can read."""

    status = 400


class DeliveryFailed(AntomError):
    """At least one receiver raised; its event is stored and will be tried again."""


class CheckoutError(AntomError):
    """Why a buyer gets no payment session.

    :cvar status: the HTTP status.
    :cvar code: the stable ``code`` of the problem.
    :cvar title: the problem in a few words, the same each time.
    :ivar result_code: Antom's ``resultCode``, where it was Antom that refused.
    """

    status = 400
    code = "invalid_request"
    title = "The request is not valid."
    result_code: str | None = None


class InvalidRequest(CheckoutError):
    """The browser's request is not what our script sends."""


class OrderNotFound(CheckoutError):
    """The host's order loader knows no such order."""

    status = 404
    code = "order_not_found"
    title = "There is no such order."


class OrderAlreadyPaid(CheckoutError):
    """The order is paid. An order loader may raise it as well."""

    status = 409
    code = "order_already_paid"
    title = "This order is already paid."


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
        self.result_code = result_code


class CheckoutUnavailable(CheckoutError):
    """Nobody knows yet what became of the last attempt; ask again soon.

    :ivar retry_after: seconds.
    :ivar result_url: where the buyer can follow that attempt, if he has done his part.
    """

    status = 503
    code = "outcome_unknown"
    title = "The outcome is not known yet."

    def __init__(
        self, message: str, retry_after: int = 5, result_url: str | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.result_url = result_url


class TooManyReports(CheckoutError):
    """Our script has reported too many faults.

    :cvar retry_after: seconds.
    """

    status = 429
    code = "too_many_reports"
    title = "Too many reports."
    retry_after = 60

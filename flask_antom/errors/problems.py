"""The problems that a buyer's browser is answered with (RFC 9457)."""

from __future__ import annotations

from .kinds import AntomError


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

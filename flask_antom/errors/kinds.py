"""The errors of the package, of calls to Antom and of notifications."""

from __future__ import annotations

from typing import Any

from click import ClickException


class AntomError(Exception):
    """Base class of all errors of this package."""


class ConfigError(AntomError, ClickException):
    """An ``ANTOM_`` key is missing or wrong, or the set-up is not complete.

    The commands of ``flask`` print its message without a traceback, also while they
    load the app.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(message)

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def format_message(self) -> str:
        """Return the text that a command prints."""
        return str(self)


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

    :ivar what: the earlier call in words, such as ``A refund of 10.00 MYR``.
    :ivar earlier: the row of the earlier call: the refund, or for a capture the
        payment.
    """

    def __init__(self, what: str, earlier: Any) -> None:
        super().__init__(
            f"{what} was made less than a minute ago. Pass again=True to make another"
            " one, or a key with each call."
        )
        self.what = what
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

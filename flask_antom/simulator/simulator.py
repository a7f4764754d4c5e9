"""The simulator: its parts behind one interface."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask

from ..domain.money import Money
from ..gateway.transport import Send
from .accounts import Account, account_of
from .captures import CaptureActions
from .checkout_pages import CheckoutPages
from .clock import Clock
from .console import Console
from .faults import Faults
from .gateway import Call, Gateway
from .messages import payment_notification
from .notifier import Notifier
from .operations import Operations
from .pages import Pages
from .payments import PaymentActions
from .records import Delivery, Payment
from .refunds import RefundActions
from .server import Server
from .signatures import Signatures, generate_key
from .state import State
from .steps import Steps


class Simulator:
    """Antom on your machine.

    :param merchant_public_key: the merchant's public key; it verifies the calls.
    :param client_id: the merchant's client id.
    :param private_key: Antom's private key, PEM or base64 of DER, or loaded. By default
        one is generated, and kept in the state file if there is one.
    :param state_file: keeps the payments over a restart.
    :param environment: ``sandbox``. The simulator does not run in production.
    :param clock: your own :class:`.clock.Clock`.
    :param send: delivers notifications in place of HTTP. It is called with URL,
        headers, body and the seconds that it may take, and returns the answer.
    :param key_version: the version of the merchant's key. Calls that name another one
        are refused.
    :raises ValueError: for ``prod``, an invalid key, or a file that is not a state
        file.
    :ivar app: the Flask application, for test clients.
    """

    def __init__(
        self,
        merchant_public_key: str,
        client_id: str = "SANDBOX_5YDEMO00000000001",
        private_key: str | RSAPrivateKey | None = None,
        state_file: str | os.PathLike[str] | None = None,
        environment: str = "sandbox",
        clock: Clock | None = None,
        send: Send | None = None,
        key_version: str = "1",
    ) -> None:
        if environment != "sandbox":
            raise ValueError(
                f"The simulator does not start for environment {environment!r}:"
                ' it takes no real money. Use it with "sandbox".'
            )
        self.clock: Clock = clock or Clock()
        self.faults: Faults = Faults(self.clock)
        self._state = State(self.clock, Path(state_file) if state_file else None)
        self._signatures = Signatures(
            client_id, self._key(private_key), merchant_public_key, key_version
        )
        self.notifier: Notifier = Notifier(
            self._state, self.clock, self.faults, self._signatures, send
        )
        parts = (self._state, self.clock, self.notifier)
        self._captures, self._refunds = CaptureActions(*parts), RefundActions(*parts)
        self._payments = PaymentActions(*parts, self._captures)
        operations = Operations(
            self._state,
            self.clock,
            self._payments,
            self._captures,
            self._refunds,
            client_id,
        )
        self._gateway = Gateway(operations, self.clock, self.faults, self._signatures)
        self.app: Flask = self._create_app()
        self.clock.on_wind = self._state.save
        self.notifier.resume()
        self._payments.resume()

    @property
    def public_key(self) -> str:
        """Antom's public key, base64 of DER: the merchant's ``ANTOM_PUBLIC_KEY``."""
        return self._signatures.public_key

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Server:
        """Serve over HTTP in the background; use it in a ``with`` or close it.

        While it serves, notifications are sent by themselves.

        :param port: 0 picks a free one.
        :raises OSError: if the port is taken.
        """
        return Server(self.app, self.clock, host, port)

    def payments(self) -> list[Payment]:
        """Return the payment sessions, newest first. Do not change them."""
        return self._state.payments()

    def payment(self, request_id: str) -> Payment:
        """Return one payment session.

        :raises KeyError: for an unknown id.
        """
        return self._state.get(request_id)

    def approve(self, request_id: str, method: str | None = None) -> None:
        """Pay as the buyer.

        The open attempt succeeds, or a new one. The merchant is notified.

        :param method: the payment method, if the session offers several. The default
            is that of the open attempt, or else the first one. The next three methods
            take it too.
        :raises KeyError: for an unknown id; so do the next six methods.
        :raises ValueError: if it cannot be paid; so do the next four methods and
            :meth:`capture_fails`.
        """
        self._payments.approve(request_id, method)

    def decline(
        self,
        request_id: str,
        code: str = "USER_BALANCE_NOT_ENOUGH",
        method: str | None = None,
    ) -> None:
        """Fail an attempt; the session can still be paid.

        :param code: Antom's result code.
        """
        self._payments.decline(request_id, code, method)

    def pend(self, request_id: str, method: str | None = None) -> None:
        """Mark the payment as pending: the buyer is done, there is no result yet."""
        self._payments.pend(request_id, method)

    def process(self, request_id: str, method: str | None = None) -> None:
        """Submit the payment without a result; the merchant is not notified."""
        self._payments.process(request_id, method)

    def close(self, request_id: str) -> None:
        """Close the order now, not 14 minutes after an unfinished attempt."""
        self._payments.close(request_id)

    def expire(self, request_id: str) -> None:
        """End the session."""
        self._payments.expire(request_id)

    def capture_fails(self, request_id: str, code: str = "PROCESS_FAIL") -> None:
        """Make a capture fail: the planned automatic one, or else the next.

        :param code: Antom's result code. Codes such as ``AUTH_EXPIRED`` end the
            authorization.
        """
        self._captures.fail(request_id, code)

    @property
    def refunds_in_process(self) -> bool:
        """Whether new refunds are answered with ``U`` ``REFUND_IN_PROCESS``.

        They then wait for :meth:`finish_refund` or :meth:`fail_refund`.
        """
        return self._refunds.in_process

    @refunds_in_process.setter
    def refunds_in_process(self, in_process: bool) -> None:
        self._refunds.in_process = in_process

    @property
    def refund_window(self) -> timedelta:
        """The time after its success in which a payment can be refunded; 365 days."""
        return self._refunds.window

    @refund_window.setter
    def refund_window(self, window: timedelta) -> None:
        self._refunds.window = window

    def finish_refund(self, refund_request_id: str) -> None:
        """Complete a refund in process.

        :raises KeyError: for an unknown id.
        :raises ValueError: if it has ended.
        """
        self._refunds.finish(refund_request_id)

    def fail_refund(self, refund_request_id: str, code: str = "PROCESS_FAIL") -> None:
        """Fail a refund in process.

        :param code: Antom's result code.
        :raises KeyError: for an unknown id.
        :raises ValueError: if it has ended.
        """
        self._refunds.fail(refund_request_id, code)

    def refund_in_dashboard(self, request_id: str, amount: Money | None = None) -> str:
        """Refund a payment as in Antom's dashboard, not through the API.

        The merchant is notified at the payment's ``paymentNotifyUrl``.

        :param amount: by default all that is left.
        :returns: the ``refundRequestId`` that Antom assigns.
        :raises KeyError: for an unknown id.
        :raises ValueError: if Antom would refuse it.
        """
        return self._refunds.in_dashboard(request_id, amount)

    def accounts(self) -> dict[str, Account]:
        """Return the account of each payment session, by ``paymentRequestId``."""
        with self._state.lock:
            return {p.request_id: account_of(p) for p in self.payments()}

    def resend(self, request_id: str) -> None:
        """Send the last notification again.

        :raises ValueError: if there is no notification.
        """
        self.notifier.resend(self.payment(request_id))

    def notify(self, request_id: str, **overrides: Any) -> Delivery:
        """Send a notification of the present state at once, without repeats.

        :param overrides: Antom's fields to replace or add, such as
            ``paymentAmount={"value": "1", "currency": "MYR"}``.
        :returns: the log entry, with the merchant's HTTP status.
        :raises ValueError: if the buyer has not submitted yet.
        """
        payment = self.payment(request_id)
        if payment.current is None:
            raise ValueError(
                f"{request_id!r} is not submitted yet; call approve() first."
            )
        body = payment_notification(payment, payment.current) | overrides
        return self.notifier.send_once(payment, body)

    def signed_notification(self, body: bytes, path: str) -> dict[str, str]:
        """Sign a body of your own as Antom does.

        :param path: the path of the merchant's notify URL.
        :returns: the headers to send with it.
        """
        return self._signatures.notification_headers(path, self.clock.now(), body)

    @property
    def deliveries(self) -> list[Delivery]:
        """All deliveries of notifications, oldest first."""
        return sorted(
            (
                delivery
                for payment in self.payments()
                for note in payment.notifications
                for delivery in note.deliveries
            ),
            key=lambda delivery: delivery.at,
        )

    @property
    def calls(self) -> list[Call]:
        """All calls of the merchant, oldest first."""
        return list(self._gateway.calls)

    @property
    def refused_calls(self) -> list[Call]:
        """The calls that were answered with result status ``F``."""
        return [call for call in self.calls if call.result_status == "F"]

    def _key(self, private_key: str | RSAPrivateKey | None) -> str | RSAPrivateKey:
        """Return Antom's private key: the given one, the stored one, or a new one."""
        if private_key is not None:
            return private_key
        if self._state.private_key is None:
            with self._state.change():
                self._state.private_key = generate_key()
        return self._state.private_key

    def _create_app(self) -> Flask:
        app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
        app.register_blueprint(self._gateway.blueprint())
        steps = Steps(self._payments)
        app.register_blueprint(Pages(self._state, steps).blueprint())
        app.register_blueprint(CheckoutPages(self._state, steps).blueprint())
        app.register_blueprint(Console(self).blueprint())
        return app

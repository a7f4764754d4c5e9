"""The whole simulator: puts its parts together and gives them one face."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from ..domain.money import Money
from ..gateway.transport import Send
from .accounts import Account, account_of
from .book import Book
from .captures import Captures
from .cashier import Cashier
from .checkout_pages import CheckoutPages
from .clock import Clock
from .console import Console
from .faults import Faults
from .gateway import Call, Gateway
from .messages import payment_notification
from .operations import Operations
from .pages import Pages
from .postman import Postman
from .records import Delivery, Payment
from .refunds import Refunds
from .seal import Seal, generate_key
from .server import Server
from .steps import Steps


class Simulator:
    """Antom on your machine.

    :param merchant_public_key: the merchant's public key; it checks the calls.
    :param client_id: the merchant's client id.
    :param private_key: Antom's own key, PEM or base64 of DER; one is made if it is
        left out, and kept in the state file if there is one.
    :param state_file: where payments survive a restart.
    :param environment: ``sandbox``. The simulator takes no part in production.
    :param clock: a clock of one's own; see :class:`.clock.Clock`.
    :param send: delivers notifications, in place of HTTP; it is called with URL,
        headers, body and the seconds that it may take, and returns the answer.
    :raises ValueError: for ``prod``, a key that is none, a file that is no state.
    :ivar app: the Flask application, for test clients.
    """

    def __init__(
        self,
        merchant_public_key: str,
        client_id: str = "SANDBOX_5YDEMO00000000001",
        private_key: str | None = None,
        state_file: str | os.PathLike[str] | None = None,
        environment: str = "sandbox",
        clock: Clock | None = None,
        send: Send | None = None,
    ) -> None:
        if environment != "sandbox":
            raise ValueError(
                f"The simulator does not start for environment {environment!r}:"
                ' it takes no real money. Use it with "sandbox".'
            )
        self.clock = clock or Clock()
        self.faults = Faults(self.clock)
        self._book = Book(self.clock, Path(state_file) if state_file else None)
        self._seal = Seal(client_id, self._key(private_key), merchant_public_key)
        self.postman = Postman(self._book, self.clock, self.faults, self._seal, send)
        parts = (self._book, self.clock, self.postman)
        self._captures, self._refunds = Captures(*parts), Refunds(*parts)
        self._cashier = Cashier(*parts, self._captures)
        operations = Operations(
            self._book,
            self.clock,
            self._cashier,
            self._captures,
            self._refunds,
            client_id,
        )
        self._gateway = Gateway(operations, self.clock, self.faults, self._seal)
        self.app = self._create_app()
        self.clock.on_wind = self._book.save
        self.postman.resume()
        self._cashier.resume()

    @property
    def public_key(self) -> str:
        """Antom's public key, base64 of DER: the merchant's ``ANTOM_PUBLIC_KEY``."""
        return self._seal.public_key

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Server:
        """Serve over HTTP in the background; use it in a ``with`` or close it.

        Notifications go out by themselves from now on.

        :param port: 0 picks a free one.
        :raises OSError: if the port is taken.
        """
        return Server(self.app, self.clock, host, port)

    def payments(self) -> list[Payment]:
        """List the payment sessions, newest first. Look, but do not touch."""
        return self._book.payments()

    def payment(self, request_id: str) -> Payment:
        """Give one payment session.

        :raises KeyError: if there is none.
        """
        return self._book.get(request_id)

    def approve(self, request_id: str, method: str | None = None) -> None:
        """The buyer pays.

        The attempt that he is in succeeds, or a new one; the merchant is notified.

        :param method: what he pays with, if the session offers several; by default
            that of the attempt that he is in, or the first one. So in the next three.
        :raises KeyError: for an unknown id; so do the next six.
        :raises ValueError: if it can not be paid; so do the next four and
            :meth:`capture_fails`.
        """
        self._cashier.approve(request_id, method)

    def decline(
        self,
        request_id: str,
        code: str = "USER_BALANCE_NOT_ENOUGH",
        method: str | None = None,
    ) -> None:
        """An attempt fails; the session stays payable.

        :param code: Antom's result code.
        """
        self._cashier.decline(request_id, code, method)

    def pend(self, request_id: str, method: str | None = None) -> None:
        """The buyer has done his part; the result is outstanding."""
        self._cashier.pend(request_id, method)

    def process(self, request_id: str, method: str | None = None) -> None:
        """The buyer submits and the payment hangs; nobody is notified yet."""
        self._cashier.process(request_id, method)

    def close(self, request_id: str) -> None:
        """The order closes now, as it does 14 minutes after an unfinished attempt."""
        self._cashier.close(request_id)

    def expire(self, request_id: str) -> None:
        """The session is over."""
        self._cashier.expire(request_id)

    def capture_fails(self, request_id: str, code: str = "PROCESS_FAIL") -> None:
        """A capture fails: the automatic one that is due, or else the next.

        :param code: Antom's result code. After ``AUTH_EXPIRED`` and the like the
            authorization is lost.
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
        """For how long after its success a payment can be refunded; 365 days."""
        return self._refunds.window

    @refund_window.setter
    def refund_window(self, window: timedelta) -> None:
        self._refunds.window = window

    def finish_refund(self, refund_request_id: str) -> None:
        """A refund that is in process succeeds.

        :raises KeyError: for an unknown id.
        :raises ValueError: if it has ended.
        """
        self._refunds.finish(refund_request_id)

    def fail_refund(self, refund_request_id: str, code: str = "PROCESS_FAIL") -> None:
        """A refund that is in process fails.

        :param code: Antom's result code.
        :raises KeyError: for an unknown id.
        :raises ValueError: if it has ended.
        """
        self._refunds.fail(refund_request_id, code)

    def refund_in_dashboard(self, request_id: str, amount: Money | None = None) -> str:
        """Somebody refunds a payment in Antom's dashboard, not through the API.

        The merchant is notified at the payment's ``paymentNotifyUrl``.

        :param amount: by default all that is left.
        :returns: the ``refundRequestId`` that Antom gives it.
        :raises KeyError: for an unknown id.
        :raises ValueError: if Antom would refuse it.
        """
        return self._refunds.in_dashboard(request_id, amount)

    def books(self) -> dict[str, Account]:
        """Give what Antom holds of each payment session, by ``paymentRequestId``."""
        with self._book.lock:
            return {p.request_id: account_of(p) for p in self.payments()}

    def resend(self, request_id: str) -> None:
        """Send the last notification again.

        :raises ValueError: if there was none.
        """
        self.postman.resend(self.payment(request_id))

    def notify(self, request_id: str, **overrides: Any) -> Delivery:
        """Send a notification of the present state right now, once.

        :param overrides: Antom's fields to replace or add, such as
            ``paymentAmount={"value": "1", "currency": "MYR"}``.
        :returns: the log entry, with the merchant's HTTP status.
        :raises ValueError: if the buyer has submitted nothing yet.
        """
        payment = self.payment(request_id)
        if payment.current is None:
            raise ValueError(
                f"{request_id!r} has no state to tell of: approve it first, say."
            )
        body = payment_notification(payment, payment.current) | overrides
        return self.postman.send_once(payment, body)

    def signed_notification(self, body: bytes, path: str) -> dict[str, str]:
        """Sign any body as Antom would.

        :param path: the path of the merchant's notify URL.
        :returns: the headers to send it with.
        """
        return self._seal.notification_headers(path, self.clock.now(), body)

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

    def _key(self, private_key: str | None) -> str:
        """Give Antom's key: the given one, the stored one, or a new one."""
        if private_key is not None:
            return private_key
        if self._book.private_key is None:
            with self._book.change():
                self._book.private_key = generate_key()
        return self._book.private_key

    def _create_app(self) -> Flask:
        app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
        app.register_blueprint(self._gateway.blueprint())
        steps = Steps(self._cashier)
        app.register_blueprint(Pages(self._book, steps).blueprint())
        app.register_blueprint(CheckoutPages(self._book, steps).blueprint())
        app.register_blueprint(Console(self).blueprint())
        return app

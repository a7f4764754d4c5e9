"""The test kit: a buyer, a clerk and Antom, in one object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from ..domain.money import Money
from .buyer import BuyerVisit
from .clerk import ClerkKit
from .errors import KitError
from .notices import write_notice


class AntomKit(ClerkKit):
    """Plays buyers, a clerk and Antom for an app, without a network.

    Until it is closed, the app's Antom is a simulated one in this process, whatever the
    app's ``ANTOM_`` keys are. The kit calls the app's own routes, and signs what Antom
    would sign. It is a context manager too::

        with AntomKit(app) as antom_kit:
            antom_kit.pay("A-1")

    An ``order`` is the reference of an order. Payments and refunds that methods return
    are copies, which can be read at any time.

    What a receiver or the order loader raises is raised by the method that has led to
    it. Flask-Antom has stored the payment then, and delivers the event once more when
    you wind the clock.

    :param app: the app under test, with ``TESTING`` set.
    :param simulator: the simulator to use, as the fixture ``antom_simulator`` makes it.
    :raises KitError: if the app cannot be tested so.
    :ivar client: the test client of the buyer, with their cookies. Set it to a client
        that is logged in, if your shop asks for that.
    :ivar simulator: the simulated Antom.
    :ivar clock: the clock of Antom and of the app.
    :ivar faults: what goes wrong next.
    :ivar signals: the signals that the app has sent, as pairs of name and arguments.
    """

    def open(self, order: str, method: str | None = None) -> Any:
        """Open the checkout as a buyer who does not pay yet.

        :param method: the payment method; by default the first that the shop offers
            for the order, or GCASH.
        :returns: the payment.
        :raises SessionRefused: if the app opens no session.
        """
        with self._postman.working():
            request_id = BuyerVisit(self._state, self.client).open(order, method)
        return self._payment(request_id)

    def pay(self, order: str, method: str | None = None) -> Any:
        """Pay as a buyer, and let Antom notify the app.

        A buyer who has begun to pay goes on. Methods that authorize first, such as
        cards, are captured too, unless the app captures by hand.

        :param method: as for :meth:`open`.
        :returns: the payment.
        :raises SessionRefused: if the app opens no session.
        """
        payment = self.authorize(order, method)
        attempt = self.simulator.payment(payment.request_id).current
        if attempt is None or attempt.capture_at is None:
            return payment
        self.clock.advance_to(attempt.capture_at)
        return self._payment(payment.request_id)

    def authorize(self, order: str, method: str | None = "CARD") -> Any:
        """Pay as a buyer; money that is authorized first is not captured yet.

        :returns: the payment.
        :raises SessionRefused: if the app opens no session.
        """
        return self._act(order, method, self.simulator.approve)

    def decline(
        self,
        order: str,
        code: str = "USER_BALANCE_NOT_ENOUGH",
        method: str | None = None,
    ) -> Any:
        """Try to pay, and fail. The buyer may try again.

        :param code: Antom's result code.
        :returns: the payment.
        :raises SessionRefused: if the app opens no session.
        """

        def decline(request_id: str, method: str | None) -> None:
            self.simulator.decline(request_id, code, method)

        return self._act(order, method, decline)

    def pending(self, order: str, method: str | None = None) -> Any:
        """Do the buyer's part; Antom has no result yet.

        Afterwards :meth:`pay` or :meth:`decline` is the result.

        :returns: the payment.
        :raises SessionRefused: if the app opens no session.
        """
        return self._act(order, method, self.simulator.pend)

    def notify(
        self,
        kind: str,
        order: str | None = None,
        amount: Money | None = None,
        **fields: Any,
    ) -> TestResponse:
        """Send a signed notification of any kind, such as ``dispute-created``.

        ``flask antom trigger --list`` lists the kinds. The simulator learns nothing of
        it: it answers later calls by what it knows.

        :param order: the order whose latest payment it is about.
        :param amount: the amount to tell; by default that of the payment, or what is
            left to capture or to refund.
        :param fields: Antom's fields to replace or add; ``None`` omits a field.
        :returns: the app's answer.
        :raises KitError: for an unknown kind, or without the order that it needs.
        """
        with self._postman.working():
            body = write_notice(self._state, kind, order, amount, fields)
            return self._postman.post_signed(body)

    def _act(
        self, order: str, method: str | None, act: Callable[[str, str | None], None]
    ) -> Any:
        """Do something as the buyer in their session, and return the payment."""
        with self._postman.working():
            request_id = self._begun(order)
            if request_id is None:
                request_id = BuyerVisit(self._state, self.client).open(order, method)
            try:
                act(request_id, method)
            except ValueError as error:
                raise KitError(str(error)) from None
        return self._payment(request_id)

    def _begun(self, order: str) -> str | None:
        """Return the session in which the buyer has begun to pay."""
        for payment in self.simulator.payments():
            if payment.order_reference == order and payment.open_attempts:
                return payment.request_id
        return None

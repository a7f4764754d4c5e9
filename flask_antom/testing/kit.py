"""The test kit: a buyer, a clerk and Antom, in one object."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from ..domain.money import Money
from ..errors import DeliveryFailed
from ..flows import payments, refunds
from ..flows.host_calls import call_of_host
from ..simulator import Simulator
from .buyer import BuyerVisit
from .clock import KitClock
from .contexts import in_app
from .errors import KitError
from .faults import KitFaults
from .postman import Postman
from .recorder import Recorded, copy_row, recording
from .wiring import new_simulator, state_of, wire

ResultT = TypeVar("ResultT")


class AntomKit:
    """Plays the buyers, the clerk and Antom for an app, without a network.

    Until it is closed, the app's Antom is a simulated one in this process, whatever the
    ``ANTOM_`` keys of the app are. The kit calls the app's own routes, and signs what
    Antom would sign. It is a context manager too::

        with AntomKit(app) as antom_kit:
            antom_kit.pay("A-1")

    Payments and refunds that its methods return are copies, which can be read at any
    time. An ``order`` is the reference of an order.

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

    def __init__(self, app: Flask, simulator: Simulator | None = None) -> None:
        self.app = app
        self._before = state_of(app)
        self.simulator: Simulator = simulator or new_simulator()
        self.client: FlaskClient = app.test_client()
        self._state = wire(self._before, self.simulator)
        self._postman = Postman(self._state, self.simulator)
        self.clock: KitClock = KitClock(self._state, self.simulator, self._postman)
        self.faults: KitFaults = KitFaults(self.simulator.faults)
        self._stack = ExitStack()
        self.signals: list[Recorded] = self._stack.enter_context(recording(app))
        self._stack.enter_context(self._postman.employed())
        app.extensions["antom"] = self._state

    def close(self) -> None:
        """Give the app its own Antom back; it may be called twice."""
        self._stack.close()
        if self.app.extensions.get("antom") is self._state:
            self.app.extensions["antom"] = self._before

    def __enter__(self) -> AntomKit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

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
        """Pay an order as a buyer, and let Antom notify the app.

        A buyer who has begun to pay goes on. Cards are captured too, unless the app
        captures by hand.

        :param method: as for :meth:`open`.
        :returns: the payment.
        :raises SessionRefused: if the app opens no session.
        :raises Exception: what a receiver raises.
        """
        return self._act(order, method, self.simulator.approve)

    def decline(
        self,
        order: str,
        code: str = "USER_BALANCE_NOT_ENOUGH",
        method: str | None = None,
    ) -> Any:
        """Try to pay an order, and fail. The buyer may try again.

        :param code: Antom's result code.
        :returns: the payment.
        """

        def decline(request_id: str, method: str | None) -> None:
            self.simulator.decline(request_id, code, method)

        return self._act(order, method, decline)

    def pending(self, order: str, method: str | None = None) -> Any:
        """Do the buyer's part; Antom has no result yet.

        Afterwards, :meth:`pay` or :meth:`decline` is the result.

        :returns: the payment.
        """
        return self._act(order, method, self.simulator.pend)

    def refund(
        self, order: str, amount: Money | None = None, reason: str | None = None
    ) -> Any:
        """Refund the order's payment with ``antom.refund``, in full or in part.

        :returns: the refund.
        """
        payment = self._latest(order)

        def refund() -> int:
            with call_of_host(self._state.hooks, "refund") as state:
                return refunds.refund(
                    state, payment.id, amount, reason=reason, again=True
                )

        ref = self._call(refund)
        return self._rows("refund", id=ref)[0]

    def capture(
        self, order: str, amount: Money | None = None, *, final: bool = True
    ) -> Any:
        """Capture the order's authorized payment with ``antom.capture``.

        :returns: the payment.
        """
        payment = self._latest(order)

        def capture() -> None:
            with call_of_host(self._state.hooks, "capture") as state:
                row = state.rows.get(payment.id)
                payments.capture(state, row, amount, final=final, again=True)

        self._call(capture)
        return self._payment(payment.request_id)

    def cancel(self, order: str) -> Any:
        """Cancel the order's payment with ``antom.cancel``.

        :returns: the payment.
        """
        payment = self._latest(order)

        def cancel() -> None:
            with call_of_host(self._state.hooks, "cancel") as state:
                payments.cancel(state, state.rows.get(payment.id))

        self._call(cancel)
        return self._payment(payment.request_id)

    def notify(self, kind: str, order: str | None = None, **fields: Any) -> Any:
        """Send a signed notification of any kind.

        :param kind: such as ``dispute-created``; ``flask antom trigger --list`` lists
            them.
        :param order: the order whose payment it is about.
        :param fields: Antom's fields to replace or add; ``None`` omits a field.
        :returns: the app's answer.
        """
        raise NotImplementedError

    def deliver(self) -> None:
        """Let Antom send what is due, after your own code has called Antom."""
        with self._postman.working():
            pass

    def payments(self, order: str) -> list[Any]:
        """Return the payments of an order, oldest first."""
        return self._rows("payment", order_reference=order)

    def _act(
        self,
        order: str,
        method: str | None,
        act: Callable[[str, str | None], None],
    ) -> Any:
        """Let the buyer do something in their session, and return the payment."""
        with self._postman.working():
            request_id = self._begun(order)
            if request_id is None:
                request_id = BuyerVisit(self._state, self.client).open(order, method)
            try:
                act(request_id, method)
            except ValueError as error:
                raise KitError(
                    f"Antom does not let the buyer do that: {error}"
                ) from None
        capture_at = self._capture_at(request_id)
        if capture_at is not None:
            self.clock.go_to(capture_at)
        return self._payment(request_id)

    def _begun(self, order: str) -> str | None:
        """Return the session in which the buyer has begun to pay the order."""
        for payment in self.simulator.payments():
            if payment.order_reference == order and payment.open_attempts:
                return payment.request_id
        return None

    def _capture_at(self, request_id: str) -> datetime | None:
        attempt = self.simulator.payment(request_id).current
        return None if attempt is None else attempt.capture_at

    def _call(self, work: Callable[[], ResultT]) -> ResultT:
        """Call Antom as the shop does, and let Antom send its notifications."""
        with self._postman.working():
            try:
                return in_app(self.app, work)
            except DeliveryFailed:  # the receiver's own error is raised instead
                self._postman.raise_failures()
                raise

    def _latest(self, order: str) -> Any:
        found = self.payments(order)
        if not found:
            raise KitError(f"The order {order!r} has no payment.")
        return found[-1]

    def _payment(self, request_id: str) -> Any:
        return self._rows("payment", request_id=request_id)[0]

    def _rows(self, table: str, **values: Any) -> list[Any]:
        """Return copies of the rows with these values, oldest first."""
        host = self._state.host
        model = getattr(host.models, table)

        def read() -> list[Any]:
            query = sa.select(model).filter_by(**values).order_by(model.id)
            return [copy_row(row) for row in host.execute(query).scalars()]

        return in_app(self.app, read)

"""An app whose Antom is played, and what is stored in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from ..errors import DeliveryFailed
from ..simulator import Simulator
from .clock import KitClock
from .contexts import in_app
from .errors import KitError
from .faults import KitFaults
from .postman import Postman
from .recorder import Recorded, copy_row, recording
from .wiring import new_simulator, state_of, wire

ResultT = TypeVar("ResultT")


class PlayedApp:
    """An app with a simulated Antom, until it is closed.

    :param app: the app under test, with ``TESTING`` set.
    :param simulator: the simulator to use, as the fixture ``antom_simulator`` makes it.
    :raises KitError: if the app cannot be tested so.
    """

    def __init__(self, app: Flask, simulator: Simulator | None = None) -> None:
        self.app: Flask = app
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
        """Put the app back to its own Antom; it may be called twice."""
        self._stack.close()
        if self.app.extensions.get("antom") is self._state:
            self.app.extensions["antom"] = self._before

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def deliver(self) -> None:
        """Send what Antom has to send by now.

        The methods of the kit do so themselves. It is for what your own code has done,
        such as a view that calls ``antom.refund``.

        :raises Exception: what a receiver raises.
        """
        with self._postman.working():
            pass

    def payments(self, order: str) -> list[Any]:
        """Return the payments of an order, oldest first."""
        return self._rows("payment", order_reference=order)

    def _call(self, work: Callable[[], ResultT]) -> ResultT:
        """Call Antom as the shop does, and let Antom send its notifications."""
        with self._postman.working():
            try:
                return in_app(self.app, work)
            except DeliveryFailed:
                self._postman.raise_failures()  # the receiver's own error
                raise

    def _latest(self, order: str) -> Any:
        """Return the latest payment of an order."""
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

"""The common base of the steps of all parties."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from hypothesis.stateful import Bundle, RuleBasedStateMachine

from flask_antom.errors import (
    DeliveryFailed,
    GatewayError,
    InvalidMoney,
    NotPossible,
    RepeatedCall,
)
from tests.machine.order_book import LoaderDown
from tests.machine.setup import InProcessSetup
from tests.machine.snapshot import Snapshot

#: What the methods promise to raise; the last one for an amount of another currency.
_PROMISED = (GatewayError, NotPossible, DeliveryFailed, RepeatedCall, InvalidMoney)

#: The ids of the payment sessions that buyers were given.
sessions: Bundle[str] = Bundle("sessions")


class Steps(RuleBasedStateMachine):
    """The base of all parties.

    :cvar setup: where all examples are played, one after the other.
    """

    setup: ClassVar[InProcessSetup]

    snapshot: Snapshot
    status_urls: dict[str, str]
    is_prompt: bool

    def begin(self) -> None:
        """Begin a step."""
        self.setup.tick()
        if self.is_prompt:
            self.setup.simulator.notifier.drain()

    @contextmanager
    def shop_works(self) -> Iterator[None]:
        """Run the block in a process of the shop, which may end early."""
        with self.setup.processes.one(), suppress(LoaderDown):
            yield

    def call(self, method: str, *given: Any, **options: Any) -> Any:
        """Call a method of the extension; these errors are what it promises."""
        shop = self.setup.shop
        with self.shop_works(), shop.app.app_context(), suppress(*_PROMISED):
            return getattr(shop.antom, method)(*given, **options)

    def act(self, method: str, session: str, *given: Any, **options: Any) -> bool:
        """Call a method with a payment; returns whether it came back without an error.

        The database that was restored may not know the payment.
        """
        shop = self.setup.shop
        payment = shop.antom.Payment
        with self.shop_works(), shop.app.app_context(), suppress(*_PROMISED):
            row = shop.db.session.scalars(
                shop.db.select(payment).where(payment.request_id == session)
            ).one_or_none()
            assert row is not None or session in self.setup.lost
            if row is not None:
                getattr(shop.antom, method)(row, *given, **options)
                return True
        return False

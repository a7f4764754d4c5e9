"""Where an order stands, for the host and for the macro."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from ..app_state import AppState
from ..domain.order_states import OrderState, decide_order
from ..domain.schedule import session_end
from ..host_types import PaymentT
from ..store.models import PaymentMixin
from .result_links import make_token


@dataclass(frozen=True)
class OrderStatus(Generic[PaymentT]):
    """Where an order stands.

    :ivar state: one of :class:`~flask_antom.models.OrderState`:

        - ``open``: nobody pays or has paid it;
        - ``paying``: a payment is pending or processing;
        - ``paid``: authorized or succeeded, and not given back;
        - ``refunding``: a refund is pending, in full or in part;
        - ``refunded``: given back in full, or cancelled after it was paid;
        - ``review``: paid, but a person has to look at it;
        - ``closed``: the host has closed it, and it is not paid.
    :ivar payment: the payment that counts; ``None`` if the state is ``open`` or
        ``closed``.
    :ivar until: if the state is ``paying``, until when the buyer may still pay; aware,
        UTC. ``None`` if that is not known.
    :ivar result_url: the signed link to that payment's result page. Whoever has it can
        open the page.
    """

    state: OrderState
    payment: PaymentT | None
    until: datetime | None
    result_url: str | None

    def __repr__(self) -> str:
        return f"<OrderStatus {self.state}>"


def read_status(state: AppState, reference: str) -> OrderStatus[Any]:
    """Return where an order stands."""
    attempts = state.standings.of_order(reference)
    is_closed = any(attempt.is_closed for attempt in attempts)
    standings = [attempt.standing for attempt in attempts]
    its_state, position = decide_order(standings, is_closed=is_closed)
    if position is None:
        return OrderStatus(its_state, None, None, None)
    payment: Any = state.standings.load(attempts[position])
    return OrderStatus(
        state=its_state,
        payment=payment,
        until=_until(state, payment) if its_state is OrderState.PAYING else None,
        result_url=state.config.public(f"/result/{make_token(state.app, payment)}"),
    )


def _until(state: AppState, payment: PaymentMixin) -> datetime | None:
    """Return the end of the session; ``None`` if it is over and nothing is known."""
    end = session_end(payment.session_expires_at, payment.created_at)
    return end if end > state.clock.now() else None

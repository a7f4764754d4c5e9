"""The thing that an action is about: a payment, or an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...app_state import AppState
from ...domain.money import Money
from ...flows import clerk
from ...flows.dossiers import attempts_of
from . import actions, forms


class Thing(NamedTuple):
    """The thing, and what the forms about it depend on.

    :ivar subject: its id, as the address has it.
    :ivar values: the payment or the event.
    :ivar seen: what the action depends on.
    :ivar about: what the row of the action says about it.
    :ivar why_not: why the action makes no sense now; empty if it may.
    :ivar left: the most that can be captured or refunded.
    """

    action: str
    subject: str
    values: Mapping[str, Any]
    seen: object
    about: Mapping[str, Any]
    why_not: str = ""
    left: Money | None = None

    @property
    def was_delivered(self) -> bool:
        """Whether it is an event that was delivered."""
        return self.values.get("delivered_at") is not None


def payment(state: AppState, attempt: Mapping[str, Any], action: str) -> Thing:
    """Return a payment that an action is about."""
    request_id = attempt["request_id"]
    about = {"request_id": request_id, "order_reference": attempt["order_reference"]}
    seen = None if action == "sync" else forms.seen_of_payment(attempt)
    rest = clerk.left(state, request_id)
    why_not = actions.why_not(action, attempt, rest)
    left = {"capture": rest.capture, "refund": rest.refund}.get(action)
    return Thing(action, request_id, attempt, seen, about, why_not, left)


def event(state: AppState, event_id: int) -> Thing | None:
    """Return an event, with the payment that it is about, if there is one."""
    dossier = state.dossiers.of_event(event_id)
    about: dict[str, Any] = {"event_id": event_id}
    found = next((row for row in dossier.events if row["id"] == event_id), None)
    for attempt in attempts_of(state, dossier):
        for row in attempt["events"]:
            if row["id"] == event_id:
                found = row
                about["request_id"] = attempt["request_id"]
                about["order_reference"] = attempt["order_reference"]
    if found is None:
        return None
    seen = forms.seen_of_event(found)
    return Thing(actions.REDELIVER, str(event_id), found, seen, about)

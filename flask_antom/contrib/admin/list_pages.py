"""Lists, newest first: payments, refunds, events, notifications, actions, figures."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from ...domain.payment_states import Status
from ...domain.refund_states import RefundStatus
from ...store.listings import EventState
from .charts import draw, draw_outcomes
from .figures import LATEST, Figures
from .page import PAGE, Page, at, before, choice, text_of

#: The filters of the lists.
PAYMENT_STATUSES = tuple(str(status.value) for status in Status)
REFUND_STATUSES = tuple(str(status.value) for status in RefundStatus)
EVENT_STATES: tuple[EventState, ...] = ("undelivered", "given_up", "delivered")
OUTCOMES = (
    *("applied", "repeated", "ignored", "review"),
    *("orphan", "foreign", "unhandled"),
)


class ListPages(Page):
    """The lists. Each is one query by an index, and counts nothing."""

    @at("/")
    def payments(self) -> ResponseReturnValue:
        """The payments, or those of one order."""
        status = choice("status", PAYMENT_STATUSES)
        order = text_of("order") or None
        rows = self.state.listings.payments(
            status=status, order=order, before=before(), limit=PAGE
        )
        return self.show(
            "payments.html",
            rows=rows,
            chosen={"status": status, "order": order},
            choices=PAYMENT_STATUSES,
        )

    @at("/refunds")
    def refunds(self) -> ResponseReturnValue:
        """The refunds."""
        status = choice("status", REFUND_STATUSES)
        rows = self.state.listings.refunds(status=status, before=before(), limit=PAGE)
        return self.show(
            "refunds.html",
            rows=rows,
            chosen={"status": status},
            choices=REFUND_STATUSES,
        )

    @at("/events")
    def events(self) -> ResponseReturnValue:
        """The events for the shop's receivers."""
        state = choice("state", EVENT_STATES)
        rows = self.state.listings.events(state=state, before=before(), limit=PAGE)
        return self.show(
            "events.html",
            rows=rows,
            chosen={"state": state},
            choices=EVENT_STATES,
        )

    @at("/notifications")
    def notifications(self) -> ResponseReturnValue:
        """The notifications that Antom has sent."""
        outcome = choice("outcome", OUTCOMES)
        rows = self.state.listings.notifications(
            outcome=outcome, before=before(), limit=PAGE
        )
        return self.show(
            "notifications.html",
            rows=rows,
            chosen={"outcome": outcome},
            choices=OUTCOMES,
        )

    @at("/actions")
    def actions(self) -> ResponseReturnValue:
        """The actions of people on this page."""
        rows = self.log.latest(before=before(), limit=PAGE)
        return self.show("actions.html", rows=rows)

    @at("/figures")
    def figures(self) -> ResponseReturnValue:
        """The charts."""
        state = self.state
        store = Figures(state.dossiers.transactions, state.host.payment_model)
        numbers = store.read()
        return self.show(
            "figures.html",
            numbers=numbers,
            most=LATEST,
            outcomes=draw_outcomes(numbers.outcomes),
            methods=draw(numbers.methods),
            times=draw(numbers.times),
        )

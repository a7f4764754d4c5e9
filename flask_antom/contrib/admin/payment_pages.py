"""One payment with its timeline, and the search for it."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from ...flows import clerk
from ...flows.dossiers import attempts_of
from ...flows.timeline import timeline
from . import actions
from .page import Page, at, text_of


class PaymentPages(Page):
    """One payment, and the search."""

    @at("/payments/<request_id>")
    def payment(self, request_id: str) -> ResponseReturnValue:
        """One payment: what it is, what became of it, and what can be done."""
        attempt = self.find_attempt(request_id)
        if attempt is None:
            return self.no_payment(request_id)
        left = clerk.left(self.state, request_id)
        possible = actions.possible(attempt, left)
        done = self.log.of_payment(request_id)
        asked = request.args.get("done", "")
        return self.show(
            "payment.html",
            payment=attempt,
            story=timeline(attempt),
            done=done,
            told=next((row for row in done if str(row["id"]) == asked), None),
            is_again="again" in request.args,
            possible=[one for one in possible if self.access.may_act(one)],
            left=left,
        )

    @at("/search")
    def search(self) -> ResponseReturnValue:
        """Find an order, or a payment or a refund by an id, or a buyer's payments.

        The text is compared as a whole, so that each search is by an index.
        """
        wanted = text_of("q")
        if not wanted:
            return redirect(self.url_of("payments"))
        state = self.state
        dossier = state.dossiers.find(wanted)
        rows = [*attempts_of(state, dossier)][::-1]
        of_buyer = [] if rows else state.listings.payments(buyer=wanted)
        found = rows or of_buyer
        if len(found) == 1:
            return redirect(self.url_of("payment", request_id=found[0]["request_id"]))
        return self.show(
            "found.html",
            200 if found else 404,
            wanted=wanted,
            rows=found,
            is_buyer=bool(of_buyer),
            refunds=dossier.refunds if not found else [],
            notifications=dossier.notifications if not found else [],
        )

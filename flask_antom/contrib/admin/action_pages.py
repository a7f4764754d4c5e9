"""The pages on which a person acts: a form, a confirmation, and then it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from ...errors import AntomError
from . import actions, forms, things, wishes
from .audit_log import AuditLog
from .outcomes import outcome_of
from .page import EVENT_ID, Page, at
from .texts import ACTIONS
from .things import Thing


class ActionPages(Page):
    """The pages of the actions. Without permission for one, its page is 403."""

    @at(
        "/payments/<request_id>/<any(sync, capture, cancel, refund):action>",
        "GET",
        "POST",
    )
    def act(self, request_id: str, action: str) -> ResponseReturnValue:
        """Act on a payment."""
        if not self.access.may_act(action):
            return self._forbid(action)
        attempt = self.find_attempt(request_id)
        if attempt is None:
            return self.no_payment(request_id)
        return self._answer(things.payment(self.state, attempt, action))

    @at(f"/events/{EVENT_ID}/redeliver", "GET", "POST")
    def redeliver(self, event_id: int) -> ResponseReturnValue:
        """Deliver an event once more."""
        if not self.access.may_act(actions.REDELIVER):
            return self._forbid(actions.REDELIVER)
        thing = things.event(self.state, event_id)
        if thing is None:
            return self.no_event(event_id)
        return self._answer(thing)

    @at(f"/events/{EVENT_ID}")
    def event(self, event_id: int) -> ResponseReturnValue:
        """One event, and the actions on it: also of an event without a payment."""
        thing = things.event(self.state, event_id)
        if thing is None:
            return self.no_event(event_id)
        done = self.log.of_event(event_id)
        asked = request.args.get("done", "")
        told = next((row for row in done if str(row["id"]) == asked), None)
        return self.show(
            "event.html",
            event=thing.values,
            payment=thing.about,
            done=done,
            told=told,
            is_again="again" in request.args,
        )

    def _answer(self, thing: Thing) -> ResponseReturnValue:
        """Draw the form, or take one that was sent."""
        if request.method != "POST":
            return self._draw(thing)
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            return self._refuse_form(thing)
        token, actor = request.form.get("token", ""), self.access.name()
        form = forms.read_token(self.state.app, token, actor=actor)
        if form is None or (form.action, form.subject) != (thing.action, thing.subject):
            return self._refuse_form(thing)
        is_current = form.key == self._key(thing)
        sent = self.log.of_key(form.key)  # afterwards: what is older is then found
        if sent is not None:
            return self._lead_back(thing, sent, is_again=True)
        if not is_current:
            return self.refuse(
                409,
                "The payment has changed meanwhile",
                "Something happened since this form was opened, so nothing was done."
                " Look at it again, and open the form once more if it is still right.",
                self._address(thing),
            )
        wish = wishes.read(
            thing.action,
            thing.subject,
            request.form,
            left=thing.left,
            was_delivered=thing.was_delivered,
        )
        if wish.errors:
            return self._draw(thing, wish, status=422)
        if thing.left is not None and request.form.get("step") != "do":
            return self._draw(thing, wish, template="confirm.html")
        return self._do(thing, form, wish)

    def _do(
        self, thing: Thing, form: forms.Form, wish: wishes.Wish
    ) -> ResponseReturnValue:
        """Write it down, do it, and write down the outcome."""
        state, log, amount = self.state, self.log, wish.wanted.amount
        begun = log.begin(
            key=form.key,
            environment=state.config.environment,
            actor=form.actor,
            action=thing.action,
            reason=wish.reason,
            amount_value=None if amount is None else amount.value,
            currency=None if amount is None else amount.currency,
            **thing.about,
        )
        if begun.is_new:
            _carry_out(
                log, begun.row["id"], lambda: actions.act(state, wish.wanted, form.key)
            )
        return self._lead_back(thing, begun.row, is_again=not begun.is_new)

    def _draw(
        self,
        thing: Thing,
        wish: wishes.Wish | None = None,
        *,
        status: int = 200,
        template: str = "act.html",
    ) -> ResponseReturnValue:
        form = forms.Form(
            self.access.name(), thing.action, thing.subject, self._key(thing)
        )
        is_payment = thing.action != actions.REDELIVER
        return self.show(
            template,
            409 if thing.why_not else status,
            thing=thing,
            title=ACTIONS[thing.action],
            payment=thing.values if is_payment else None,
            event=None if is_payment else thing.values,
            wish=wish,
            errors=wish.errors if wish else {},
            sent=request.form,
            token=forms.make_token(self.state.app, form),
            back=self._address(thing),
        )

    def _key(self, thing: Thing) -> str:
        is_payment = thing.action != actions.REDELIVER
        done = (
            self.log.of_payment(thing.subject)
            if is_payment
            else self.log.of_event(int(thing.subject))
        )
        return forms.key_of(thing.action, thing.subject, thing.seen, done)

    def _address(self, thing: Thing, **values: Any) -> str:
        """Return the address of the page about this thing."""
        request_id = thing.about.get("request_id")
        if request_id is None:
            return self.url_of("event", event_id=int(thing.subject), **values)
        return self.url_of("payment", request_id=request_id, **values)

    def _lead_back(
        self, thing: Thing, row: Mapping[str, Any], *, is_again: bool
    ) -> ResponseReturnValue:
        values = {"done": row["id"]} | ({"again": 1} if is_again else {})
        return redirect(self._address(thing, **values), 303)

    def _forbid(self, action: str) -> ResponseReturnValue:
        return self.refuse(
            403,
            "You may not do this",
            f"{ACTIONS[action]}: this needs a permission that you do not have.",
        )

    def _refuse_form(self, thing: Thing) -> ResponseReturnValue:
        return self.refuse(
            400,
            "This form cannot be used",
            "It is too old, or it was opened for somebody else. Nothing was done. Open"
            " it again.",
            self._address(thing),
        )


def _carry_out(log: AuditLog, ref: int, work: Callable[[], tuple[str, str]]) -> None:
    """Do the work and record its outcome. Without one, the row stays ``started``."""
    try:
        outcome, told = work()
    except AntomError as error:
        outcome, told = outcome_of(error)
    except Exception as error:
        name = type(error).__name__
        log.end(
            ref,
            "error",
            f"The shop failed ({name}), and it is not known what was done. Ask Antom"
            " before you repeat it. The log has more.",
        )
        raise
    log.end(ref, outcome, told)

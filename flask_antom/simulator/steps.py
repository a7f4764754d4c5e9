"""The buyer's steps through a payment: choose a method, confirm, see the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .attempts import Attempt
from .cards import DECLINED, errors_in, is_exempt, is_good
from .outcomes import LEFT_THE_BANK, OUTCOMES, Outcome, unusable
from .payments import PaymentActions
from .records import Payment

#: Methods that send the buyer to a page of a bank or wallet at once.
REDIRECTING = ("ONLINEBANKING_", "BANKTRANSFER_", "ALIPAY_CN")


@dataclass(frozen=True, slots=True)
class Step:
    """The buyer's current step.

    :ivar name: ``choose`` a method; ``confirm`` in the frame; ``wallet``: go to that
        page; ``bank``: confirm the card; ``end``; or ``over``: the session can no
        longer be paid.
    :ivar outcome: the outcome of the last action.
    :ivar errors: the errors of the card form: code and message, by field.
    """

    name: str
    method: str
    outcome: Outcome | None = None
    errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class Steps:
    """Takes the buyer from one step to the next, and keeps nothing in between."""

    def __init__(self, payments: PaymentActions) -> None:
        self._payments = payments
        self._actions: dict[str, Callable[[str, str], Attempt]] = {
            "pay": payments.approve,
            "decline": self._decline,
            "hang": payments.process,
            "later": payments.pend,
        }

    def why_unusable(self, payment: Payment) -> Outcome | None:
        """Return why the session cannot be paid; ``None`` if it can be or is paid."""
        if self._payments.is_payable(payment) or payment.status == "SUCCESS":
            return None
        return _why_not(payment)

    def take(self, payment: Payment, form: Mapping[str, str]) -> Step:
        """Do what the buyer asks for.

        :param form: the action, the method and the card.
        :raises KeyError: for an unknown action or method.
        """
        method = form.get("method", payment.method)
        if method not in payment.methods:
            raise KeyError(method)
        if not self._payments.is_payable(payment, method):
            return Step("over", method, _why_not(payment))
        match form.get("action", ""):
            case "choose":
                return self._choose(payment, method, form)
            case "check":
                errors = errors_in(form) if method == "CARD" else {}
                return Step("choose", method, errors=errors)
            case "wallet":
                self._payments.process(payment.request_id, method)
                return Step("wallet", method)
            case "confirm":
                return self._charge(payment, method, form)
            case "refuse":
                code = LEFT_THE_BANK.code
                self._payments.decline(payment.request_id, code, method)
                return Step("choose", method, LEFT_THE_BANK)
            case action:
                return self._act(payment, method, action)

    def _choose(self, payment: Payment, method: str, form: Mapping[str, str]) -> Step:
        """Continue with a method: in a wallet, in the frame, or with a card."""
        if method.startswith(REDIRECTING):
            self._payments.process(payment.request_id, method)
            return Step("wallet", method)
        if method != "CARD":
            return Step("confirm", method)
        if errors := errors_in(form):
            return Step("choose", method, errors=errors)
        if payment.challenges and not is_exempt(form):
            self._payments.process(payment.request_id, method)
            return Step("bank", method)
        return self._charge(payment, method, form)

    def _charge(self, payment: Payment, method: str, form: Mapping[str, str]) -> Step:
        """Charge the card; its number decides the outcome."""
        if errors := errors_in(form):
            return Step("choose", method, errors=errors)
        if is_good(form):
            return self._act(payment, method, "pay")
        self._payments.decline(payment.request_id, DECLINED, method)
        return Step("choose", method, Outcome("FAIL", DECLINED))

    def _act(self, payment: Payment, method: str, action: str) -> Step:
        self._actions[action](payment.request_id, method)
        outcome = OUTCOMES[action]
        return Step("choose" if outcome.status == "FAIL" else "end", method, outcome)

    def _decline(self, request_id: str, method: str) -> Attempt:
        return self._payments.decline(request_id, OUTCOMES["decline"].code, method)


def _why_not(payment: Payment) -> Outcome:
    if payment.cancelled_at is not None:
        return unusable("CANCELLED")
    return unusable("CLOSED" if payment.closed_at is not None else "OVER")

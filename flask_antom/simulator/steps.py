"""The buyer's way through a payment: choose a method, confirm, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .attempts import Attempt
from .cards import DECLINED, errors_in, is_exempt, is_good
from .cashier import Cashier
from .outcomes import LEFT_THE_BANK, OUTCOMES, Outcome, useless
from .records import Payment

#: Methods whose buyers are sent to a page of their bank or wallet at once.
REDIRECTING = ("ONLINEBANKING_", "BANKTRANSFER_", "ALIPAY_CN")


@dataclass(frozen=True, slots=True)
class Step:
    """Where the buyer stands.

    :ivar name: ``choose`` a method; ``confirm`` in the frame; ``wallet``, where he is
        sent to that page; ``bank``, which asks about his card; ``end``; or ``over``,
        where nobody can pay any more.
    :ivar outcome: what came of what he did just now.
    :ivar errors: what is wrong with the card form: code and words, by field.
    """

    name: str
    method: str
    outcome: Outcome | None = None
    errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class Steps:
    """Takes the buyer from one step to the next; nothing is kept between two steps."""

    def __init__(self, cashier: Cashier) -> None:
        self._cashier = cashier
        self._verbs: dict[str, Callable[[str, str], Attempt]] = {
            "pay": cashier.approve,
            "decline": self._decline,
            "hang": cashier.process,
            "later": cashier.pend,
        }

    def why_useless(self, payment: Payment) -> Outcome | None:
        """Say why nobody can pay in this session any more."""
        if self._cashier.is_payable(payment) or payment.status == "SUCCESS":
            return None
        return _why_not(payment)

    def take(self, payment: Payment, form: Mapping[str, str]) -> Step:
        """Do what the buyer asks for.

        :param form: the action, the method, and the card.
        :raises KeyError: for an action or a method that there is not.
        """
        method = form.get("method", payment.method)
        if method not in payment.methods:
            raise KeyError(method)
        if not self._cashier.is_payable(payment, method):
            return Step("over", method, _why_not(payment))
        match form.get("action", ""):
            case "choose":
                return self._choose(payment, method, form)
            case "check":
                errors = errors_in(form) if method == "CARD" else {}
                return Step("choose", method, errors=errors)
            case "wallet":
                self._cashier.process(payment.request_id, method)
                return Step("wallet", method)
            case "confirm":
                return self._charge(payment, method, form)
            case "refuse":
                code = LEFT_THE_BANK.code
                self._cashier.decline(payment.request_id, code, method)
                return Step("choose", method, LEFT_THE_BANK)
            case action:
                return self._act(payment, method, action)

    def _choose(self, payment: Payment, method: str, form: Mapping[str, str]) -> Step:
        """Go on with a method: by a card, in a wallet of its own, or in the frame."""
        if method.startswith(REDIRECTING):
            self._cashier.process(payment.request_id, method)
            return Step("wallet", method)
        if method != "CARD":
            return Step("confirm", method)
        if errors := errors_in(form):
            return Step("choose", method, errors=errors)
        if payment.challenges and not is_exempt(form):
            self._cashier.process(payment.request_id, method)
            return Step("bank", method)
        return self._charge(payment, method, form)

    def _charge(self, payment: Payment, method: str, form: Mapping[str, str]) -> Step:
        """Let the bank decide by the number of the card."""
        if errors := errors_in(form):
            return Step("choose", method, errors=errors)
        if is_good(form):
            return self._act(payment, method, "pay")
        self._cashier.decline(payment.request_id, DECLINED, method)
        return Step("choose", method, Outcome("FAIL", DECLINED))

    def _act(self, payment: Payment, method: str, action: str) -> Step:
        self._verbs[action](payment.request_id, method)
        outcome = OUTCOMES[action]
        return Step("choose" if outcome.status == "FAIL" else "end", method, outcome)

    def _decline(self, request_id: str, method: str) -> Attempt:
        return self._cashier.decline(request_id, OUTCOMES["decline"].code, method)


def _why_not(payment: Payment) -> Outcome:
    if payment.cancelled_at is not None:
        return useless("CANCELLED")
    return useless("CLOSED" if payment.closed_at is not None else "OVER")

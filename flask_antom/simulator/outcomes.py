"""The outcomes of a buyer's step, with the codes of the browser SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .messages import SUCCESS, message_for, result

_EVENTS = {
    "SUCCESS": "SUCCESSFUL",
    "PENDING": "PROCESSING",
    "CANCELLED": "CANCEL",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a step.

    :ivar status: ``SUCCESS``, ``FAIL``, ``PROCESSING``, ``PENDING``, ``CANCELLED``; or
        ``ERROR`` if the session cannot be used.
    :ivar needs_session: whether the buyer needs a new session.
    """

    status: str
    code: str = ""
    message: str = ""
    needs_session: bool = False

    @property
    def text(self) -> str:
        return self.message or message_for(self.code)

    @property
    def event(self) -> dict[str, Any]:
        """The argument of the SDK's ``onEventCallback``."""
        code = f"SDK_PAYMENT_{_EVENTS.get(self.status, self.status)}"
        if not self.code:
            return {"code": code, "message": "", "result": {"result": dict(SUCCESS)}}
        is_open = self.status in ("PROCESSING", "PENDING")
        return {
            "code": code,
            "message": self.text,
            "result": {
                "result": result(self.code, "U" if is_open else "F", self.message),
                "paymentResultCode": self.code,
                "paymentResultMessage": self.text,
            },
        }

    @property
    def answer(self) -> dict[str, Any]:
        """The result of AMSElement's ``submitPayment``."""
        status = "FAIL" if self.status == "ERROR" else self.status
        answer: dict[str, Any] = {"status": status}
        error: dict[str, Any] = {"code": self.code, "message": self.text}
        if self.needs_session:
            error["needChangeSessionForRetry"] = True
        if self.code:
            answer["error"] = error
        if self == LEFT_THE_BANK:
            answer["userCanceled3D"] = True
        return answer


#: The outcomes of the buttons on the pages.
OUTCOMES: Mapping[str, Outcome] = {
    "pay": Outcome("SUCCESS"),
    "decline": Outcome("FAIL", "USER_BALANCE_NOT_ENOUGH"),
    "hang": Outcome("PROCESSING", "PAYMENT_IN_PROCESS"),
    "later": Outcome("PENDING", "PAYMENT_IN_PROCESS"),
}

#: The buyer did not confirm at the bank and needs a new session (payment retry).
LEFT_THE_BANK = Outcome("CANCELLED", "USER_CANCELED", "", True)

_UNUSABLE = {
    "CANCELLED": ("ORDER_IS_CANCELLED", "The shop cancelled this payment."),
    "CLOSED": ("ORDER_IS_CLOSED", "This payment was closed: it took too long."),
    "OVER": ("INQUIRY_PAYMENT_SESSION_FAILED", "This payment session is over."),
    "PROD": ("PARAM_ILLEGAL", "The session is a sandbox one, the script runs as prod."),
    "SCENE": ("PARAM_ILLEGAL", "This session was made for another kind of checkout."),
}


def unusable(why: str) -> Outcome:
    """Return the outcome of a session that cannot be used."""
    code, message = _UNUSABLE[why]
    return Outcome("ERROR", code, message, True)

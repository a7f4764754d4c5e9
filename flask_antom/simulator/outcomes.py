"""What came of what a buyer did, in the words of the browser SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .messages import SUCCESS, result, words_for

_EVENTS = {
    "SUCCESS": "SUCCESSFUL",
    "PENDING": "PROCESSING",
    "CANCELLED": "CANCEL",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    :ivar status: ``SUCCESS``, ``FAIL``, ``PROCESSING``, ``PENDING``, ``CANCELLED``; or
        ``ERROR`` where nothing could be done.
    :ivar needs_session: whether only a new session helps.
    """

    status: str
    code: str = ""
    message: str = ""
    needs_session: bool = False

    @property
    def words(self) -> str:
        return self.message or words_for(self.code)

    @property
    def event(self) -> dict[str, Any]:
        """What the SDK's ``onEventCallback`` is given."""
        code = f"SDK_PAYMENT_{_EVENTS.get(self.status, self.status)}"
        if not self.code:
            return {"code": code, "message": "", "result": {"result": dict(SUCCESS)}}
        is_open = self.status in ("PROCESSING", "PENDING")
        return {
            "code": code,
            "message": self.words,
            "result": {
                "result": result(self.code, "U" if is_open else "F", self.message),
                "paymentResultCode": self.code,
                "paymentResultMessage": self.words,
            },
        }

    @property
    def answer(self) -> dict[str, Any]:
        """What ``submitPayment`` of AMSElement resolves with."""
        status = "FAIL" if self.status == "ERROR" else self.status
        answer: dict[str, Any] = {"status": status}
        error: dict[str, Any] = {"code": self.code, "message": self.words}
        if self.needs_session:
            error["needChangeSessionForRetry"] = True
        if self.code:
            answer["error"] = error
        if self == LEFT_THE_BANK:
            answer["userCanceled3D"] = True
        return answer


#: What the buttons of the pages lead to.
OUTCOMES: Mapping[str, Outcome] = {
    "pay": Outcome("SUCCESS"),
    "decline": Outcome("FAIL", "USER_BALANCE_NOT_ENOUGH"),
    "hang": Outcome("PROCESSING", "PAYMENT_IN_PROCESS"),
    "later": Outcome("PENDING", "PAYMENT_IN_PROCESS"),
}

#: The buyer did not confirm at his bank; only a new session helps (payment retry).
LEFT_THE_BANK = Outcome("CANCELLED", "USER_CANCELED", "", True)

_USELESS = {
    "CANCELLED": ("ORDER_IS_CANCELLED", "The shop cancelled this payment."),
    "CLOSED": ("ORDER_IS_CLOSED", "This payment was closed: it took too long."),
    "OVER": ("INQUIRY_PAYMENT_SESSION_FAILED", "This payment session is over."),
    "PROD": ("PARAM_ILLEGAL", "The session is a sandbox one, the script runs as prod."),
    "SCENE": ("PARAM_ILLEGAL", "This session was made for another kind of checkout."),
}


def useless(why: str) -> Outcome:
    """Say why a session is of no use, with the code of the browser SDK."""
    code, message = _USELESS[why]
    return Outcome("ERROR", code, message, True)

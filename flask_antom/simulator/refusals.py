"""The refusal of a call."""

from __future__ import annotations

from .messages import result


class Refusal(Exception):
    """Refuses a call with ``F`` or ``U``.

    :ivar answer: the JSON of the answer.
    """

    def __init__(self, code: str, message: str = "", status: str = "F") -> None:
        super().__init__(code)
        self.answer: dict[str, dict[str, str]] = {
            "result": result(code, status, message)
        }


def no_order() -> Refusal:
    """Return the refusal for a payment that is unknown or not submitted."""
    return Refusal("ORDER_NOT_EXIST", "No payment was submitted under this id.")

"""A call that the simulated Antom turns down."""

from __future__ import annotations

from .messages import result


class Refusal(Exception):
    """A call that is answered with ``F`` or ``U``.

    :ivar answer: the JSON of the answer.
    """

    def __init__(self, code: str, message: str = "", status: str = "F") -> None:
        super().__init__(code)
        self.answer = {"result": result(code, status, message)}


def no_order() -> Refusal:
    """A payment that nobody submitted, or nobody ever heard of."""
    return Refusal("ORDER_NOT_EXIST", "No payment was submitted under this id.")

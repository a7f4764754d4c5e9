"""Faults of the next calls and notifications, for tests."""

from __future__ import annotations

from ..simulator.faults import Faults


class KitFaults:
    """Faults that are asked for. Each happens once, to the next call that it is for.

    Operations have Antom's names: ``createPaymentSession``, ``inquiryPayment``,
    ``cancel``, ``capture``, ``refund``, ``inquiryRefund``; ``*`` is any call.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def time_out(self, operation: str = "*") -> None:
        """Do not answer the next call; Antom does not act on it."""
        self._faults.next(operation, "timeout")

    def lose_answer(self, operation: str = "*") -> None:
        """Act on the next call, and lose the answer."""
        self._faults.next(operation, "lost-answer")

    def refuse(self, code: str, operation: str = "*") -> None:
        """Refuse the next call.

        :param code: Antom's result code, such as ``RISK_REJECT``.
        """
        self._faults.next(operation, ("result", code, "F"))

    def forge_answer(self, operation: str = "*") -> None:
        """Sign the answer to the next call wrongly; Antom acts on the call."""
        self._faults.next(operation, "bad-signature")

    def forge_notification(self) -> None:
        """Sign the next notification wrongly."""
        self._faults.notifications("tamper-signature")

    def lose_notification(self) -> None:
        """Lose the next notification. Antom sends it again two minutes later."""
        self._faults.notifications("drop")

    def repeat_notification(self) -> None:
        """Send the next notification twice."""
        self._faults.notifications("duplicate")

    def clear(self) -> None:
        """Remove all faults that have not happened yet."""
        self._faults.clear()

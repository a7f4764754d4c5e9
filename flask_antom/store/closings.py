"""The host's word about its orders: closed, changed, reopened.

It is written on the order's attempts. An order that nobody has begun to pay gets an
attempt that is cancelled from the start, so that its closing is not forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.money import Money
from ..domain.payment_states import TAKEN
from ..domain.records import Attempt
from .openings import OpeningStore
from .payment_rows import PaymentRows
from .rows import PaymentRow
from .transactions import Store, Transactions, atomic


class ClosingStore(Store):
    """Marks the attempts of orders that the host closes, changes or reopens."""

    def __init__(
        self, transactions: Transactions, rows: PaymentRows, openings: OpeningStore
    ) -> None:
        super().__init__(transactions)
        self._rows = rows
        self._openings = openings

    @atomic
    def close(self, order_reference: str) -> list[PaymentRow]:
        """Mark an order as closed, and return its attempts.

        A success of an open attempt then needs a review, until it is over.
        """
        attempts = self._rows.lock_order(order_reference)
        self._close_all(attempts)
        return attempts

    def close_untouched(self, attempt: Attempt) -> None:
        """Mark an order as closed that has no attempt yet.

        :param attempt: the attempt that is written, as cancelled.
        """
        self._close_untouched(attempt, self._rows.ours.ids.make())

    @atomic
    def _close_untouched(self, attempt: Attempt, request_id: str) -> None:
        attempts = self._rows.lock_order(attempt.order_reference)
        if not attempts:
            self._openings.add_closed(attempt, request_id)
        self._close_all(attempts)  # those that were opened meanwhile

    @atomic
    def change(
        self, order_reference: str, amount: Money | None = None
    ) -> list[PaymentRow]:
        """Mark the open attempts of an order as outdated, and return all.

        :param amount: the order's amount; attempts of this amount are left alone.
        """
        attempts = self._rows.lock_order(order_reference)
        for payment in attempts:
            if payment.amount != amount:
                self._outdate(payment)
        return attempts

    @atomic
    def reopen(self, order_reference: str) -> None:
        """Remove the mark that an order is closed."""
        for payment in self._rows.lock_order(order_reference):
            payment.order_closed_at = None
            self._rows.write(payment)

    def _close_all(self, attempts: Sequence[PaymentRow]) -> None:
        for payment in attempts:
            payment.order_closed_at = payment.order_closed_at or self.now()
            self._outdate(payment)

    def _outdate(self, payment: PaymentRow) -> None:
        payment.outdated = payment.outdated or payment.status not in TAKEN
        self._rows.write(payment)

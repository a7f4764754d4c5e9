"""The part of the kit that plays a clerk, with the public methods' own code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..app_state import AppState
from ..domain.money import Money
from ..flows import payments, refunds
from ..flows.host_calls import call_of_host
from .errors import KitError
from .played_app import PlayedApp, ResultT


class ClerkKit(PlayedApp):
    """Captures, cancels and refunds the latest payment of an order."""

    def capture(
        self, order: str, amount: Money | None = None, *, final: bool = True
    ) -> Any:
        """Capture an authorized payment with ``antom.capture``.

        :param amount: by default all that is left.
        :param final: whether the rest of the authorization is released.
        :returns: the payment.
        """
        payment = self._latest(order)

        def capture(state: AppState) -> None:
            row = state.rows.get(payment.id)
            payments.capture(state, row, amount, final=final, again=True)

        self._as_host("capture", capture)
        return self._payment(payment.request_id)

    def fail_capture(self, order: str, code: str = "PROCESS_FAIL") -> Any:
        """Fail the automatic capture of an authorized payment.

        :param code: Antom's result code.
        :returns: the payment.
        """
        payment = self._latest(order)
        with self._postman.working():
            try:
                self.simulator.capture_fails(payment.request_id, code)
            except ValueError as error:
                raise KitError(str(error)) from None
        return self._payment(payment.request_id)

    def cancel(self, order: str) -> Any:
        """Cancel a payment with ``antom.cancel``.

        :returns: the payment.
        """
        payment = self._latest(order)

        def cancel(state: AppState) -> None:
            payments.cancel(state, state.rows.get(payment.id))

        self._as_host("cancel", cancel)
        return self._payment(payment.request_id)

    def sync(self, order: str) -> Any:
        """Ask Antom about a payment, as ``antom.sync`` does.

        :returns: the payment.
        """
        payment = self._latest(order)

        def sync(state: AppState) -> None:
            payments.sync(state, state.rows.get(payment.id))

        self._as_host("sync", sync)
        return self._payment(payment.request_id)

    def refund(
        self,
        order: str,
        amount: Money | None = None,
        *,
        reason: str | None = None,
        waits: bool = False,
    ) -> Any:
        """Refund a payment with ``antom.refund``, in full or in part.

        :param amount: by default all that is left.
        :param waits: whether Antom only accepts it. Then it waits for
            :meth:`finish_refund` or :meth:`fail_refund`.
        :returns: the refund.
        """
        payment = self._latest(order)

        def refund(state: AppState) -> int:
            return refunds.refund(state, payment.id, amount, reason=reason, again=True)

        before, self.simulator.refunds_in_process = (
            self.simulator.refunds_in_process,
            waits or self.simulator.refunds_in_process,
        )
        try:
            ref = self._as_host("refund", refund)
        finally:
            self.simulator.refunds_in_process = before
        return self._rows("refund", id=ref)[0]

    def finish_refund(self, order: str) -> Any:
        """Complete the waiting refund of a payment.

        :returns: the refund.
        """
        return self._end_refund(order, self.simulator.finish_refund)

    def fail_refund(self, order: str, code: str = "PROCESS_FAIL") -> Any:
        """Fail the waiting refund of a payment.

        :param code: Antom's result code.
        :returns: the refund.
        """

        def fail(request_id: str) -> None:
            self.simulator.fail_refund(request_id, code)

        return self._end_refund(order, fail)

    def refund_in_dashboard(self, order: str, amount: Money | None = None) -> Any:
        """Refund a payment in Antom's Dashboard, behind the shop's back.

        The app keeps the notification, and learns of the refund with :meth:`sync`.

        :param amount: by default all that is left.
        :returns: the payment.
        """
        payment = self._latest(order)
        with self._postman.working():
            try:
                self.simulator.refund_in_dashboard(payment.request_id, amount)
            except ValueError as error:
                raise KitError(str(error)) from None
        return self._payment(payment.request_id)

    def _as_host(self, name: str, work: Callable[[AppState], ResultT]) -> ResultT:
        """Do what a public method does."""

        def call() -> ResultT:
            is_money = name != "sync"
            with call_of_host(self._state.hooks, name, money=is_money) as state:
                return work(state)

        return self._call(call)

    def _end_refund(self, order: str, end: Callable[[str], None]) -> Any:
        payment = self._latest(order)
        waiting = self._rows("refund", payment_ref=payment.id, status="pending")
        if not waiting:
            raise KitError(f"No refund of {order!r} waits.")
        with self._postman.working():
            end(waiting[0].request_id)
        return self._rows("refund", id=waiting[0].id)[0]

"""The steps of the shop and its clerks."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from flask_antom import Money
from tests.machine import strategies
from tests.machine.snapshot import read_snapshot
from tests.machine.steps import Steps, sessions


class Clerks(Steps):
    """The shop changes its orders, and its clerks work on payments."""

    @rule(reference=strategies.orders, amount=strategies.prices, tell=st.booleans())
    def change_order(self, reference: str, amount: Money, tell: bool) -> None:
        """Change what an order costs; the shop may say so or not."""
        self.begin()
        self.setup.book.set_amount(reference, amount)
        if tell:
            self.call("changed", reference)

    @rule(reference=strategies.orders, reopen=st.booleans())
    def close_order(self, reference: str, reopen: bool) -> None:
        """Close an order, or open it again. It is closed if the call comes back."""
        self.begin()
        book = self.setup.book
        if reopen:
            book.closed.discard(reference)
            self.call("reopen", reference)
            return
        book.touched.add(reference)
        with self.shop_works(), self.setup.shop.app.app_context():
            self.setup.shop.antom.close(reference)
            is_known = self._has_payments(reference)
            assert is_known or reference in book.gone | book.paid
            if is_known:
                book.closed.add(reference)

    @rule(reference=strategies.orders, state=strategies.states)
    def change_state(self, reference: str, state: str) -> None:
        """Delete an order, take its money elsewhere, or bring it back as it was."""
        self.begin()
        book = self.setup.book
        for references in (book.gone, book.paid):
            references.discard(reference)
        if state != "open":
            book.touched.add(reference)
            (book.gone if state == "gone" else book.paid).add(reference)

    @rule(session=sessions)
    def sync(self, session: str) -> None:
        self.begin()
        self.act("sync", session)

    @rule(session=sessions)
    def cancel(self, session: str) -> None:
        self.begin()
        self.act("cancel", session)

    @rule(
        session=sessions,
        part=strategies.parts,
        final=st.booleans(),
        repeat=strategies.repeats,
    )
    def capture(
        self, session: str, part: Money | None, final: bool, repeat: dict[str, Any]
    ) -> None:
        self.begin()
        self.act("capture", session, part, final=final, **repeat)

    @rule(
        session=sessions,
        part=strategies.parts,
        final=st.booleans(),
        how=strategies.twice,
    )
    def capture_twice(
        self, session: str, part: Money | None, final: bool, how: str
    ) -> None:
        """The clerk clicks twice, or repeats a call on purpose."""
        self.begin()
        before = self._captures(session)
        self._call_twice("capture", session, how, part, final=final)
        made = self._captures(session) - before
        assert made <= (2 if how == "again" else 1)

    @rule(session=sessions, part=strategies.parts, repeat=strategies.repeats)
    def refund(self, session: str, part: Money | None, repeat: dict[str, Any]) -> None:
        self.begin()
        self.act("refund", session, part, **repeat)

    @rule(session=sessions, part=strategies.parts, how=strategies.twice)
    def refund_twice(self, session: str, part: Money | None, how: str) -> None:
        """The clerk clicks twice, or repeats a call on purpose."""
        self.begin()
        before = self._refunds(session)
        self._call_twice("refund", session, how, part)
        made = self._refunds(session) - before
        assert made <= (2 if how == "again" else 1)

    @rule()
    def sweep(self) -> None:
        """Sweep; what nobody hears is counted, from the moment after it came."""
        self.begin()
        waited = read_snapshot(self.setup).undelivered["payment_succeeded"]
        self.setup.tick()
        with self.shop_works():
            summary = self.setup.shop.sweep()
            if self.setup.is_deaf:
                left = read_snapshot(self.setup).undelivered["payment_succeeded"]
                assert waited <= summary.unheard <= left

    # Helpers

    def _call_twice(
        self, method: str, session: str, how: str, *given: Any, **options: Any
    ) -> None:
        first, second = dict(options), dict(options)
        if how == "key":
            key = f"key-{self.setup.simulator.clock.now():%d%H%M%S}"
            first["key"] = second["key"] = key
        if how == "again":
            second["again"] = True
        self.act(method, session, *given, **first)
        self.act(method, session, *given, **second)

    def _refunds(self, session: str) -> int:
        """Count the refunds of a payment that have not failed, as Antom knows them."""
        account = self.setup.simulator.accounts()[session]
        refunds = account.refunds.values()
        return sum(refund.status != "FAIL" for refund in refunds)

    def _captures(self, session: str) -> int:
        account = self.setup.simulator.accounts()[session]
        return sum(move.kind == "CAPTURE" for move in account.movements)

    def _has_payments(self, reference: str) -> bool:
        payments = read_snapshot(self.setup).payments.values()
        return any(row.order_reference == reference for row in payments)

"""The buyer's steps."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from hypothesis.stateful import multiple, rule
from werkzeug.test import TestResponse

from tests.machine import strategies
from tests.machine.invariants import is_taken
from tests.machine.snapshot import read_snapshot
from tests.machine.steps import Steps, sessions


class Buyer(Steps):
    """Buyers click, pay, fail, and come back."""

    @rule(target=sessions, reference=strategies.orders, method=strategies.methods)
    def click(self, reference: str, method: str) -> Any:
        """The buyer asks for a session, and has it if the shop gives them one."""
        return self._take(reference, self._ask(reference, method))

    @rule(target=sessions, reference=strategies.orders, method=strategies.methods)
    def insist(self, reference: str, method: str) -> Any:
        """The buyer does so too, and gives up what they are told to have begun."""
        told = self._ask(reference, method)
        begun = None if told is None else (told.json or {}).get("paymentRequestId")
        if begun is None:
            return multiple()
        return self._take(reference, self._ask(reference, method, begun))

    def _ask(
        self, reference: str, method: str, instead_of: str | None = None
    ) -> TestResponse | None:
        self.begin()
        answer = None
        begun, calls = self._begun(reference), self.setup.simulator.calls
        before = len(calls)
        with self.shop_works():
            answer = self.setup.shop.pay(reference, method, instead_of)
        for call in self.setup.simulator.calls[before:]:
            if call.operation == "cancel" and call.request_id in begun:
                assert call.request_id == instead_of, "what was begun is cancelled"
                assert begun[instead_of] == "PROCESSING"
        return answer

    def _begun(self, reference: str) -> dict[str, str]:
        """Return Antom's status of each payment of an order that is under way."""
        return {
            one.request_id: one.status
            for one in self.setup.simulator.payments()
            if one.order_reference == reference
            and one.status in ("PROCESSING", "PENDING")
        }

    def _take(self, reference: str, answer: TestResponse | None) -> Any:
        """Return the session that the shop gives, if it gives one."""
        if answer is None:
            return multiple()
        assert answer.status_code in (200, 201, 404, 409, 422, 503), answer.text
        if answer.status_code not in (200, 201):
            return multiple()
        given = answer.json or {}
        request_id = given["paymentRequestId"]
        assert self._is_for_sale(reference)
        self._see_nobody_pays_twice(reference, request_id)
        is_new = request_id not in self.status_urls
        self.status_urls[request_id] = urlsplit(given["statusUrl"]).path
        return request_id if is_new else multiple()

    def _is_for_sale(self, reference: str) -> bool:
        book = self.setup.book
        return reference not in book.gone | book.paid | book.closed

    def _see_nobody_pays_twice(self, reference: str, request_id: str) -> None:
        """See that no other session of the order is paid, or may be by itself."""
        accounts = self.setup.simulator.accounts()
        for row in read_snapshot(self.setup).payments.values():
            if row.order_reference != reference or row.request_id == request_id:
                continue
            assert not is_taken(row)
            account = accounts.get(row.request_id)
            if account is not None:
                assert account.status not in ("PROCESSING", "PENDING"), account
            if account is not None and account.status == "SUCCESS":
                is_given_back = account.refunded == account.paid != account.paid * 0
                is_forgotten = row.request_id in self.setup.forgotten
                assert is_given_back or is_forgotten, (row, account)

    @rule(target=sessions, reference=strategies.orders, method=strategies.methods)
    def buy(self, reference: str, method: str) -> Any:
        session = self.click(reference, method)
        if isinstance(session, str):
            self.pay(session)
        return session

    @rule(session=sessions, action=strategies.attempts)
    def try_to_pay(self, session: str, action: str) -> None:
        self.begin()
        with suppress(ValueError):
            getattr(self.setup.simulator, action)(session)

    @rule(session=sessions)
    def pay(self, session: str) -> None:
        self.try_to_pay(session, "approve")

    @rule(session=sessions, page=strategies.pages)
    def open_page(self, session: str, page: str) -> None:
        """The buyer comes back, or their page asks."""
        self.begin()
        url = self.status_urls[session].replace("/status/", f"/{page}/")
        with self.shop_works():
            answer = self.setup.shop.app.test_client().get(url)
            is_known = session not in self.setup.lost
            assert answer.status_code == 200 or not is_known, answer.text

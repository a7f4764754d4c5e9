"""A shop with the support page and a simulated Antom, and a clerk at a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Response
from playwright.sync_api import Page, expect

from flask_antom import Money
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Server, Simulator
from tests.browser.conftest import OpenContext
from tests.browser.local_server import LocalServer
from tests.support.shop import (
    Shopfront,
    capture_by_hand,
    make_order,
    make_shop,
    shop_settings,
)
from tests.support.support_page import Action, Team, add_page

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}

#: A policy as strict as can be: the page has no script, and its style is a file.
POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


@dataclass
class Support:
    """The running shop.

    :ivar broken: errors that the shop's receiver raises, one after the other.
    """

    url: str
    shop: Shopfront
    simulator: Simulator
    team: Team
    broken: list[Exception]

    def sell(self, reference: str = "A-1", method: str = "GCASH") -> str:
        """Let a buyer pay an order of 42.00 MYR; return the ``paymentRequestId``."""
        request_id = self.open(reference, method)
        self.simulator.approve(request_id)
        self.simulator.clock.advance(minutes=1)  # delivers what is due by then
        return request_id

    def open(self, reference: str = "A-1", method: str = "GCASH") -> str:
        """Let a buyer open a session."""
        self.shop.orders[reference] = make_order(reference, Money(4200, "MYR"))
        answer = self.shop.pay(reference, method)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["paymentRequestId"])

    def refunds(self) -> list[tuple[str, int]]:
        """Return the status and the amount of each refund."""
        rows = self.shop.rows(self.shop.antom.Refund)
        return [(row.status, row.amount_value) for row in rows]

    def actions(self) -> list[Any]:
        return self.shop.rows(Action)


class Clerk:
    """Somebody of the team in front of a browser."""

    def __init__(self, page: Page, support: Support) -> None:
        self.page = page
        self.home = f"{support.url}/admin/antom/"

    def opens(self, path: str = "") -> None:
        self.page.goto(self.home + path)

    def looks_for(self, text: str) -> None:
        """Find something in the search box, and press Enter."""
        box = self.page.get_by_role("searchbox")
        box.fill(text)
        box.press("Enter")

    def begins(self, action: str) -> None:
        """Press the button of an action."""
        actions = self.page.get_by_role("navigation", name="Actions")
        actions.get_by_role("link", name=action, exact=True).click()

    def writes_why(self, reason: str = "The cup was broken") -> None:
        self.page.get_by_label("Reason, for your team").fill(reason)

    def chooses_part(self, amount: str) -> None:
        self.page.get_by_label("A part of it").check()
        self.page.get_by_label("Amount of the part").fill(amount)

    def presses(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def reads(self, outcome: str) -> None:
        """See the outcome of what was done."""
        told = self.page.get_by_role("status")
        expect(told.get_by_role("heading", name=outcome)).to_be_visible()


@pytest.fixture
def support(simulator: Simulator, gateway: Server, tmp_path: Path) -> Iterator[Support]:
    """A shop that captures cards by hand."""
    server = LocalServer()
    settings = shop_settings(simulator.public_key, gateway.url) | {
        "ANTOM_PUBLIC_URL": server.url,
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
    }
    shop = make_shop(settings)
    shop.antom.session_request(
        lambda payload, order: (
            capture_by_hand(payload, order)
            if payload["paymentMethod"]["paymentMethodType"] == "CARD"
            else None
        )
    )
    team, _ = add_page(shop.app, shop.antom)
    broken: list[Exception] = []

    def take(app: Any, **extra: Any) -> None:
        if broken:
            raise broken.pop()

    shop.connect(payment_succeeded, take)

    @shop.app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    with server.serve(shop.app):
        yield Support(server.url, shop, simulator, team, broken)
    shop.close()


@pytest.fixture
def clerk(support: Support, open_context: OpenContext) -> Clerk:
    return Clerk(open_context(**DESKTOP).new_page(), support)

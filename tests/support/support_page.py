"""The page for the support team, in a shop of the tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_admin import Admin  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from flask_antom import FlaskAntom
from flask_antom.contrib.admin import ActionMixin, AntomAdmin
from tests.support.offline import OfflineShop
from tests.support.shop import db

#: Where the page is.
HOME = "/admin/antom/"


class Action(ActionMixin, db.Model):  # type: ignore[name-defined, misc]
    """What people did; one class for all shops."""


@dataclass
class Team:
    """Who is in front of the page, and what they may.

    :ivar name: the name of whoever is there.
    :ivar may: the actions that they may do.
    """

    name: str | None = "anna"
    may_see: bool = True
    may: set[str] = field(
        default_factory=lambda: {"sync", "capture", "cancel", "refund", "redeliver"}
    )


def add_page(
    app: Flask, antom: FlaskAntom[Any, Any, Any, Any], **options: Any
) -> tuple[Team, Admin]:
    """Add the page to an app."""
    team = Team()
    hooks = {
        "may_see": lambda: team.may_see,
        "may_act": lambda action: action in team.may,
        "actor": lambda: team.name,
    }
    admin = Admin(app, name="Shop")
    AntomAdmin(antom, action_model=Action, **{**hooks, **options}).add_to(admin)
    return team, admin


@dataclass
class Desk:
    """A person of the team with a browser that runs no script."""

    offline: OfflineShop
    team: Team
    admin: Admin
    client: FlaskClient

    def see(self, path: str = "", status: int = 200) -> str:
        """Open a page; return its text."""
        answer = self.client.get(HOME + path, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return answer.text

    def open(self, path: str) -> dict[str, str]:
        """Open a form; return its hidden fields."""
        return hidden_fields(self.see(path))

    def send(self, path: str, fields: dict[str, str]) -> TestResponse:
        """Send a form, and stay where it leads."""
        return self.client.post(HOME + path, data=fields)

    def do(self, path: str, **fields: str) -> str:
        """Open a form, fill it in, confirm it, and return the page that follows."""
        sent = {**self.open(path), "reason": "as asked", "how": "all", "step": "do"}
        answer = self.client.post(
            HOME + path, data=sent | fields, follow_redirects=True
        )
        assert answer.status_code == 200, answer.text
        return answer.text

    @property
    def actions(self) -> list[Any]:
        """The rows of what was done, oldest first."""
        return self.offline.shop.rows(Action)

    def called(self, operation: str) -> list[dict[str, Any]]:
        """Return what Antom was asked by an operation."""
        return [fields for name, fields in self.offline.calls if name == operation]


@contextmanager
def open_desk(offline: OfflineShop, **options: Any) -> Iterator[Desk]:
    """Add the page to a shop without a network, and go there."""
    shop = offline.shop
    team, admin = add_page(shop.app, shop.antom, **options)
    yield Desk(offline, team, admin, shop.app.test_client())


def hidden_fields(page: str) -> dict[str, str]:
    found = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)">', unescape(page)
    )
    return dict(found)

"""The adopted shop in this process, with the test kit as its Antom."""

from __future__ import annotations

import importlib
import re
import secrets
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from flask_antom.signals import payment_succeeded, refund_succeeded
from flask_antom.testing import AntomKit
from tests.adoption.walk import adopt, copy_shop

PASSWORD = "paper and boats"

#: What differs from run to run, and what stands for it on the page.
_CHANGING = (
    (r"\b[0-9a-zA-Z]{2}[0-9a-f]{30}\b", "REQUEST"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"\b\d{20,}\b", "ID"),
    (r"\bMII[\w+/=.]+", "KEY"),
)


class RunningShop:
    """The shop with a customer, an admin and an order of 42 euros.

    :ivar kit: plays the customer and Antom.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.models: ModuleType = importlib.import_module("shop.models")
        self.payments: ModuleType = importlib.import_module("shop.payments")
        self._apps: list[Flask] = []
        self.app: Flask = self.start_again()
        self.db: Any = self.models.db
        with self.app.app_context():
            self.db.create_all()
            self._add_people()
            self.db.session.commit()
        self.kit = AntomKit(self.app)
        self.kit.client = self.client_of("ann")

    def start_again(self) -> Flask:
        """Return a new app, as another process of the shop has one."""
        shop = importlib.import_module("shop")
        app: Flask = shop.create_app(
            {
                "TESTING": True,
                "SECRET_KEY": secrets.token_hex(),
                "SQLALCHEMY_DATABASE_URI": f"sqlite:///{self.directory}/shop.sqlite3",
                "FORCE_HTTPS": False,
                "ANTOM_PUBLIC_URL": "https://shop.example.com",
                "WTF_CSRF_ENABLED": False,
            }
        )
        self._apps.append(app)
        return app

    def _add_people(self) -> None:
        new = self.models
        ann, cleo = (
            new.User.register(f"{name}@example.com", PASSWORD, is_admin=name == "cleo")
            for name in ("ann", "cleo")
        )
        book = new.Book(title="Rivers", price=Decimal("21.00"))
        line = new.Line(book=book, quantity=2, price=book.price)
        order = new.Order(number="B-1", user=ann, lines=[line])
        self.db.session.add_all([ann, cleo, order])

    def client_of(self, name: str, app: Flask | None = None) -> Any:
        client = (app or self.app).test_client()
        form = {"email": f"{name}@example.com", "password": PASSWORD}
        assert client.post("/sign-in", data=form).status_code == 302
        return client

    def run(self, command: str) -> tuple[int, str]:
        """Run a command as the page prints it; return its exit code and its words."""
        flask, app, name, *arguments = shlex.split(command)
        assert (flask, app, name) == ("flask", "--app", "shop"), command
        result = self.app.test_cli_runner().invoke(args=arguments)
        return result.exit_code, result.output

    def paid(self) -> Decimal:
        with self.app.app_context():
            paid: Decimal = self.models.Order.find("B-1").paid
            return paid

    def close(self) -> None:
        self.kit.close()
        payment_succeeded.disconnect(self.payments.book)
        refund_succeeded.disconnect(self.payments.take_back)
        for app in self._apps:
            with app.app_context():
                self.db.session.remove()
                self.db.engine.dispose()


@contextmanager
def running_shop(directory: Path) -> Iterator[RunningShop]:
    """Adopt the shop in a folder, and run it until the end of the block."""
    copy_shop(directory)
    adopt(directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        shop = RunningShop(directory)
        try:
            yield shop
        finally:
            shop.close()
            for name in [name for name in sys.modules if name.split(".")[0] == "shop"]:
                del sys.modules[name]


def plain(text: str) -> str:
    """Return the words of an output, without what differs from run to run."""
    for pattern, name in _CHANGING:
        text = re.sub(pattern, name, text)
    return " ".join(text.split())


def is_printed(printed: str, said: str) -> bool:
    """Whether a page prints this output. A line of dots stands for any lines."""
    parts = re.split(r"^\.\.\.\n", printed, flags=re.MULTILINE)
    if len(parts) == 1:
        return plain(printed) == plain(said)
    place, words = 0, plain(said)
    for part in filter(None, map(plain, parts)):
        place = words.find(part, place)
        if place < 0:
            return False
    return True

"""The shops that the README and the documentation print, run as they are printed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import click.testing
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_antom import Money
from flask_antom.cli import group
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Simulator
from tests.support.blocks import DOCS, README, write_files
from tests.support.keys import MERCHANT_PRIVATE_KEY
from tests.support.offline import SIGNER
from tests.support.processes import Program, run
from tests.support.shop import CLIENT_ID, NOTIFY

#: The pages that print a whole shop, and the app of each, as ``flask --app`` takes it.
PAGES: Mapping[str, tuple[Path, str]] = {
    "readme": (README, "shop.py"),
    "start": (DOCS / "start.md", "shop"),
}


@dataclass
class PrintedShop:
    """A shop that a page prints, in this process, and the programs that work for it.

    :ivar environment: its settings.
    """

    page: str
    directory: Path
    environment: dict[str, str]
    simulator: Simulator

    def __post_init__(self) -> None:
        write_files(PAGES[self.page][0], self.directory)
        self.load()

    def load(self) -> None:
        """Import the shop, as each of its processes does when it starts."""
        self.unload()
        importlib.invalidate_caches()
        shop = importlib.import_module("shop")
        self.module: ModuleType = sys.modules.get("shop.payments", shop)
        self.app: Flask = shop.app if self.page == "readme" else shop.create_app()
        self.app.testing = True

    def unload(self) -> None:
        """Forget the shop, as the end of its process would."""
        if not hasattr(self, "module"):
            return
        self.forget_receivers()
        with self.app.app_context():
            self.module.db.session.remove()
            self.module.db.engine.dispose()
        for name in [name for name in sys.modules if name.split(".")[0] == "shop"]:
            del sys.modules[name]

    def replace(self, printed: str, changed: str) -> None:
        """Change the shop's code, as its programmers do later, and start it again."""
        files = [*self.directory.glob("*.py"), *self.directory.glob("shop/*.py")]
        (file,) = (file for file in files if printed in file.read_text())
        file.write_text(file.read_text().replace(printed, changed))
        self.load()

    def forget_receivers(self) -> None:
        payment_succeeded.disconnect(self.module.fulfil)

    def add(self, reference: str, total: int = 1000) -> None:
        """Add an order, if the shop has not made it by itself."""
        with self.app.app_context():
            purchase = self.module.Purchase(reference=reference, total=total)
            self.module.db.session.merge(purchase)
            self.module.db.session.commit()

    def set_total(self, reference: str, total: int) -> None:
        with self.app.app_context():
            self._get(reference).total = total
            self.module.db.session.commit()

    def delete(self, reference: str) -> None:
        with self.app.app_context():
            self.module.db.session.delete(self._get(reference))
            self.module.db.session.commit()

    def _get(self, reference: str) -> Any:
        return self.module.db.session.get(self.module.Purchase, reference)

    def paid(self, reference: str) -> int:
        """Return what the shop says has come; 0 if it has no such order."""
        with self.app.app_context():
            purchase = self._get(reference)
            return 0 if purchase is None else purchase.paid

    def shows_paid(self, reference: str) -> bool:
        """Whether the shop itself says on the order's page that it is paid."""
        page = self.app.test_client().get(f"/orders/{reference}").text
        return any(f"<p>{words}" in page for words in ("This order is paid.", "Paid."))

    def ask(self, reference: str) -> TestResponse:
        """Ask for a session, as the script of the order's page does."""
        wanted = {"orderReference": reference, "paymentMethodType": "GCASH"}
        return self.app.test_client().post("/antom/session", json=wanted)

    def begin(self, reference: str) -> str:
        """Open a session; return its ``paymentRequestId``."""
        answer = self.ask(reference)
        assert answer.status_code == 201, answer.text
        request_id: str = answer.json["paymentRequestId"]  # type: ignore[index]
        return request_id

    def money_comes(self, request_id: str, amount: Money) -> int:
        """Pay and notify as buyer and Antom do; return the status of the answer."""
        self.simulator.approve(request_id)
        body, headers = SIGNER.notification(request_id, amount)
        client = self.app.test_client()
        return client.post(NOTIFY, data=body, headers=headers).status_code

    def sweep(self) -> Any:
        with self.app.app_context():
            return self.module.antom.sweep()

    def exit_code(self) -> int:
        """Return the exit code of ``flask antom sweep``."""
        runner = self.app.test_cli_runner()
        done: click.testing.Result = runner.invoke(group, ["sweep", "--quiet"])
        return done.exit_code

    def rows(self, name: str) -> list[Any]:
        """Return fresh copies of the rows of a model, oldest first."""
        antom, session = self.module.antom, self.module.db.session
        model = getattr(antom, name)
        with self.app.app_context():
            found = session.scalars(self.module.db.select(model).order_by(model.id))
            rows = list(found)
            session.expunge_all()
            return rows

    def payment_of(self, reference: str) -> Any:
        """Return the one payment of an order."""
        payments = self.rows("Payment")
        (found,) = (row for row in payments if row.order_reference == reference)
        return found

    def events(self) -> dict[str, Any]:
        return {event.name: event for event in self.rows("Event")}

    def waiting(self) -> list[str]:
        """Return the names of the events that are not delivered."""
        return [row.name for row in self.rows("Event") if row.delivered_at is None]

    def wind(self, time: timedelta = timedelta()) -> None:
        """Make all events older, and due unless they are delivered."""
        antom, db = self.module.antom, self.module.db
        due = datetime.now(UTC) - timedelta(seconds=1)
        with self.app.app_context():
            for event in db.session.scalars(db.select(antom.Event)):
                event.created_at -= time
                if event.delivered_at is None:
                    event.next_attempt_at = due
            db.session.commit()

    def work(self) -> AbstractContextManager[Program]:
        """``flask antom work`` in a process of its own."""
        app = str(self.directory / PAGES[self.page][1])
        return run(
            *("flask", "--app", app, "antom", "work", "--pause", "0.1"),
            settings=self.environment,
            directory=self.directory,
        )


@contextmanager
def printed_shop(
    page: str,
    directory: Path,
    url: str,
    simulator: Simulator,
    gateway_url: str,
    settings: Mapping[str, str],
) -> Iterator[PrintedShop]:
    """Run the shop of a page on a database until the end of the block.

    :param settings: more environment variables.
    """
    private, public = directory / "merchant.pem", directory / "antom.pem"
    private.write_text(MERCHANT_PRIVATE_KEY)
    public.write_text(simulator.public_key)
    environment = {
        "FLASK_SECRET_KEY": '"for tests only"',
        "FLASK_SQLALCHEMY_DATABASE_URI": url,
        "FLASK_ANTOM_CLIENT_ID": f'"{CLIENT_ID}"',
        "FLASK_ANTOM_PRIVATE_KEY_FILE": str(private),
        "FLASK_ANTOM_PUBLIC_KEY_FILE": str(public),
        "FLASK_ANTOM_PUBLIC_URL": "https://shop.example.com",
        "FLASK_ANTOM_GATEWAY_URL": gateway_url,
    } | dict(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        for name, value in environment.items():
            patch.setenv(name, value)
        shop = PrintedShop(page, directory, environment, simulator)
        try:
            yield shop
        finally:
            shop.unload()

"""Apps for ``flask antom check``, each with its own database in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import FlaskGroup
from flask_sqlalchemy import SQLAlchemy

from flask_antom import FlaskAntom, Money
from flask_antom.clock import SYSTEM_CLOCK, SystemClock
from flask_antom.gateway.http import Reply, Unreachable
from flask_antom.signals import payment_needs_review, payment_succeeded
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import MODELS, db, make_order, shop_settings

HOST = "shop.example"
PROD_ID = "5YDEMO00000000001"

#: The settings of an app that is well, in the sandbox.
SETTINGS: Mapping[str, Any] = {
    **shop_settings(ANTOM_PUBLIC_KEY, "https://open-sea-global.alipay.com"),
    "TESTING": False,
    "SECRET_KEY": "9f6c3a1d7be84f0c9d2e5a7b1c8d4e6f",
    "ANTOM_PUBLIC_URL": f"https://{HOST}",
}


class Host(NamedTuple):
    """An app, and what belongs to it.

    :ivar orders: what its order loader returns, by reference.
    """

    app: Flask
    antom: FlaskAntom
    db: SQLAlchemy
    orders: dict[str, Any]

    def add_payment(self, **columns: Any) -> None:
        """Store a payment of 42.00 MYR for order A-1."""
        row: dict[str, Any] = {
            "request_id": "R-1",
            "order_reference": "A-1",
            "amount": Money(4200, "MYR"),
            "method": "GCASH",
            "mode": "cashier",
            "status": "created",
        }
        with self.app.app_context():
            self.db.session.add(self.antom.Payment(**(row | columns)))
            self.db.session.commit()

    def execute(self, statement: str) -> None:
        with self.app.app_context(), self.db.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def nobody(url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
    """Send nothing."""
    raise Unreachable("silence")


def fulfil(app: Flask, **extra: Any) -> None:
    """Do nothing."""


def make_host(
    settings: Mapping[str, Any] | None = None,
    app: Flask | None = None,
    prepare: Callable[[Flask], object] = lambda app: None,
    send: Callable[..., Reply] = nobody,
    clock: SystemClock = SYSTEM_CLOCK,
) -> Host:
    """Return a host with a receiver and an order loader, and its tables.

    :param prepare: changes the app before ``init_app``.
    """
    app = app or Flask("host")
    app.config.update(SETTINGS)
    app.config.update(settings or {})
    prepare(app)
    models: dict[str, Any] = {
        f"{name}_model": model for name, model in MODELS._asdict().items()
    }
    db.init_app(app)
    antom = FlaskAntom(app, db=db, send=send, clock=clock, **models)
    orders = {"A-1": make_order("A-1", Money(4200, "MYR"))}
    antom.order_loader(orders.get)
    for signal in (payment_succeeded, payment_needs_review):
        signal.connect(fulfil, sender=app)
    with app.app_context():
        db.create_all()
    return Host(app, antom, db, orders)


@contextmanager
def open_host(*args: Any, **options: Any) -> Iterator[Host]:
    """Make a host; see :func:`make_host`. Its engine is closed in the end."""
    host = make_host(*args, **options)
    try:
        yield host
    finally:
        with host.app.app_context():
            host.db.session.remove()
            for engine in host.db.engines.values():
                engine.dispose()


def invoke(app: Flask, *options: str) -> Result:
    return app.test_cli_runner().invoke(args=["antom", "check", *options])


def invoke_factory(create_app: Callable[[], Flask], *arguments: str) -> Result:
    """Run a command of ``flask`` with an app that it has to make."""
    runner = CliRunner(env={"FLASK_RUN_FROM_CLI": None})  # the command leaves it set
    return runner.invoke(FlaskGroup(create_app=create_app), arguments)


def check(app: Flask, options: Iterable[str] = ()) -> dict[str, dict[str, str]]:
    """Run ``flask antom check --json``; returns its findings by name."""
    result = invoke(app, "--json", *options)
    findings = json.loads(result.stdout)["findings"]
    is_bad = any(one["level"] == "error" for one in findings)
    assert result.exit_code == int(is_bad), result.output
    for one in findings:
        for text in one.values():
            assert re.search(r"\{\w+\}", text) is None, text
    return {one["name"]: one for one in findings}

"""The documented job and form that return money, as printed, when things fail."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

import flask
import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy.orm import Mapped, mapped_column

from flask_antom import FlaskAntom, Money, checkpoints
from flask_antom.signals import payment_needs_review, refund_succeeded
from flask_antom.simulator import Simulator
from tests.support.clocks import Stopwatch
from tests.support.in_process import send_to
from tests.support.paths import ROOT
from tests.support.shop import make_order, shop_settings


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Shop:
    """A shop with code as printed, and an order of 42.00 MYR that is paid.

    :ivar names: what the printed code has defined.
    """

    app: Flask
    db: SQLAlchemy
    antom: FlaskAntom
    simulator: Simulator
    clock: Stopwatch
    names: dict[str, Any]

    def define(self, page: str, phrase: str) -> None:
        """Run the block of a page's code that has a phrase."""
        code = compile(printed(page, "python", phrase), page, "exec", dont_inherit=True)
        exec(code, self.names)  # noqa: S102

    def pay(self) -> None:
        self.db.create_all()
        wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
        answer = self.app.test_client().post("/antom/session", json=wanted).json or {}
        self.simulator.approve(answer["paymentRequestId"])
        self.antom.sync(self.payment())

    def payment(self) -> Any:
        return self.db.session.scalars(self.db.select(self.antom.Payment)).one()

    def run(self) -> None:
        with self.app.app_context():
            self.names["return_money"]()

    def sweep_later(self) -> None:
        self.clock.wind(timedelta(minutes=10))
        with self.app.app_context():
            self.antom.sweep()

    def notes(self) -> int:
        with self.app.app_context():
            notes = self.db.select(self.names["MoneyToReturn"])
            return len(self.db.session.scalars(notes).all())

    def refunds(self) -> list[str]:
        with self.app.app_context():
            rows = self.db.session.scalars(self.db.select(self.antom.Refund))
            return [row.status for row in rows]

    def given_back(self) -> Money:
        (account,) = self.simulator.accounts().values()
        refunded: Money = account.refunded
        return refunded


def printed(page: str, language: str, phrase: str) -> str:
    """Return the only block of a page that has a phrase."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    (code,) = (block for block in blocks if phrase in block)
    return code


@pytest.fixture
def documented(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop that has no code of the documentation yet."""
    db, clock = SQLAlchemy(), Stopwatch()
    antom = FlaskAntom(db=db, send=send_to(simulator), clock=clock)
    module = ModuleType("printed_code")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    app = Flask("documented")
    app.config.update(shop_settings(simulator.public_key, "http://127.0.0.1:9"))
    antom.order_loader({"A-1": make_order("A-1", Money(4200, "MYR"))}.get)
    simulator.faults.notifications("drop", times=999)
    db.init_app(app)
    antom.init_app(app)
    names = module.__dict__
    names |= {"app": app, "db": db, "antom": antom, "Money": Money}
    yield Shop(app, db, antom, simulator, clock, names)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def returning(documented: Shop) -> Iterator[Shop]:
    """A shop with the printed job, which has a payment to return."""
    documented.names |= {
        "Mapped": Mapped,
        "mapped_column": mapped_column,
        "payment_needs_review": payment_needs_review,
    }
    documented.define("signals.md", "def return_money")
    note = documented.names["note"]
    with documented.app.app_context():
        documented.pay()
        note(documented.app, documented.payment(), "second P-1")
        documented.db.session.commit()
    yield documented
    payment_needs_review.disconnect(note)


def test_the_money_is_returned_once(returning: Shop) -> None:
    returning.run()
    returning.run()
    assert (returning.refunds(), returning.notes()) == (["succeeded"], 0)
    assert returning.given_back() == Money(4200, "MYR")


@pytest.mark.parametrize(
    "point", ["after commit reserve", "after call refund", "after commit apply"]
)
def test_a_job_that_was_killed_is_finished_by_the_next(
    returning: Shop, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def kill(name: str) -> None:
        if name == point:
            raise Killed

    monkeypatch.setattr(checkpoints, "hook", kill)
    with pytest.raises(Killed):
        returning.run()
    monkeypatch.setattr(checkpoints, "hook", None)
    assert returning.notes() == 1
    returning.run()
    returning.sweep_later()
    assert (returning.refunds(), returning.notes()) == (["succeeded"], 0)
    assert returning.given_back() == Money(4200, "MYR")


def test_a_receiver_that_raises_does_not_lose_the_note(returning: Shop) -> None:
    def fail(app: Flask, **extra: Any) -> None:
        raise RuntimeError("The shop's own trouble.")

    with refund_succeeded.connected_to(fail, sender=returning.app):
        returning.run()
        assert (returning.refunds(), returning.notes()) == (["succeeded"], 1)
        returning.run()
    assert (returning.refunds(), returning.notes()) == (["succeeded"], 0)
    assert returning.given_back() == Money(4200, "MYR")


def test_a_refund_that_antom_refuses_is_kept_for_a_person(returning: Shop) -> None:
    refusal = ("result", "MERCHANT_BALANCE_NOT_ENOUGH", "F")
    returning.simulator.faults.next("refund", refusal, times=1)
    for _ in range(3):
        returning.run()
        assert (returning.refunds(), returning.notes()) == (["failed"], 1)


def test_a_form_that_is_sent_twice_refunds_once(documented: Shop) -> None:
    flask_names = (flask.flash, flask.redirect, flask.render_template, flask.url_for)
    documented.names |= {function.__name__: function for function in flask_names}
    documented.names["request"] = flask.request
    documented.define("payments.md", "def refund_form")
    html = printed("payments.md", "html", 'name="key"')
    documented.app.jinja_loader = DictLoader({"refund.html": html})
    documented.app.jinja_env.globals["csrf_token"] = lambda: "token"
    with documented.app.app_context():
        documented.pay()
    client = documented.app.test_client()

    def draw() -> dict[str, str]:
        page = client.get("/admin/orders/A-1/refund").text
        values = re.findall(r'name="(\w+)" value="(\w+)"', page)
        return dict(values) | {"amount": "10.00"}

    form = draw()
    for _ in range(2):
        assert client.post("/admin/orders/A-1/refund", data=form).status_code == 303
    assert documented.given_back() == Money(1000, "MYR")
    assert client.post("/admin/orders/A-1/refund", data=draw()).status_code == 303
    assert documented.given_back() == Money(2000, "MYR")

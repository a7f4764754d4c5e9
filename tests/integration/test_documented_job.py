"""The job of ``docs/signals.md`` that returns money, as printed, when things fail."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
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
    """A shop with the printed job, and a payment of 42.00 MYR to return."""

    app: Flask
    db: SQLAlchemy
    antom: FlaskAntom
    simulator: Simulator
    clock: Stopwatch
    note: type[Any]
    job: Callable[[], None]

    def run(self) -> None:
        with self.app.app_context():
            self.job()

    def sweep_later(self) -> None:
        self.clock.wind(timedelta(minutes=10))
        with self.app.app_context():
            self.antom.sweep()

    def notes(self) -> int:
        with self.app.app_context():
            return len(self.db.session.scalars(self.db.select(self.note)).all())

    def refunds(self) -> list[str]:
        with self.app.app_context():
            rows = self.db.session.scalars(self.db.select(self.antom.Refund))
            return [row.status for row in rows]

    def given_back(self) -> Money:
        (account,) = self.simulator.accounts().values()
        refunded: Money = account.refunded
        return refunded


def printed_job() -> str:
    """Return the code block that defines the job."""
    page = (ROOT / "docs" / "signals.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (code,) = (block for block in blocks if "def return_money" in block)
    return code


@pytest.fixture
def returning(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    db = SQLAlchemy()
    clock = Stopwatch()
    antom = FlaskAntom(db=db, send=send_to(simulator), clock=clock)
    module = ModuleType("printed_job")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = module.__dict__
    names |= {
        "db": db,
        "antom": antom,
        "Mapped": Mapped,
        "mapped_column": mapped_column,
        "payment_needs_review": payment_needs_review,
    }
    code = compile(printed_job(), "signals.md", "exec", dont_inherit=True)
    exec(code, names)  # noqa: S102
    app = Flask("returning")
    app.config.update(shop_settings(simulator.public_key, "http://127.0.0.1:9"))
    antom.order_loader({"A-1": make_order("A-1", Money(4200, "MYR"))}.get)
    simulator.faults.notifications("drop", times=999)
    db.init_app(app)
    antom.init_app(app)
    with app.app_context():
        db.create_all()
        client = app.test_client()
        wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
        answer = client.post("/antom/session", json=wanted).json or {}
        simulator.approve(answer["paymentRequestId"])
        payment = db.session.scalars(db.select(antom.Payment)).one()
        antom.sync(payment)
        names["note"](app, payment, "second P-1")
        db.session.commit()
    note = names["MoneyToReturn"]
    yield Shop(app, db, antom, simulator, clock, note, names["return_money"])
    payment_needs_review.disconnect(names["note"])
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


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

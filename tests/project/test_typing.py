"""The package as mypy and pyright see it, and the typed shops, which run.

``make types`` checks the shops of ``tests/typing``. Here each line that is marked in
``must_fail.py`` must be an error to both, and no other line.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom import Money
from flask_antom.simulator import Simulator
from tests.support.paths import NODE_MODULES, ROOT
from tests.typing import host_app, host_models

MUST_FAIL = ROOT / "tests" / "typing" / "must_fail.py"
MARK = re.compile(r" *# must fail: ([\w-]+), (\w+(?: \w+)*)")


def marked(group: int) -> set[tuple[int, str]]:
    """Return the expected errors, with lines; 1: mypy's codes, 2: pyright's rules.

    A mark is about the line below it.
    """
    lines = MUST_FAIL.read_text().splitlines()
    marks = ((number, MARK.fullmatch(line)) for number, line in enumerate(lines, 2))
    return {
        (number, code) for number, mark in marks if mark for code in mark[group].split()
    }


def check(*command: str | Path) -> str:
    """Return what a type checker prints about the file."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*command, MUST_FAIL],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_mypy_refuses_the_marked_lines_and_no_others() -> None:
    output = check(sys.executable, "-m", "mypy", "--output=json")
    found = [json.loads(line) for line in output.splitlines()]
    assert {(error["line"], error["code"]) for error in found} == marked(1)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_pyright_refuses_the_marked_lines_and_no_others() -> None:
    pyright = NODE_MODULES / ".bin" / "pyright"
    output = check(pyright, "--outputjson", "--pythonpath", sys.executable)
    found = json.loads(output)["generalDiagnostics"]
    errors = {(error["range"]["start"]["line"] + 1, error["rule"]) for error in found}
    assert errors == marked(2)


# The shops as programs


def open_session(app: Flask) -> str:
    """Ask for a payment session as the checkout script does; give its id."""
    wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
    answer = app.test_client().post("/antom/session", json=wanted).json or {}
    return str(answer["paymentRequestId"])


def test_the_shop_with_made_models_runs(
    antom_settings: dict[str, Any], antom_simulator: Simulator
) -> None:
    app = host_app.create_app(
        antom_settings | {"SECRET_KEY": "x", "SQLALCHEMY_DATABASE_URI": "sqlite://"}
    )
    antom, db = host_app.antom, host_app.db
    with app.app_context():
        db.session.add(host_app.Purchase(reference="A-1", total=4200))
        db.session.commit()
    antom_simulator.approve(open_session(app))
    with app.test_request_context():
        antom.sync(db.session.scalars(sa.select(antom.Payment)).one())
        payment = host_app.paid("A-1")
        assert payment is not None
        assert host_app.describe(payment)["amount"] == "42.00 MYR"
        assert host_app.total_of("A-1") == 4200
        assert host_app.by_page(1) == [payment, payment]
        assert host_app.waiting_events() == []
        assert db.session.get_one(host_app.Purchase, "A-1").paid
        refund = host_app.give_back(payment, Money(200, "MYR"))
        assert refund is not None
        assert refund.amount == payment.refunded == Money(200, "MYR")
        summary, purged = host_app.tidy_up()
        assert (summary.payments, purged.events) == (0, 0)
        assert "'nonce-n'" in host_app.policy("n")
        db.session.remove()
        db.engine.dispose()


def test_the_shop_with_its_own_models_runs(
    antom_settings: dict[str, Any], antom_simulator: Simulator
) -> None:
    engines = {"default": "sqlite://"}
    app = host_models.create_app(
        antom_settings | {"SECRET_KEY": "x", "SQLALCHEMY_ENGINES": engines}
    )
    antom, db = host_models.antom, host_models.db
    with app.app_context():
        db.session.add(host_models.Customer(name="Lim"))
        db.session.commit()
    antom_simulator.approve(open_session(app))
    with app.app_context():
        payment = db.session.scalars(sa.select(antom.Payment)).one()
        antom.sync(payment)
        customer = db.session.get_one(host_models.Customer, 1)
        assert host_models.payments_of(customer) == [payment]
        assert host_models.count_own_payments() == 1
        assert host_models.give_back(payment) == "nobody"
        db.session.close()
        db.engine.dispose()

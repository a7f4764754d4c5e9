"""Whole test suites of a host, run as the host would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.blocks import DOCS, write_files
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

#: Tests of a host with pytest-flask, which know nothing of its pushed context.
WITH_PYTEST_FLASK = """
import pytest
from flask import has_request_context
from shop.models import Purchase, db
from shop.payments import antom

from flask_antom.testing import KitError, SessionRefused


def test_the_orders_are_fresh(app, antom_kit):
    assert has_request_context()
    order = db.session.get(Purchase, "A-1")
    assert not order.is_paid
    payment = antom_kit.pay("A-1")
    assert order.is_paid
    antom.refund(payment)
    antom_kit.deliver()
    assert antom_kit.signals[-1].name == "refund_succeeded"


def test_what_is_not_committed_is_named(app, antom_kit):
    db.session.add(Purchase(reference="A-2", total=100))
    with pytest.raises(KitError, match="commit"):
        antom_kit.pay("A-2")
    db.session.commit()
    assert antom_kit.pay("A-2").status == "succeeded"


def test_a_missing_commit_of_a_view_shows(app, antom_kit):
    @app.post("/orders")
    def order():
        db.session.add(Purchase(reference="A-3", total=100))
        db.session.flush()
        return "forgotten"

    antom_kit.client.post("/orders")
    with pytest.raises(KitError, match="holds flushed writes"):
        antom_kit.pay("A-3")
    db.session.rollback()
    with pytest.raises(SessionRefused, match="returns None"):
        antom_kit.pay("A-3")


def test_the_clients_of_pytest_flask(client, antom_kit):
    client.get("/orders/A-1")
    antom_kit.client = client
    antom_kit.pay("A-1")
    assert "Paid. Thank you." in client.get("/orders/A-1").text
"""

WITHOUT_PYTEST = """
import sys
sys.modules["pytest"] = None
import unittest
unittest.main("test_with_unittest", verbosity=2)
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """The shop and the tests that the documentation shows."""
    write_files(DOCS / "start.md", tmp_path)
    write_files(DOCS / "testing.md", tmp_path)
    return tmp_path


def run(suite: Path, *arguments: str) -> str:
    """Run Python in a folder, and return what it prints; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=suite,
        capture_output=True,
        text=True,
        timeout=100,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    return printed


def run_pytest(suite: Path, *arguments: str) -> str:
    return run(suite, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


def test_plain_pytest(suite: Path) -> None:
    printed = run_pytest(suite, "-p", "no:flask")
    assert " passed" in printed
    assert "failed" not in printed


def test_pytest_flask(suite: Path) -> None:
    (suite / "test_host.py").write_text(WITH_PYTEST_FLASK)
    assert "4 passed" in run_pytest(suite, "test_host.py")


def test_unittest_where_pytest_is_not_installed(suite: Path) -> None:
    printed = run(suite, "-c", WITHOUT_PYTEST)
    assert "test_a_paid_order_is_fulfilled" in printed
    assert printed.endswith("OK\n")


def test_the_example_shops_own(tmp_path: Path) -> None:
    """They are run by themselves: the receiver of the example is connected there."""
    printed = run_pytest(ROOT, f"--basetemp={tmp_path}", "example_app/tests")
    assert re.search(r"^\d+ passed", printed, re.MULTILINE)


def test_a_conftest_imports_what_it_also_names_as_a_plugin(suite: Path) -> None:
    conftest = suite / "conftest.py"
    conftest.write_text("import flask_antom.testing\n" + conftest.read_text())
    assert "1 passed" in run_pytest(suite, "-W", "error", "test_shop.py")
